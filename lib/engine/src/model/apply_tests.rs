use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{DATABASE, LOG_GROUP, NAT, VPC, identity, state};

fn outputs(name: &str, value: &str) -> Outputs {
    [(name.to_owned(), json!(value))].into_iter().collect()
}

fn intent(operation: Operation) -> Intent {
    Intent {
        operation,
        token: "t".into(),
        asked: None,
        properties: [("CidrBlock".to_owned(), Value::from("10.0.0.0/16"))].into(),
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
    }
}

pub(super) fn create(path: &str, type_name: &str, generation: u32) -> Event {
    let environment = Environment::new("us-east-1");
    let operation = Operation::Create { type_name: type_name.into(), environment, generation };
    Event::Intent { path: path.into(), intent: intent(operation) }
}

pub(super) fn update(path: &str) -> Event {
    Event::Intent { path: path.into(), intent: intent(Operation::Update) }
}

pub(super) fn accepted(path: &str, id: &str) -> Event {
    Event::Accepted { path: path.into(), id: id.into(), outputs: outputs("VpcId", id), found: None, incomplete: false }
}

pub(super) fn ready(path: &str) -> Event {
    Event::Ready { path: path.into(), outputs: Outputs::new() }
}

fn failed(path: &str, partial: Option<&str>) -> Event {
    let message = "no".to_owned();
    Event::Failed { path: path.into(), class: None, message, partial: partial.map(str::to_owned), later: false }
}

fn gone(path: &str, id: &str) -> Event {
    Event::Gone { path: path.into(), id: id.into(), generation: None }
}

pub(super) fn after(events: &[Event]) -> State {
    events.iter().fold(state(), |mut state, event| {
        state.apply(event.clone()).unwrap();
        state
    })
}

/// A deploy, a replacement, an update, a move, a partial create, a delete.
fn history() -> Vec<Event> {
    vec![
        Event::Begun { serial: 1, identity: identity() },
        create("a/vpc", VPC, 1),
        accepted("a/vpc", "vpc-1"),
        ready("a/vpc"),
        Event::Begun { serial: 2, identity: identity() },
        create("a/vpc", VPC, 2),
        accepted("a/vpc", "vpc-2"),
        ready("a/vpc"),
        Event::Deleting { path: "a/vpc".into(), id: "vpc-1".into(), generation: None },
        gone("a/vpc", "vpc-1"),
        update("a/vpc"),
        accepted("a/vpc", "vpc-2"),
        ready("a/vpc"),
        Event::Moved { from: "a/vpc".into(), to: "a/net".into() },
        create("a/nat", NAT, 1),
        failed("a/nat", Some("nat-1")),
        Event::Deleting { path: "a/net".into(), id: "vpc-2".into(), generation: None },
        Event::DeleteFailed { path: "a/net".into(), id: "vpc-2".into(), generation: None, message: "in use".into() },
        gone("a/net", "vpc-2"),
        Event::Published { outputs: BTreeMap::new() },
    ]
}

#[test]
fn every_prefix_of_a_history_survives_the_way_to_the_file_and_back() {
    let history = history();
    for length in 0..=history.len() {
        let state = after(&history[..length]);
        assert_eq!(State::from_json(&state.to_json(), "test").unwrap(), state);
        for event in &history[..length] {
            let line = serde_json::to_string(event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), *event);
        }
    }
}

#[test]
fn every_event_after_every_prefix_is_applied_or_leaves_the_state_alone() {
    let history = history();
    for length in 0..=history.len() {
        let before = after(&history[..length]);
        for event in &history {
            let mut state = before.clone();
            if state.apply(event.clone()).is_err() {
                assert_eq!(state, before, "{event:?} after {length} events");
            }
        }
    }
}

#[test]
fn a_second_create_deposes_the_first_only_once_it_is_accepted() {
    let history = history();
    assert_eq!(after(&history[..6]).resources["a/vpc"].id, "vpc-1");
    let state = after(&history[..7]);
    assert_eq!(state.resources["a/vpc"].id, "vpc-2");
    assert_eq!(state.deposed[0].resource.id, "vpc-1");
    assert!(after(&history[..10]).deposed.is_empty());
}

