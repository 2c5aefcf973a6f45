//! One thing under two paths is one thing.

use groundplan::network::{Port, SecurityGroup, Vpc};
use groundplan::{App, Environment, cidr};
use groundplan_engine::diff::{Action, Change};
use groundplan_simulator::Operation;
use groundplan_testing::Cloud;

use crate::world::{World, acting};

/// Checks that the resource at `from` is planned as a move to `to`, and always exists.
async fn moves(case: &str, type_name: &str, from: &str, to: &str) {
    let world = World::with(case).await;
    let before = world.item(type_name);
    let start = world.cloud.calls().len();

    let changes = world.plan(case, "v2").await;
    let [moved]: [&Change; 1] = acting(&changes).try_into().unwrap_or_else(|other| panic!("{case}: {other:?}"));
    assert_eq!((moved.path.as_str(), moved.action), (to, Action::Move), "{case}");
    assert_eq!(moved.moved_from.as_ref().map(|path| path.as_str()), Some(from), "{case}");

    world.deploy(case, "v2").await;
    let after = world.item(type_name);
    assert_eq!((after.id, after.properties), (before.id, before.properties), "{case}");
    for operation in [Operation::Create, Operation::Delete] {
        assert_eq!(world.position(start, operation, type_name), None, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inline_policy_of_a_role_moves_with_its_path() {
    moves("role-policy", "AWS::IAM::RolePolicy", "a/policy", "a/read-policy").await;
}

#[tokio::test(start_paused = true)]
async fn a_record_moves_with_its_path() {
    moves("record", "AWS::Route53::RecordSet", "a/www", "a/web").await;
}

#[tokio::test(start_paused = true)]
async fn a_default_route_moves_with_its_path() {
    moves("route", "AWS::EC2::Route", "a/r", "a/default").await;
}

#[tokio::test(start_paused = true)]
async fn a_security_group_rule_moves_with_its_path() {
    moves("rule", "AWS::EC2::SecurityGroupIngress", "a/https", "a/from-anywhere").await;
}

#[test]
fn rules_that_name_a_group_that_moves_move_along() {
    let shop = |web: &str, before: Option<&str>| {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("us-east-1"));
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let web = stack.add(web, SecurityGroup::new(&vpc, "web"));
        let database = stack.add("database", SecurityGroup::new(&vpc, "database").no_outbound());
        database.allow_from(&web, Port::POSTGRES).allow_to(&web, Port::HTTPS);
        if let Some(before) = before {
            web.group.moved_from(before);
        }
        app
    };
    let cloud = Cloud::new();
    cloud.deploy(&shop("web", None));
    let calls = cloud.simulator().calls().len();
    let moved = shop("frontend", Some("shop/web"));
    let changes = cloud.plan(&moved);
    let (moves, updates): (Vec<&Change>, Vec<&Change>) =
        acting(&changes).into_iter().partition(|change| change.action == Action::Move);
    assert!(!moves.is_empty() && moves.iter().all(|change| change.moved_from.is_some()), "{moves:?}");
    assert!(!updates.is_empty(), "the description of a rule names its peer");
    for change in updates {
        let changed: Vec<&str> = change.properties.iter().map(|property| property.property.as_str()).collect();
        assert_eq!((change.action, changed), (Action::Update, vec!["Description"]), "{change:?}");
    }
    cloud.deploy(&moved);
    let changing = |operation| matches!(operation, Operation::Create | Operation::Delete);
    assert!(cloud.simulator().calls()[calls..].iter().all(|call| !changing(call.operation)));
}
