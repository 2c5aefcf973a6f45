//! Values that are the same in other words, and properties that are left alone.

use serde_json::json;

use crate::program::program;
use crate::world::{World, acting};

#[tokio::test(start_paused = true)]
async fn zones_in_another_order_are_the_same_zones() {
    let world = World::with("zones-reordered").await;
    let changes = world.plan("zones-reordered", "v2").await;
    assert!(changes.is_empty(), "{:?}", acting(&changes));
}

#[tokio::test(start_paused = true)]
async fn a_record_with_and_without_its_last_dot_is_the_same_record() {
    let world = World::with("spelling").await;
    let changes = world.plan("spelling", "v2").await;
    assert!(changes.is_empty(), "{:?}", acting(&changes));
}

#[tokio::test(start_paused = true)]
async fn an_account_as_a_principal_is_its_root() {
    let world = World::with("principal").await;
    assert_eq!(world.drift("principal").await, []);
    let role = world.item("AWS::IAM::Role");
    let principal = "/Statement/0/Principal/AWS";
    world
        .cloud
        .tamper("AWS::IAM::Role", &role.id, |properties| {
            let policy = &mut properties["AssumeRolePolicyDocument"];
            *policy.pointer_mut(principal).expect("it has a principal") = json!("arn:aws:iam::123456789012:root");
        })
        .expect("the role exists");
    assert_eq!(world.drift("principal").await, [], "IAM answers with the ARN");
}

#[tokio::test(start_paused = true)]
async fn an_external_id_that_reads_like_another_number_is_drift() {
    let world = World::with("principal").await;
    let role = world.item("AWS::IAM::Role");
    let condition = "/Statement/0/Condition/StringEquals/sts:ExternalId";
    world
        .cloud
        .tamper("AWS::IAM::Role", &role.id, |properties| {
            let policy = &mut properties["AssumeRolePolicyDocument"];
            *policy.pointer_mut(condition).expect("it has a condition") = json!("123");
        })
        .expect("the role exists");
    let drift = world.drift("principal").await;
    assert_eq!(drift.len(), 1, "00123 is not 123: {drift:?}");
}

#[test]
fn an_ignored_property_that_the_type_does_not_have_is_an_error_that_names_it() {
    let found = program("ignore", "m1").synth().expect_err("it has no property `tags`").to_string();
    assert!(found.contains("`tags`"), "{found}");
    assert!(found.contains("(a/vpc)"), "{found}");
}

#[tokio::test(start_paused = true)]
async fn a_single_tag_is_ignored() {
    let world = World::new();
    world.deploy("ignore", "m2").await;
    let changes = world.plan("ignore", "m3").await;
    assert!(changes.is_empty(), "{:?}", acting(&changes));
}

#[tokio::test(start_paused = true)]
async fn an_ignored_property_is_shown_and_set_in_a_replacement_that_another_one_forces() {
    let world = World::with("ignore").await;
    let unchanged = world.plan("ignore", "v2").await;
    assert!(unchanged.is_empty(), "{:?}", acting(&unchanged));

    let planned = world.plan("ignore", "v3").await;
    let shown = planned.changes["a/lg"].properties.iter().map(|change| change.property.as_str());
    assert_eq!(shown.collect::<Vec<_>>(), ["GroupDescription", "GroupName"]);
    world.deploy("ignore", "v3").await;
    let group = world.item("AWS::EC2::SecurityGroup");
    assert_eq!(group.properties["GroupDescription"], "two");
    assert_eq!(group.properties["GroupName"], "beta");
    assert_eq!(world.item("AWS::SSM::Parameter").properties["Value"], "beta");
}
