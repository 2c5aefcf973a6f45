//! Effects of an update in place.

use groundplan_engine::diff::Action;
use groundplan_simulator::Operation;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_port_that_changes_reaches_what_is_made_of_it_in_the_same_run() {
    let world = World::with("port").await;
    let planned = world.plan("port", "v2").await;
    assert_ne!(planned.changes["a/p"].action, Action::NoOp, "the plan says that it may change");
    assert!(planned.outputs.contains_key("port"), "{:?}", planned.outputs);
    let outcome = world.deploy("port", "v2").await;
    let value = world.item("AWS::SSM::Parameter").properties["Value"].as_str().map(str::to_owned);
    assert!(value.as_ref().is_some_and(|value| value.ends_with(":5433")), "{value:?}");
    assert_eq!(outcome.state.outputs["port"].to_string().trim_matches('"'), "5433");
}

#[tokio::test(start_paused = true)]
async fn a_generated_password_that_changes_reaches_its_database_in_the_same_run() {
    let world = World::with("password").await;
    let start = world.cloud.calls().len();
    let planned = world.plan("password", "v2").await;
    let change = &planned.changes["a/db"];
    assert_eq!(change.action, Action::Update, "{change:?}");
    assert!(change.properties.iter().any(|change| change.property == "MasterUserPassword"), "{change:?}");
    world.deploy("password", "v2").await;
    let secret = world.position(start, Operation::Update, "AWS::SecretsManager::Secret").expect("a new password");
    let database = world.position(start, Operation::Update, "AWS::RDS::DBInstance").expect("the database takes it");
    assert!(secret < database);
}