#[test]
fn a_generation_is_never_used_again() {
    let state = after(&[create("a/vpc", VPC, 1), accepted("a/vpc", "vpc-1"), gone("a/vpc", "vpc-1")]);
    assert_eq!(state.next_generation(&"a/vpc".into()), 2);
    assert!(state.clone().apply(create("a/vpc", VPC, 1)).is_err());
    let state = after(&[create("a/vpc", VPC, 1), failed("a/vpc", None)]);
    assert_eq!(state.next_generation(&"a/vpc".into()), 2);
    let state = after(&[create("a/vpc", VPC, 1)]);
    assert_eq!(state.next_generation(&"a/vpc".into()), 1, "an open create goes on with its own");
}

#[test]
fn what_was_made_in_part_is_tainted_beside_the_old_one_or_in_its_place() {
    let state = after(&[create("a/nat", NAT, 1), failed("a/nat", Some("nat-1"))]);
    assert_eq!(state.resources["a/nat"].status, ResourceStatus::Tainted);
    let replaced =
        [create("a/nat", NAT, 1), accepted("a/nat", "nat-1"), create("a/nat", NAT, 2), failed("a/nat", Some("nat-2"))];
    let state = after(&replaced);
    assert_eq!((state.resources["a/nat"].id.as_str(), state.deposed[0].resource.id.as_str()), ("nat-1", "nat-2"));
}

/// A log group that was made in one region and then under the same name in another.
pub(super) fn in_two_regions() -> State {
    let path = "a/logs";
    let mut state = after(&[create(path, LOG_GROUP, 1), accepted(path, "/shop"), create(path, LOG_GROUP, 2)]);
    state.apply(accepted(path, "/shop")).unwrap();
    state
}

#[test]
fn of_two_with_one_name_the_old_one_is_deleted_and_the_new_one_stays() {
    let (path, id) = (Path::from("a/logs"), "/shop".to_owned());
    let mut state = in_two_regions();
    assert_eq!(state.incarnation(&path, &id, Some(1)).unwrap().generation, 1);
    assert_eq!(state.incarnation(&path, &id, Some(2)).unwrap().generation, 2);
    state.apply(Event::Deleting { path: path.clone(), id: id.clone(), generation: Some(1) }).unwrap();
    assert_eq!(state.deposed[0].resource.status, ResourceStatus::Deleting);
    assert_eq!(state.resources[&path].status, ResourceStatus::Accepted);
    state.apply(Event::Gone { path: path.clone(), id, generation: Some(1) }).unwrap();
    assert!(state.deposed.is_empty());
    assert_eq!(state.resources[&path].generation, 2);
}

#[test]
fn of_two_with_one_name_the_new_one_is_deleted_and_the_old_one_stays() {
    let (path, id) = (Path::from("a/logs"), "/shop".to_owned());
    let mut state = in_two_regions();
    state.apply(Event::Gone { path: path.clone(), id: id.clone(), generation: Some(2) }).unwrap();
    assert!(state.resources.is_empty());
    assert_eq!(state.deposed[0].resource.generation, 1);
    assert!(state.apply(Event::Gone { path, id, generation: Some(2) }).is_err());
}

#[test]
fn a_failed_update_does_not_taint() {
    let made = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1"), ready("a/nat")];
    let updated = [&made[..], &[update("a/nat"), accepted("a/nat", "nat-1"), failed("a/nat", None)]].concat();
    assert_eq!(after(&updated).resources["a/nat"].status, ResourceStatus::Updating);
    let never_ready = [&made[..2], &[failed("a/nat", None)]].concat();
    assert_eq!(after(&never_ready).resources["a/nat"].status, ResourceStatus::Tainted);
}

#[test]
fn what_failed_after_the_run_that_made_it_holds_data_until_it_is_ready_or_gone() {
    let late = Event::Failed { path: "a/db".into(), class: None, message: "full".into(), partial: None, later: true };
    let failed = [create("a/db", DATABASE, 1), accepted("a/db", "db-1"), late];
    let state = after(&failed);
    assert_eq!(state.resources["a/db"].status, ResourceStatus::Failed);
    assert!(state.resources["a/db"].is_stateful());
    let refused =
        Event::DeleteFailed { path: "a/db".into(), id: "db-1".into(), generation: Some(1), message: "no".into() };
    assert_eq!(after(&[&failed[..], &[refused]].concat()).resources["a/db"].status, ResourceStatus::Failed);
    assert_eq!(after(&[&failed[..], &[ready("a/db")]].concat()).resources["a/db"].status, ResourceStatus::Ready);
}

#[test]
fn an_illegal_event_says_what_does_not_fit() {
    let error = state().apply(ready("a/vpc")).unwrap_err();
    assert_eq!(error.to_string(), "`ready` of `a/vpc` is not possible: there is no resource");
}

