//! Files of every supported format, and their contents.
//!
//! `golden/FORMAT/` has what a run has left behind that was interrupted: the state, the journal,
//! a saved plan, and the history. Such files are in use, so those of a format never change: what is
//! written differently has another format number and a directory of its own here, and this version
//! still reads the old one. With `GROUNDPLAN_GOLDEN=write` a directory that is missing is written.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read or written fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use groundplan_core::lookup::Query;
use groundplan_core::value::{CrossAppReference, SecretSource, ValueType};
use groundplan_core::{Assembly, AssumeRole, Deferred, Environment, Path, Reference, ResourceEntry, Value};
use groundplan_engine::diff::{Action, Reason};
use groundplan_engine::model::{
    Answer, Answers, Counts, Event, FormatError, Imported, Imports, Intent, Move, Operation, Orphan, ResourceStatus,
    RunRecord, RunResult,
};
use groundplan_engine::plan::{Desired, Overview, PlanError, Step, StepId, Work};
use groundplan_engine::provider::{ErrorClass, Identity, Outputs};
use groundplan_engine::store::{FileStore, Stored, load};
use groundplan_engine::{Error, Plan, ResourceState, State, StateStore};
use serde_json::{Value as Json, json};
use uuid::Uuid;

const QUEUE: &str = "AWS::SQS::Queue";

fn identity() -> Identity {
    Identity { account: "111122223333".into(), partition: "aws".into() }
}

fn outputs(arn: &str) -> Outputs {
    json!({"Arn": arn}).as_object().cloned().expect("it is an object")
}

fn properties(name: &str) -> BTreeMap<String, Value> {
    BTreeMap::from([("QueueName".to_owned(), Value::from(name))])
}

fn with_secret(name: &str) -> BTreeMap<String, Value> {
    let mut properties = properties(name);
    properties.insert("Token".into(), Value::Secret(SecretSource::Environment("TOKEN".into())));
    properties
}

fn resource(name: &str, status: ResourceStatus) -> ResourceState {
    ResourceState {
        type_name: QUEUE.into(),
        id: format!("id-{name}"),
        environment: Environment::new("eu-central-1").account("111122223333"),
        generation: 1,
        status,
        former: None,
        incomplete: false,
        properties: properties(name),
        secrets: BTreeMap::new(),
        outputs: outputs(name),
        dependencies: BTreeSet::new(),
        lifecycle: Default::default(),
    }
}

fn intent(operation: Operation, name: &str) -> Intent {
    Intent {
        operation,
        token: "5f".repeat(32),
        asked: None,
        properties: with_secret(name),
        secrets: BTreeMap::from([("Token".to_owned(), "ab".repeat(32))]),
        dependencies: BTreeSet::from([Path::new("a/two")]),
        lifecycle: Default::default(),
    }
}

fn create() -> Operation {
    Operation::Create { type_name: QUEUE.into(), environment: Environment::new("eu-central-1"), generation: 1 }
}

fn imports(zone: &str) -> Imports {
    let imported = Imported {
        value: json!(zone),
        resources: BTreeSet::from([Path::new("a/new")]),
        outputs: BTreeSet::from(["url".to_owned()]),
    };
    BTreeMap::from([("account".to_owned(), BTreeMap::from([("zone-id".to_owned(), imported)]))])
}

fn answers(image: &str) -> Answers {
    let answer = Answer {
        query: Query::PublicParameter { name: "/aws/service/image".into() },
        region: "eu-central-1".into(),
        account: "111122223333".into(),
        serial: 1,
        outputs: json!({"Value": image}).as_object().cloned().expect("it is an object"),
    };
    BTreeMap::from([(Path::new("a/image"), answer)])
}

