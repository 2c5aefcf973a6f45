use groundplan_core::Environment;
use serde_json::json;

use super::*;
use crate::fake::{assembly, identity};
use crate::stages::diff::tests::deployed;

#[test]
fn what_has_no_published_type_is_identified_by_its_identifier() {
    let state = deployed(&assembly(&[("a/thing", "Custom::Thing", json!({"Name": "thing"}))]));
    let thing = standing(&state, &"a/thing".into()).unwrap();
    assert!(thing.is_identified_by("id-of-a/thing") && !thing.is_identified_by("thing"));
}

#[test]
fn a_name_means_what_is_in_the_same_account_and_region_unless_there_is_one_for_all_regions() {
    let state = deployed(&assembly(&[
        ("a/db", "AWS::RDS::DBInstance", json!({"DBSubnetGroupName": "shop"})),
        ("a/group", "AWS::RDS::DBSubnetGroup", json!({"DBSubnetGroupName": "shop"})),
        ("a/policy", "AWS::IAM::RolePolicy", json!({"RoleName": "shop"})),
        ("a/role", "AWS::IAM::Role", json!({"RoleName": "shop"})),
    ]));
    let known = |named: &str, user: &str, place: &str, environment: Environment| {
        let mut moved = state.clone();
        moved.resources.get_mut(named).unwrap().environment = environment;
        let identity = identity();
        let index = NameIndex::new(&all(&moved).collect::<Vec<_>>(), &identity);
        index.at(&state.resources[user], place, "shop").len()
    };
    let (here, elsewhere) = (|| Environment::new("us-east-1"), || Environment::new("eu-west-1"));
    let group = |environment| known("a/group", "a/db", "DBSubnetGroupName", environment);
    let role = |environment| known("a/role", "a/policy", "RoleName", environment);
    assert_eq!((group(here()), group(elsewhere()), group(here().account("444455556666"))), (1, 0, 0));
    assert_eq!((role(here()), role(elsewhere()), role(elsewhere().account("444455556666"))), (1, 1, 0));
}