#[test]
fn an_interrupted_update_that_was_found_out_about_is_still_to_be_waited_for() {
    let observed = Event::Observed { path: "a/nat".into(), properties: BTreeMap::new(), outputs: Outputs::new() };
    let made = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1"), ready("a/nat")];
    let updated = [&made[..], &[update("a/nat"), observed.clone()]].concat();
    assert_eq!(after(&updated).resources["a/nat"].status, ResourceStatus::Updating);
    let refreshed = [&made[..], &[observed]].concat();
    assert_eq!(after(&refreshed).resources["a/nat"].status, ResourceStatus::Ready);
}

#[test]
fn a_state_is_the_same_whatever_output_was_told_first() {
    let outputs = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), Json::from(*name))).collect();
    let told = |first: &[&str], then: &[&str]| {
        let accepted = Event::Accepted {
            path: "a/nat".into(),
            id: "nat-1".into(),
            outputs: outputs(first),
            found: None,
            incomplete: false,
        };
        let ready = Event::Ready { path: "a/nat".into(), outputs: outputs(then) };
        after(&[create("a/nat", NAT, 1), accepted, ready]).to_json()
    };
    assert_eq!(told(&["Id"], &["Arn", "Id"]), told(&["Id", "Arn"], &[]));
}

fn deleting(path: &str, id: &str) -> Event {
    Event::Deleting { path: path.into(), id: id.into(), generation: None }
}

fn delete_failed(path: &str, id: &str) -> Event {
    Event::DeleteFailed { path: path.into(), id: id.into(), generation: None, message: "in use".into() }
}

#[test]
fn a_deletion_that_is_refused_gives_the_former_status_back() {
    let made = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1")];
    let ready = [&made[..], &[ready("a/nat")]].concat();
    let updating = [&ready[..], &[update("a/nat"), accepted("a/nat", "nat-1")]].concat();
    let cases = [
        (made.to_vec(), ResourceStatus::Accepted),
        (ready, ResourceStatus::Ready),
        (updating, ResourceStatus::Updating),
    ];
    for (events, former) in cases {
        // Requested twice, as by a second run.
        let asked = [&events[..], &[deleting("a/nat", "nat-1"), deleting("a/nat", "nat-1")]].concat();
        assert_eq!(after(&asked).resources["a/nat"].status, ResourceStatus::Deleting);
        let moved = Event::Moved { from: "a/nat".into(), to: "a/b".into() };
        let state = after(&[&asked[..], &[moved, delete_failed("a/b", "nat-1")]].concat());
        assert_eq!((state.resources["a/b"].status, state.resources["a/b"].former), (former, None));
        let state = after(&[&asked[..], &[delete_failed("a/nat", "nat-1"), delete_failed("a/nat", "nat-1")]].concat());
        assert_eq!(state.resources["a/nat"].status, former);
    }
}

#[test]
fn a_deletion_that_an_earlier_version_has_written_down_and_that_is_refused_is_waited_for() {
    let events = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1"), ready("a/nat"), deleting("a/nat", "nat-1")];
    let mut document: Json = serde_json::from_str(&after(&events).to_json()).unwrap();
    document["resources"]["a/nat"].as_object_mut().unwrap().remove("former").unwrap();
    let mut state = State::from_edited_json(&document.to_string(), "test").unwrap();
    state.apply(delete_failed("a/nat", "nat-1")).unwrap();
    assert_eq!(state.resources["a/nat"].status, ResourceStatus::Updating);
}

#[test]
fn what_was_never_ready_stays_so_whatever_becomes_of_its_deletion() {
    let tainted = [create("a/nat", NAT, 1), failed("a/nat", Some("nat-1")), deleting("a/nat", "nat-1")];
    assert_eq!(after(&tainted).resources["a/nat"].status, ResourceStatus::Tainted);
    let refused = [&tainted[..], &[delete_failed("a/nat", "nat-1")]].concat();
    assert_eq!(after(&refused).resources["a/nat"].status, ResourceStatus::Tainted);
}

#[test]
fn an_update_that_is_found_out_about_while_a_deletion_was_announced_is_waited_for() {
    let observed = Event::Observed { path: "a/nat".into(), properties: BTreeMap::new(), outputs: Outputs::new() };
    let made = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1"), ready("a/nat"), update("a/nat")];
    let state = after(&[&made[..], &[deleting("a/nat", "nat-1"), observed, delete_failed("a/nat", "nat-1")]].concat());
    assert_eq!(state.resources["a/nat"].status, ResourceStatus::Updating);
}