/// A state with every status.
fn state(format: u32) -> State {
    let statuses = [
        ("a/accepted", ResourceStatus::Accepted),
        ("a/deleting", ResourceStatus::Deleting),
        ("a/failed", ResourceStatus::Failed),
        ("a/gone", ResourceStatus::Ready),
        ("a/kept", ResourceStatus::Ready),
        ("a/one", ResourceStatus::Ready),
        ("a/tainted", ResourceStatus::Tainted),
        ("a/updating", ResourceStatus::Updating),
    ];
    let mut resources: BTreeMap<Path, ResourceState> =
        statuses.into_iter().map(|(path, status)| (Path::new(path), resource(path, status))).collect();
    let one = resources.get_mut("a/one").expect("it is there");
    one.dependencies = BTreeSet::from([Path::new("a/kept")]);
    one.properties = with_secret("one");
    one.secrets = BTreeMap::from([("Token".to_owned(), "cd".repeat(32))]);
    State {
        format: State::FORMAT,
        app: "shop".into(),
        lineage: Uuid::from_u128(0x5eed),
        serial: 1,
        identity: Some(identity()),
        digest_key: "0f".repeat(32),
        resources,
        deposed: vec![Orphan { path: "a/one".into(), resource: resource("before", ResourceStatus::Ready) }],
        retained: if format > 2 {
            vec![Orphan { path: "a/left".into(), resource: resource("left", ResourceStatus::Ready) }]
        } else {
            Vec::new()
        },
        pending: BTreeMap::from([(Path::new("a/asked"), intent(create(), "asked"))]),
        generations: BTreeMap::from([(Path::new("a/one"), 2)]),
        outputs: BTreeMap::from([("url".to_owned(), json!("https://example.com"))]),
        imports: imports("Z1"),
        lookups: if format > 4 { answers("ami-1") } else { Answers::new() },
    }
}

/// Every event that the format has, in an order that fits the state.
fn journal(format: u32) -> Vec<Event> {
    let path = |name: &str| Path::new(format!("a/{name}"));
    let failed = |name, class, partial: Option<&str>| Event::Failed {
        path: path(name),
        class,
        message: "it was refused".into(),
        partial: partial.map(str::to_owned),
        later: false,
    };
    let accepted = |name: &str, found| Event::Accepted {
        path: path(name),
        id: format!("id-{name}"),
        outputs: outputs(name),
        found,
        incomplete: false,
    };
    // Earlier versions wrote no generation.
    let gone = || "id-a/gone".to_owned();
    let before = || "id-before".to_owned();
    let role = AssumeRole::new("arn:aws:iam::111122223333:role/deploy").external_id("shop");
    let environment = Environment::new("eu-central-1").account("111122223333").assume_role(role);
    let again =
        Operation::Create { type_name: QUEUE.into(), environment: Environment::new("eu-central-1"), generation: 2 };
    let new = || "id-new".to_owned();
    let later = [
        (2, Event::RoleChanged { stack: "a".into(), environment }),
        (3, Event::Retained { path: path("found") }),
        (5, Event::Intent { path: path("new"), intent: intent(again, "new") }),
        (5, accepted("new", None)),
        (5, Event::Restored { path: path("new"), id: new(), generation: 1 }),
        (5, Event::Gone { path: path("new"), id: new(), generation: Some(2) }),
        (5, Event::LookedUp { answers: answers("ami-2") }),
    ];
    let events = vec![
        Event::Begun { serial: 2, identity: identity() },
        Event::Moved { from: path("one"), to: path("two") },
        Event::Intent { path: path("new"), intent: intent(create(), "new") },
        accepted("new", None),
        Event::Ready { path: path("new"), outputs: outputs("ready") },
        Event::Intent { path: path("found"), intent: intent(create(), "found") },
        accepted("found", Some(properties("found"))),
        Event::Intent { path: path("part"), intent: intent(create(), "part") },
        failed("part", Some(ErrorClass::Unauthenticated), Some("id-part")),
        Event::Intent { path: path("two"), intent: intent(Operation::Update, "two") },
        failed("two", None, None),
        Event::Observed { path: path("two"), properties: properties("live"), outputs: outputs("live") },
        Event::Recorded { path: path("two"), dependencies: BTreeSet::new(), lifecycle: Default::default() },
        Event::Deleting { path: path("gone"), id: gone(), generation: None },
        Event::DeleteFailed { path: path("gone"), id: gone(), generation: None, message: "it is in use".into() },
        Event::Gone { path: path("gone"), id: gone(), generation: None },
        Event::Forgotten { path: path("kept") },
        Event::Imported { imports: imports("Z2") },
        Event::Published { outputs: BTreeMap::from([("url".to_owned(), json!("https://example.org"))]) },
        Event::Intent { path: path("open"), intent: intent(create(), "open") },
        Event::Deleting { path: path("one"), id: before(), generation: Some(1) },
        Event::DeleteFailed { path: path("one"), id: before(), generation: Some(1), message: "it is in use".into() },
        Event::Gone { path: path("one"), id: before(), generation: Some(1) },
        Event::Failed {
            path: path("accepted"),
            class: None,
            message: "its storage is full".into(),
            partial: None,
            later: true,
        },
    ];
    events.into_iter().chain(later.into_iter().filter(|(since, _)| format >= *since).map(|(_, event)| event)).collect()
}

