use serde_json::{Value as Json, json};

use super::*;
use crate::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::fake::{DATABASE, Fake, PARAMETERS, assembly};
use crate::planning::{self, PlanOptions, Planned};
use crate::provider::ErrorClass;
use crate::store::{self, MemoryStore};

/// A group and a database that takes its parameters.
fn program(connections: &str, at_once: Json) -> Assembly {
    let name = json!({"$ref": "a/pg#DBParameterGroupName"});
    assembly(&[
        (
            "a/pg",
            PARAMETERS,
            json!({"Description": "d", "Family": "postgres16", "Parameters": {"max_connections": connections}}),
        ),
        ("a/db", DATABASE, json!({"Engine": "postgres", "DBParameterGroupName": name, "ApplyImmediately": at_once})),
    ])
}

async fn planned(assembly: &Assembly, store: &MemoryStore, fake: &Fake) -> Planned {
    let loaded = store::load(store, "shop").await.unwrap();
    planning::deploy(assembly, &loaded.state, fake, &PlanOptions::default()).await.unwrap()
}

async fn deploy(assembly: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let planned = planned(assembly, store, fake).await;
    let loaded = store::load(store, "shop").await.unwrap();
    let options = ExecuteOptions::default();
    execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_database_is_rebooted_after_its_group_where_its_declaration_says_so() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program("100", json!(true)), &store, &fake).await;
    fake.calls();
    let changed = planned(&program("200", json!(true)), &store, &fake).await;
    let change = &changed.changes.changes[&Path::from("a/db")];
    assert_eq!(change.action, Action::Update);
    assert_eq!(change.reasons, [crate::diff::Reason::Reboots { by: "a/pg".into() }]);
    assert!(deploy(&program("200", json!(true)), &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["update a/pg", "update a/db"]);
    assert!(planned(&program("200", json!(true)), &store, &fake).await.plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reboot_that_a_run_did_not_come_to_is_made_by_the_next_one() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program("100", json!(true)), &store, &fake).await;
    fake.fail("update a/db", ErrorClass::Denied);
    assert!(!deploy(&program("200", json!(true)), &store, &fake).await.succeeded());
    fake.calls();
    assert!(deploy(&program("200", json!(true)), &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["update a/db"]);
    assert!(planned(&program("200", json!(true)), &store, &fake).await.plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_not_to_be_rebooted_is_named_as_one_that_waits() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    for at_once in [json!(false), json!(null)] {
        let before = deploy(&program("100", at_once.clone()), &store, &fake).await.state;
        fake.calls();
        assert_eq!(pending(&before, &before), []);
        let program = program("200", at_once);
        assert_eq!(instances(&program, &"a/pg".into()), [(&"a/db".into(), false)]);
        let after = deploy(&program, &store, &fake).await.state;
        assert_eq!(fake.calls(), ["update a/pg"]);
        assert_eq!(pending(&before, &after), [("a/db".into(), "a/pg".into())]);
    }
}

#[test]
fn the_instances_of_a_cluster_take_the_parameters_of_its_group() {
    let group = json!({"$ref": "a/pg#DBClusterParameterGroupName"});
    let member = |at_once: bool| json!({"DBClusterIdentifier": {"$ref": "a/cluster#DBClusterIdentifier"}, "ApplyImmediately": at_once});
    let program = assembly(&[
        ("a/pg", "AWS::RDS::DBClusterParameterGroup", json!({})),
        ("a/cluster", "AWS::RDS::DBCluster", json!({"DBClusterParameterGroupName": group})),
        ("a/reader", DATABASE, json!(member(false))),
        ("a/writer", DATABASE, json!(member(true))),
        ("a/other", DATABASE, json!({"ApplyImmediately": true})),
    ]);
    let (reader, writer) = ("a/reader".into(), "a/writer".into());
    for source in ["a/pg", "a/cluster"] {
        assert_eq!(instances(&program, &source.into()), [(&reader, false), (&writer, true)], "{source}");
    }
}