#[test]
fn an_update_may_give_another_identifier_and_what_names_it_follows() {
    let made = [create("a/vpc", VPC, 1), accepted("a/vpc", "vpc-1"), ready("a/vpc"), update("a/vpc")];
    let renamed = Event::Accepted {
        path: "a/vpc".into(),
        id: "vpc-2".into(),
        outputs: Outputs::new(),
        found: None,
        incomplete: false,
    };
    let mut state = after(&[&made[..], &[renamed]].concat());
    let id = state.value_of(&groundplan_core::Reference::new("a/vpc", "VpcId"));
    assert_eq!((state.resources["a/vpc"].id.as_str(), id), ("vpc-2", Some(json!("vpc-2"))));
    assert!(state.deposed.is_empty(), "it is the same resource");
    // It is deleted by the identifier that it has now.
    assert!(state.apply(deleting("a/vpc", "vpc-1")).is_err());
    state.apply(deleting("a/vpc", "vpc-2")).unwrap();
    state.apply(gone("a/vpc", "vpc-2")).unwrap();
    assert!(state.resources.is_empty());
}

#[test]
fn what_lacks_settings_is_updated_and_the_update_sets_its_secrets() {
    let environment = Environment::new("us-east-1");
    let operation = Operation::Create { type_name: DATABASE.into(), environment, generation: 1 };
    // The first can be changed, the second is for good.
    let secrets: BTreeMap<_, _> =
        ["MasterUserPassword", "SourceRegion"].map(|name| (name.to_owned(), "ab".to_owned())).into();
    let intent = Intent { secrets: secrets.clone(), ..intent(operation) };
    let made = Event::Accepted {
        path: "a/db".into(),
        id: "db-1".into(),
        outputs: Outputs::new(),
        found: Some(BTreeMap::new()),
        incomplete: true,
    };
    let mut state = after(&[Event::Intent { path: "a/db".into(), intent }, made, ready("a/db")]);
    let resource = &state.resources["a/db"];
    assert!(resource.incomplete && resource.status == ResourceStatus::Ready && resource.is_stateful());
    assert_eq!(
        (resource.secrets["MasterUserPassword"].as_str(), resource.secrets["SourceRegion"].as_str()),
        (UNKNOWN_DIGEST, "ab")
    );
    state.apply(update("a/db")).unwrap();
    assert!(state.resources["a/db"].incomplete, "until the update is accepted");
    state.apply(accepted("a/db", "db-1")).unwrap();
    assert!(!state.resources["a/db"].incomplete);
}

#[test]
fn of_two_intents_at_one_path_the_second_is_refused_unless_it_is_the_same_once_more() {
    let refused = |events: &[Event], last: Event| after(events).apply(last).unwrap_err().reason;
    let made = [create("a/vpc", VPC, 1), accepted("a/vpc", "vpc-1"), ready("a/vpc")];
    let replacing = [&made[..], &[create("a/vpc", VPC, 2)]].concat();
    let changing = [&made[..], &[update("a/vpc")]].concat();
    assert_eq!(refused(&replacing, update("a/vpc")), "something else is open there");
    assert_eq!(refused(&changing, create("a/vpc", VPC, 2)), "something else is open there");
    assert_eq!(after(&[&replacing[..], &[create("a/vpc", VPC, 2)]].concat()).pending.len(), 1);
    assert_eq!(after(&[&changing[..], &[update("a/vpc")]].concat()).pending.len(), 1);
    assert_eq!(refused(&[], update("a/vpc")), "there is no resource");
    assert_eq!(refused(&made, create("a/vpc", VPC, 1)), "the generation is not the next one");
    assert_eq!(refused(&[], create("a/vpc", VPC, 2)), "the generation is not the next one");
}

#[test]
fn only_what_is_waited_for_becomes_ready_or_fails() {
    let made = [create("a/nat", NAT, 1), accepted("a/nat", "nat-1")];
    let tainted = [&made[..], &[failed("a/nat", None)]].concat();
    let is_ready = [&made[..], &[ready("a/nat")]].concat();
    let going = [&is_ready[..], &[deleting("a/nat", "nat-1")]].concat();
    let updating = [&is_ready[..], &[update("a/nat"), accepted("a/nat", "nat-1")]].concat();
    let late = Event::Failed { path: "a/nat".into(), class: None, message: "no".into(), partial: None, later: true };
    let broken = [&made[..], &[late]].concat();
    for events in [&made[..], &updating, &broken] {
        assert_eq!(after(&[events, &[ready("a/nat")]].concat()).resources["a/nat"].status, ResourceStatus::Ready);
    }
    for events in [&tainted, &is_ready, &going] {
        assert_eq!(after(events).apply(ready("a/nat")).unwrap_err().reason, "the run is not waiting for the resource");
    }
    for events in [&tainted, &is_ready, &going, &broken] {
        let error = after(events).apply(failed("a/nat", None)).unwrap_err();
        assert_eq!(error.reason, "no operation is in progress there, and the run is not waiting for it");
    }
}