fn assembly(format: u32) -> Assembly {
    let mut properties = with_secret("new");
    properties.insert("Other".into(), Value::from(Reference::new("a/two", "Arn")));
    let zone = CrossAppReference { app: "account".into(), name: "zone-id".into(), form: ValueType::String };
    properties.insert("Zone".into(), Deferred::CrossApp(zone).into());
    Assembly {
        format: Assembly::FORMAT,
        app: "shop".into(),
        state: None,
        stacks: BTreeMap::from([("a".to_owned(), Environment::new("eu-central-1"))]),
        resources: [(Path::new("a/new"), ResourceEntry::new(QUEUE, properties))].into_iter().collect(),
        outputs: BTreeMap::from([("arn".to_owned(), Value::from(Reference::new("a/new", "Arn")))]),
        lookups: if format > 4 {
            answers("").into_iter().map(|(path, answer)| (path, answer.query)).collect()
        } else {
            BTreeMap::new()
        },
    }
}

/// An overview for people, with every action and every reason.
fn overview() -> Overview {
    let actions = json!([
        "create", "update", {"replace": "create_first"}, {"replace": "delete_first"}, "delete", "retain", "forget", "move", "record",
        "resume", "keep", "no_op",
    ]);
    let reasons = json!([
        "new", "missing", "removed", "destroyed", {"changed": {"property": "QueueName"}},
        {"may_replace": {"property": "QueueName"}}, {"forces": {"property": "QueueName"}},
        {"not_ignored": {"property": "QueueName"}},
        {"not_yet_known": {"property": "QueueName", "because": "a/one#Arn"}},
        {"may_follow": {"property": "QueueName", "because": "a/one#Arn"}}, "new_secret", {"secret_lost": {"by": "a/one"}},
        {"same_thing": {"what": "queue"}}, {"same_as": "a/one"},
        {"environment_changed": {"from": {"region": "eu-central-1"}, "to": {"region": "us-east-1"}}},
        {"type_changed": {"from": "AWS::SNS::Topic"}}, "tainted", "incomplete", {"reboots": {"by": "a/one"}}, "interrupted",
        "not_seen_ready", "retained", "stateful", {"needed_by": "a/one"}, {"part_of": "a/one"},
        {"bound_to": "a/one"}, "lifecycle_changed", "dependencies_changed",
    ]);
    let properties = json!([
        {"property": "QueueName", "from": "absent", "to": {"known": "jobs"}, "replacement": "yes"},
        {"property": "Tags.a", "from": "sensitive", "to": "unknown", "replacement": "no", "because": "a/one#Arn"},
        {"property": "DelaySeconds", "from": {"known": 1}, "to": {"known": 2}, "replacement": "maybe"},
    ]);
    let change = |(position, action): (usize, &Json)| {
        let path = format!("a/change-{position}");
        let change = json!({
            "path": path, "type_name": QUEUE, "action": action, "reasons": reasons, "properties": properties,
            "moved_from": "a/before", "data_loss": true, "protected": false,
        });
        (path, change)
    };
    let changes: serde_json::Map<_, _> = actions.as_array().into_iter().flatten().enumerate().map(change).collect();
    let deposed = json!({"path": "a/old", "type_name": QUEUE, "id": "id-old", "data_loss": false, "protected": true});
    let overview = json!({
        "changes": {
            "changes": changes,
            "deposed": [deposed],
            "outputs": {"arn": {"set": {"from": "before", "to": "unknown"}}, "gone": "removed"},
            "imports": {"account:zone": {"from": null, "to": "Z1"}},
            "lookups": {"a/image": {"from": {"known": {"Value": "ami-1"}}, "to": "absent"}},
            "proposed_moves": [{"from": "a/one", "to": "a/two", "type_name": QUEUE}],
        },
        "left_out": ["a/left"], "refreshed": true, "is_part": true,
    });
    serde_json::from_value(overview).unwrap()
}

