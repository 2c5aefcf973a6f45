use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{DATABASE, Fake, PARAMETERS, assembly};
use crate::provider::ErrorClass;
use crate::run::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions, Planned};
use crate::run::store::{self, MemoryStore};
use crate::stages::diff::Action;
use crate::stages::plan::Work;

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
    assert_eq!(change.reasons, [crate::stages::diff::Reason::Reboots { by: "a/pg".into() }]);
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
async fn a_reboot_that_a_part_of_the_program_leaves_out_is_named_and_made_by_the_next_deploy() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let before = deploy(&program("100", json!(true)), &store, &fake).await.state;
    fake.calls();
    let changed = program("200", json!(true));
    let loaded = store::load(&store, "shop").await.unwrap();
    let part = PlanOptions { only: ["a/pg".into()].into(), ..PlanOptions::default() };
    let planned = planning::deploy(&changed, &loaded.state, &fake, &part).await.unwrap();
    let options = ExecuteOptions::default();
    let ended = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    assert_eq!(fake.calls(), ["update a/pg"]);
    assert_eq!(pending(&before, &ended.state), [("a/db".into(), "a/pg".into())]);
    let ended = deploy(&changed, &store, &fake).await;
    assert_eq!(fake.calls(), ["update a/db"]);
    assert_eq!(pending(&before, &ended.state), []);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_an_earlier_run_is_still_changing_is_rebooted_after_its_group() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program("100", json!(true)), &store, &fake).await;
    let mut changed = program("100", json!(true));
    let days = Value::from(14_i64);
    changed.resources.get_mut("a/db").unwrap().properties.insert("BackupRetentionPeriod".into(), days);
    let planned = planned(&changed, &store, &fake).await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    execute(&planned.plan, loaded, &fake, &store, &no_wait, &(), &Cancellation::new()).await.unwrap();
    fake.calls();
    let days = changed.resources["a/db"].properties["BackupRetentionPeriod"].clone();
    let mut changed = program("200", json!(true));
    changed.resources.get_mut("a/db").unwrap().properties.insert("BackupRetentionPeriod".into(), days);
    fake.fail("update a/db", ErrorClass::Denied);
    assert!(!deploy(&changed, &store, &fake).await.succeeded());
    assert!(store::load(&store, "shop").await.unwrap().state.resources["a/db"].incomplete);
    fake.calls();
    assert!(deploy(&changed, &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["update a/db"]);
}