pub(super) fn dependent(event: Event, on: &str) -> Event {
    let Event::Intent { path, intent } = event else { panic!("an intent") };
    Event::Intent { path, intent: Intent { dependencies: [on.into()].into(), ..intent } }
}

pub(super) fn made(path: &str, id: &str) -> [Event; 3] {
    [create(path, VPC, 1), accepted(path, id), ready(path)]
}

pub(super) fn moved(from: &str, to: &str) -> Event {
    Event::Moved { from: from.into(), to: to.into() }
}

#[test]
fn a_run_begins_with_the_next_serial_only() {
    for serial in [0, 2] {
        let error = state().apply(Event::Begun { serial, identity: identity() }).unwrap_err();
        assert_eq!(error.reason, "the serial is not the next one");
    }
}

#[test]
fn a_role_is_assumed_for_all_that_a_stack_has_in_its_region() {
    let mut before = after(&[&made("a/vpc", "vpc-1")[..], &made("b/vpc", "vpc-2"), &made("a/far", "vpc-3")].concat());
    before.apply(create("a/vpc", VPC, 2)).unwrap();
    before.apply(accepted("a/vpc", "vpc-4")).unwrap();
    before.apply(create("a/new", VPC, 1)).unwrap();
    before.resources.get_mut("a/far").unwrap().environment.region = "eu-west-1".into();
    let role = groundplan_core::AssumeRole::new("arn:aws:iam::111122223333:role/deploy");
    let environment = Environment { role: Some(role), ..before.resources["a/vpc"].environment.clone() };
    let mut state = before.clone();
    state.apply(Event::RoleChanged { stack: "a".into(), environment: environment.clone() }).unwrap();
    assert_eq!(state.resources["a/vpc"].environment, environment);
    assert_eq!(state.deposed[0].resource.environment, environment);
    let Operation::Create { environment: pending, .. } = &state.pending["a/new"].operation else { panic!("a create") };
    assert_eq!(*pending, environment);
    for other in ["b/vpc", "a/far"] {
        assert_eq!(state.resources[other], before.resources[other], "{other}");
    }
}

#[test]
fn an_accepted_update_and_a_record_change_what_a_resource_is_made_after_and_its_lifecycle() {
    let lifecycle = Lifecycle { protect: true, ..Lifecycle::default() };
    let Event::Intent { path, intent } = dependent(update("a/vpc"), "a/new") else { panic!("an intent") };
    let updated = Event::Intent { path, intent: Intent { lifecycle: lifecycle.clone(), ..intent } };
    let recorded =
        Event::Recorded { path: "a/vpc".into(), dependencies: ["a/new".into()].into(), lifecycle: lifecycle.clone() };
    for events in [&[updated, accepted("a/vpc", "vpc-1")][..], std::slice::from_ref(&recorded)] {
        let state = after(&[&made("a/vpc", "vpc-1")[..], events].concat());
        let resource = &state.resources["a/vpc"];
        assert_eq!((&resource.dependencies, &resource.lifecycle), (&["a/new".into()].into(), &lifecycle));
    }
    assert_eq!(state().apply(recorded).unwrap_err().reason, "there is no resource");
}

#[test]
fn which_secrets_an_update_has_set_is_known_only_where_it_set_none_other() {
    let secrets = |digest: &str| BTreeMap::from([("Password".to_owned(), digest.to_owned())]);
    let with = |event: Event, digest: &str| {
        let Event::Intent { path, intent } = event else { panic!("an intent") };
        Event::Intent { path, intent: Intent { secrets: secrets(digest), ..intent } }
    };
    let made = [with(create("a/db", DATABASE, 1), "old"), accepted("a/db", "db-1"), ready("a/db")];
    let observed = Event::Observed { path: "a/db".into(), properties: BTreeMap::new(), outputs: Outputs::new() };
    let cases = [
        (vec![observed.clone()], "old"),
        (vec![with(update("a/db"), "old"), observed.clone()], "old"),
        (vec![with(update("a/db"), "new"), observed], UNKNOWN_DIGEST),
        (vec![with(update("a/db"), "new"), accepted("a/db", "db-1")], "new"),
        (vec![with(update("a/db"), "new"), accepted("a/db", "db-1"), failed("a/db", None)], UNKNOWN_DIGEST),
    ];
    for (events, expected) in cases {
        let state = after(&[&made[..], &events].concat());
        assert_eq!(state.resources["a/db"].secrets, secrets(expected), "{events:?}");
    }
}

