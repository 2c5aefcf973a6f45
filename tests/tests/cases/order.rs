//! In which order things go, and plans that cannot work.

use groundplan_simulator::Operation;

use crate::world::World;

const RULE: &str = "AWS::EC2::SecurityGroupIngress";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

#[tokio::test(start_paused = true)]
async fn the_rules_of_a_replaced_group_go_after_its_users_have_moved() {
    let world = World::with("group-replaced").await;
    let start = world.cloud.calls().len();
    world.deploy("group-replaced", "v2").await;
    let at = |operation, type_name| world.position(start, operation, type_name).expect("it is in the run");
    let moved = at(Operation::Update, BALANCER);
    assert!(moved < at(Operation::Delete, RULE));
    assert!(at(Operation::Delete, RULE) < at(Operation::Delete, "AWS::EC2::SecurityGroup"));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_its_user_cannot_leave_keeps_its_rules() {
    let mut world = World::with("group-replaced").await;
    world.refuses_updates_of = Some(BALANCER);
    let old = world.item(RULE).properties["GroupId"].clone();
    let outcome = world.try_deploy("group-replaced", "v2").await;
    assert!(outcome.failed.iter().any(|step| step.path.as_str() == "a/lb"), "{:?}", outcome.failed);
    let inventory = world.cloud.inventory().expect("the account is in memory");
    let rules = inventory.iter().filter(|item| item.type_name == RULE);
    assert!(rules.filter(|rule| rule.properties["GroupId"] == old).count() == 1, "the balancer is behind it");
}

#[tokio::test(start_paused = true)]
async fn a_named_group_that_is_in_use_is_refused_in_the_plan() {
    let world = World::with("named-group").await;
    let refused = world.try_plan("named-group", "v2", false).await.expect_err("the name is taken").to_string();
    assert!(refused.contains("a/sg") && refused.contains("a/lb"), "it names the holder: {refused}");
}