#[tokio::test(start_paused = true)]
async fn the_members_of_a_cluster_are_rebooted_one_after_another() {
    let group = json!({"$ref": "a/pg#DBClusterParameterGroupName"});
    let cluster = json!({"$ref": "a/cluster#DBClusterIdentifier"});
    let program = |connections: &str, first: &str, then: Option<&str>| {
        let member = json!({"Engine": "aurora-postgresql", "DBClusterIdentifier": cluster, "ApplyImmediately": true});
        let settings = json!({"Family": "f", "Description": "d", "Parameters": {"max_connections": connections}});
        let mut program = assembly(&[
            ("a/pg", "AWS::RDS::DBClusterParameterGroup", settings),
            ("a/cluster", "AWS::RDS::DBCluster", json!({"DBClusterParameterGroupName": group})),
            ("a/one", DATABASE, member.clone()),
            ("a/two", DATABASE, member),
            ("a/other", DATABASE, json!({"DBParameterGroupName": "default", "ApplyImmediately": true})),
        ]);
        if let Some(entry) = then.and_then(|path| program.resources.get_mut(path)) {
            entry.depends_on.insert(first.into());
        }
        program
    };
    // The order that the program asks for stays.
    for (first, then) in [("a/one", None), ("a/two", Some("a/one"))] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(deploy(&program("100", first, then), &store, &fake).await.succeeded());
        let steps = planned(&program("200", first, then), &store, &fake).await.plan.steps;
        let rebooted: Vec<_> =
            steps.iter().filter(|step| step.work.verb() == "update" && step.path.as_str() != "a/pg").collect();
        assert_eq!(rebooted.len(), 2, "{steps:?}");
        assert_eq!(rebooted[0].path.as_str(), first);
        let works = steps.iter().find(|step| step.path.as_str() == first && step.work == Work::Ready).unwrap();
        assert!(rebooted[1].dependencies.contains(&works.id), "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_many_members_of_a_cluster_is_rebooted_when_the_one_before_it_works() {
    let program = |connections: &str| {
        let group = json!({"$ref": "a/pg#DBClusterParameterGroupName"});
        let settings = json!({"Family": "f", "Description": "d", "Parameters": {"max_connections": connections}});
        let cluster = json!({"$ref": "a/cluster#DBClusterIdentifier"});
        let member = json!({"DBClusterIdentifier": cluster, "ApplyImmediately": true});
        assembly(&[
            ("a/pg", "AWS::RDS::DBClusterParameterGroup", settings),
            ("a/cluster", "AWS::RDS::DBCluster", json!({"DBClusterParameterGroupName": group})),
            ("a/one", DATABASE, member.clone()),
            ("a/three", DATABASE, member.clone()),
            ("a/two", DATABASE, member),
        ])
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program("100"), &store, &fake).await.succeeded());
    let plan = planned(&program("200"), &store, &fake).await.plan;
    let of = |path: &str, verb: &str| {
        plan.steps.iter().find(|step| step.path.as_str() == path && step.work.verb() == verb).unwrap()
    };
    for (before, path) in [("a/one", "a/three"), ("a/three", "a/two")] {
        assert!(of(path, "update").dependencies.contains(&of(before, "wait for").id), "{}", plan.render());
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_parameters_stay_reboots_nothing() {
    let tagged = |tag: &str| {
        let mut program = program("100", json!(true));
        let tags = json!([{"Key": "stage", "Value": tag}]);
        program.resources.get_mut("a/pg").unwrap().properties.insert("Tags".into(), tags.into());
        program
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&tagged("test"), &store, &fake).await.succeeded());
    let plan = planned(&tagged("prod"), &store, &fake).await.plan;
    assert_eq!(plan.render(), "#0 update a/pg (AWS::RDS::DBParameterGroup)\n");
}

#[tokio::test(start_paused = true)]
async fn members_of_a_cluster_that_are_changed_without_a_reboot_wait_for_no_other() {
    let program = |upgrades: bool| {
        let cluster = json!({"$ref": "a/cluster#DBClusterIdentifier"});
        let member =
            json!({"DBClusterIdentifier": cluster, "ApplyImmediately": true, "AutoMinorVersionUpgrade": upgrades});
        assembly(&[
            ("a/cluster", "AWS::RDS::DBCluster", json!({})),
            ("a/one", DATABASE, member.clone()),
            ("a/two", DATABASE, member),
        ])
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program(false), &store, &fake).await.succeeded());
    let plan = planned(&program(true), &store, &fake).await.plan;
    let updates: Vec<_> = plan.steps.iter().filter(|step| step.work.verb() == "update").collect();
    assert_eq!(updates.len(), 2, "{}", plan.render());
    assert!(updates.iter().all(|step| step.dependencies.is_empty()), "{}", plan.render());
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

#[test]
fn a_circle_of_dependencies_in_an_edited_state_has_an_end() {
    let group = "AWS::RDS::DBCluster";
    let mut state = crate::stages::diff::tests::deployed(&assembly(&[
        ("a/one", group, json!({})),
        ("a/two", group, json!({})),
        ("a/pg", "AWS::RDS::DBClusterParameterGroup", json!({})),
    ]));
    for (path, other) in [("a/one", "a/two"), ("a/two", "a/one")] {
        state.resources.get_mut(path).unwrap().dependencies = [other.into()].into();
    }
    let takes = |state: &State| depends(state, group, &["a/one".into()].into(), &"a/pg".into());
    assert!(!takes(&state));
    state.resources.get_mut("a/two").unwrap().dependencies.insert("a/pg".into());
    assert!(takes(&state));
}