/// Every kind of work that the format has.
fn plan(format: u32) -> Plan {
    let desired =
        || Desired { properties: with_secret("new"), dependencies: BTreeSet::new(), lifecycle: Default::default() };
    let works = [
        Work::Create { environment: Environment::new("eu-central-1"), generation: 2, desired: desired() },
        Work::Update { desired: desired() },
        Work::Ready,
        Work::Delete { id: "id-gone".into(), generation: None, final_snapshot: None },
        Work::Move { from: "a/one".into() },
        Work::Record { dependencies: BTreeSet::from([Path::new("a/two")]), lifecycle: Default::default() },
        Work::Forget,
        Work::Delete { id: "id-before".into(), generation: Some(1), final_snapshot: None },
    ];
    let works =
        works.into_iter().chain((format > 1).then_some(Work::Barrier)).chain((format > 2).then_some(Work::Retain));
    let step = |(position, work): (usize, Work)| {
        let id = u32::try_from(position).expect("there are few");
        Step {
            id: StepId(id),
            path: "a/new".into(),
            type_name: QUEUE.into(),
            work,
            dependencies: (0..id).map(StepId).take(1).collect(),
            weight: 1,
        }
    };
    Plan {
        format: Plan::FORMAT,
        app: "shop".into(),
        lineage: Uuid::from_u128(0x5eed),
        serial: 1,
        journal: None,
        identity: identity(),
        observed: vec![Event::Gone { path: "a/gone".into(), id: "id-a/gone".into(), generation: None }],
        steps: works.enumerate().map(step).collect(),
        outputs: assembly(format).outputs,
        outputs_change: true,
        imports: imports("Z2"),
        kept_imports: imports("Z1"),
        imports_change: true,
        lookups_change: format > 4,
        assembly: Some(assembly(format)),
        overview: Some(overview()),
        replaced_outputs: if format > 1 {
            BTreeMap::from([("arn".to_owned(), "a/new".into())])
        } else {
            BTreeMap::new()
        },
        loses_data: vec!["a/gone".into()],
        protected: vec!["a/kept".into()],
    }
}

fn entry() -> RunRecord {
    RunRecord {
        format: RunRecord::FORMAT,
        app: "shop".into(),
        serial: 2,
        time: 1_790_000_000,
        command: "deploy --only a/new".into(),
        who: "ada@build-7".into(),
        counts: Counts { create: 1, ..Counts::default() },
        moves: vec![Move { from: "a/one".into(), to: "a/two".into() }],
        result: Some(RunResult::Interrupted),
    }
}

/// The supported formats: a directory each. A file whose format has not changed is in the later ones, too, as it is
/// written together with the others.
const FORMATS: [u32; 5] = [1, 2, 3, 4, 5];

/// The one that this version writes.
const NEWEST: u32 = FORMATS[FORMATS.len() - 1];

fn golden(format: u32) -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{format}"))
}

/// Returns the files that this version writes.
async fn written(dir: &FilePath) -> BTreeMap<&'static str, String> {
    let store = FileStore::new(dir, "shop");
    store.save(&state(NEWEST)).await.unwrap();
    store.append(1, &journal(NEWEST)).await.unwrap();
    store.record(&entry(), Some(&assembly(NEWEST))).await.unwrap();
    fs::write(dir.join("shop/plan.json"), plan(NEWEST).to_json()).unwrap();
    let files = ["state.json", "journal.jsonl", "plan.json", "history/2.json", "history/2.assembly.json"];
    files.into_iter().map(|file| (file, fs::read_to_string(dir.join("shop").join(file)).unwrap())).collect()
}

#[tokio::test]
async fn a_format_does_not_change_without_another_number() {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in written(dir.path()).await {
        let path = golden(NEWEST).join("shop").join(file);
        if !path.exists() && std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|mode| mode == "write") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            kept,
            "{file} is written in another shape under the same format number: raise that number, keep {}, and add \
             the files of the new format beside it",
            path.display()
        );
    }
}