#[test]
fn a_deletion_concerns_what_has_its_path_and_identifier_alone() {
    let mut two = after(&[&made("a/one", "vpc-1")[..], &made("a/two", "vpc-2")].concat());
    for (path, id) in [("a/one", "vpc-3"), ("a/two", "vpc-4")] {
        two.apply(create(path, VPC, 2)).unwrap();
        two.apply(accepted(path, id)).unwrap();
    }
    // One identifier at both paths, as of names in two regions.
    two.deposed[0].resource.id = "vpc-4".into();
    let status = |state: &State| -> Vec<ResourceStatus> { state.deposed.iter().map(|it| it.resource.status).collect() };
    let mut state = two.clone();
    state.apply(deleting("a/two", "vpc-2")).unwrap();
    assert_eq!(status(&state), [ResourceStatus::Ready, ResourceStatus::Deleting]);
    for event in [deleting("a/one", "vpc-2"), delete_failed("a/one", "vpc-2"), gone("a/one", "vpc-2")] {
        assert_eq!(two.clone().apply(event).unwrap_err().reason, "there is no such resource");
    }
    two.apply(gone("a/two", "vpc-4")).unwrap();
    assert_eq!((two.deposed.len(), two.resources.keys().map(Path::as_str).collect()), (2, vec!["a/one"]));
}

#[test]
fn a_generation_is_remembered_where_only_the_resource_has_it() {
    let path = || Path::from("a/vpc");
    for event in [gone("a/vpc", "vpc-1"), moved("a/vpc", "a/net"), Event::Forgotten { path: path() }] {
        let mut state = after(&made("a/vpc", "vpc-1"));
        state.generations.clear();
        state.resources.get_mut("a/vpc").unwrap().generation = 3;
        state.apply(event.clone()).unwrap();
        assert_eq!(state.next_generation(&path()), 4, "{event:?}");
    }
}

#[test]
fn with_a_resource_goes_its_open_update_and_not_an_open_create() {
    let observed = Event::Observed { path: "a/vpc".into(), properties: BTreeMap::new(), outputs: Outputs::new() };
    for last in [gone("a/vpc", "vpc-1"), Event::Forgotten { path: "a/vpc".into() }, observed] {
        let open = |intent: Event| after(&[&made("a/vpc", "vpc-1")[..], &[intent, last.clone()]].concat()).pending;
        assert!(open(update("a/vpc")).is_empty(), "{last:?}");
        assert!(open(create("a/vpc", VPC, 2)).contains_key("a/vpc"), "{last:?}");
    }
}

#[test]
fn a_change_that_is_not_seen_ready_after_its_create_stays_to_be_waited_for_as_that() {
    let accepted_twice = [create("a/nat", NAT, 1), accepted("a/nat", "n"), update("a/nat"), accepted("a/nat", "n")];
    assert_eq!(after(&accepted_twice).resources["a/nat"].status, ResourceStatus::Accepted);
}

#[test]
fn an_update_of_what_is_not_there_is_not_accepted() {
    let mut state = after(&[create("a/x", VPC, 1), accepted("a/x", "x"), ready("a/x"), update("a/x")]);
    state.resources.clear();
    let illegal = state.clone().apply(accepted("a/x", "x")).unwrap_err().to_string();
    assert!(illegal.contains("there is no resource"), "{illegal}");
}

#[test]
fn a_state_whose_serial_leaves_no_room_for_another_one_is_damaged() {
    let read = |serial: u64| {
        let text = serde_json::to_string(&State { serial, ..state() }).unwrap();
        State::from_edited_json(&text, "here").map(|state| state.serial)
    };
    assert_eq!(read(7).unwrap(), 7);
    let damaged = read(u64::MAX).unwrap_err().to_string();
    assert!(damaged.contains("18446744073709551615 is no serial"), "{damaged}");
}