#[tokio::test]
async fn every_file_of_an_earlier_format_is_read_and_means_what_it_did() {
    for format in FORMATS {
        means_what_it_did(format).await;
    }
}

async fn means_what_it_did(format: u32) {
    let dir = tempfile::tempdir().unwrap();
    copy(&golden(format), dir.path());
    let store = FileStore::new(dir.path(), "shop");
    assert_eq!(store.load().await.unwrap(), Some(Stored { state: state(format), journal: journal(format) }));
    assert_eq!(store.history().await.unwrap().whole().unwrap(), [entry()]);
    assert_eq!(store.assembly(2).await.unwrap(), Some(assembly(format)));
    match Plan::from_json(&fs::read_to_string(golden(format).join("shop/plan.json")).unwrap()) {
        Ok(saved) if format == NEWEST => assert_eq!(saved, plan(format)),
        // A plan is made anew.
        saved => assert!(saved.unwrap_err().to_string().contains("an earlier version saved it")),
    }

    let state = load(&store, "shop").await.unwrap().state;
    let paths: Vec<_> = state.resources.keys().map(Path::as_str).collect();
    let known = ["accepted", "deleting", "failed", "found", "new", "part", "tainted", "two", "updating"];
    let known = known.into_iter().filter(|name| format < 3 || *name != "found").map(|name| format!("a/{name}"));
    assert_eq!(paths, known.collect::<Vec<_>>());
    assert_eq!(state.pending.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/asked", "a/open"]);
    assert_eq!(state.resources["a/new"].status, ResourceStatus::Ready);
    assert_eq!(state.resources["a/accepted"].status, ResourceStatus::Failed);
    assert_eq!(state.resources["a/part"].status, ResourceStatus::Tainted);
    let mut retained = state.retained.iter().map(|old| (&old.path, &old.resource));
    let found = state.resources.iter().chain(retained.by_ref()).find(|(path, _)| path.as_str() == "a/found").unwrap();
    assert_eq!(found.1.properties, properties("found"), "what is there, not what was asked for");
    assert_eq!(state.retained.len(), if format < 3 { 0 } else { 2 });
    assert_eq!((state.serial, &state.outputs["url"]), (2, &json!("https://example.org")));
    assert_eq!(state.imports, imports("Z2"));
    assert_eq!(state.lookups, if format > 4 { answers("ami-2") } else { Answers::new() });
    assert_eq!(state.deposed, []);
}

#[test]
fn the_files_have_every_event_and_every_kind_of_work() {
    // A new one does not compile here until it has a name, and then it is missing in the files.
    let event = |event: &Event| match event {
        Event::Begun { .. } => "begun",
        Event::RoleChanged { .. } => "role_changed",
        Event::Intent { .. } => "intent",
        Event::Accepted { .. } => "accepted",
        Event::Ready { .. } => "ready",
        Event::Failed { .. } => "failed",
        Event::Deleting { .. } => "deleting",
        Event::DeleteFailed { .. } => "delete_failed",
        Event::Gone { .. } => "gone",
        Event::Observed { .. } => "observed",
        Event::Restored { .. } => "restored",
        Event::Moved { .. } => "moved",
        Event::Recorded { .. } => "recorded",
        Event::Forgotten { .. } => "forgotten",
        Event::Retained { .. } => "retained",
        Event::Imported { .. } => "imported",
        Event::LookedUp { .. } => "looked_up",
        Event::Published { .. } => "published",
    };
    let work = |work: &Work| match work {
        Work::Create { .. } => "create",
        Work::Update { .. } => "update",
        Work::Ready => "ready",
        Work::Delete { .. } => "delete",
        Work::Move { .. } => "move",
        Work::Record { .. } => "record",
        Work::Forget => "forget",
        Work::Retain => "retain",
        Work::Barrier => "barrier",
    };
    assert_eq!(journal(NEWEST).iter().map(event).collect::<BTreeSet<_>>().len(), 18);
    assert_eq!(plan(NEWEST).steps.iter().map(|step| work(&step.work)).collect::<BTreeSet<_>>().len(), 9);
    // A new action or reason stops here: it needs a place in `overview`, and then the numbers are others.
    let action = |action: &Action| match action {
        Action::Create
        | Action::Update
        | Action::Replace(_)
        | Action::Delete
        | Action::Retain
        | Action::Forget
        | Action::Move => *action,
        Action::Record | Action::Resume | Action::Keep | Action::NoOp => *action,
    };
    let overview = overview().changes.changes;
    assert_eq!(overview.values().map(|change| action(&change.action)).collect::<BTreeSet<_>>().len(), 12);
    let reasons: BTreeSet<_> = overview.values().flat_map(|change| &change.reasons).map(reason).collect();
    assert_eq!(reasons.len(), 28);
}

/// Changes a value in this file, and loads it.
async fn changed(format: u32, file: &str, change: impl Fn(&mut Json)) -> Result<(), Error> {
    let dir = tempfile::tempdir().unwrap();
    copy(&golden(format), dir.path());
    let path = dir.path().join("shop").join(file);
    let text = fs::read_to_string(&path).unwrap();
    // Of a journal the first line, which is its header.
    let (head, rest) = if file.ends_with(".jsonl") { text.split_once('\n').unwrap() } else { (&*text, "") };
    let mut document: Json = serde_json::from_str(head).unwrap();
    change(&mut document);
    fs::write(&path, format!("{document}\n{rest}")).unwrap();
    let store = FileStore::new(dir.path(), "shop");
    store.load().await?;
    store.history().await?.whole()?;
    store.assembly(2).await?;
    if format == NEWEST {
        Plan::from_json(&fs::read_to_string(dir.path().join("shop/plan.json")).unwrap())?;
    }
    let assembly = fs::read_to_string(golden(format).join("shop/history/2.assembly.json")).unwrap();
    groundplan_engine::model::assembly_from_json(&assembly, "here")?;
    Ok(())
}

#[tokio::test]
async fn a_later_format_is_refused_by_its_number() {
    for format in FORMATS {
        let files = ["state.json", "journal.jsonl", "plan.json", "history/2.json", "history/2.assembly.json"];
        for file in files.into_iter().filter(|file| format == NEWEST || *file != "plan.json") {
            let result = changed(format, file, |document| document["format"] = json!(999)).await;
            assert!(matches!(result, Err(Error::Format(FormatError::Newer { found: 999, .. }))), "{file}: {result:?}");
        }
    }
}

#[tokio::test]
async fn a_field_that_this_version_does_not_know_is_refused_and_not_dropped() {
    for format in FORMATS {
        for file in ["state.json", "plan.json", "history/2.json"] {
            if file == "plan.json" && format < NEWEST {
                continue;
            }
            let result = changed(format, file, |document| document["unheard_of"] = json!(1)).await;
            let refused = matches!(
                result,
                Err(Error::Format(FormatError::Corrupt { .. })
                    | Error::Plan(PlanError::Corrupt { .. })
                    | Error::Format(FormatError::Edited { .. }))
            );
            assert!(refused, "{file}: {result:?}");
        }
    }
}

/// The name of a reason. One that is new stops here: it needs a place in [`overview`].
fn reason(reason: &Reason) -> String {
    match reason {
        Reason::New | Reason::Missing | Reason::Removed | Reason::Destroyed | Reason::NewSecret | Reason::Tainted => {}
        Reason::Incomplete | Reason::Interrupted | Reason::NotSeenReady | Reason::Retained | Reason::Stateful => {}
        Reason::LifecycleChanged | Reason::DependenciesChanged | Reason::SameAs(_) | Reason::NeededBy(_) => {}
        Reason::PartOf(_) | Reason::BoundTo(_) | Reason::Changed { .. } => {}
        Reason::MayReplace { .. } | Reason::Forces { .. } | Reason::NotIgnored { .. } | Reason::NotYetKnown { .. } => {}
        Reason::MayFollow { .. } | Reason::SecretLost { .. } | Reason::SameThing { .. } | Reason::Reboots { .. } => {}
        Reason::EnvironmentChanged { .. } | Reason::TypeChanged { .. } => {}
    }
    format!("{reason:?}").split([' ', '(']).next().unwrap().to_owned()
}

fn copy(from: &FilePath, to: &FilePath) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
