//! Resources in the same location, whether or not the stack names its account.

use groundplan_core::AssumeRole;

use super::tests::{accepted, after, create, made};
use super::*;
use crate::fake::{VPC, identity};

const ROLE: &str = "AWS::IAM::Role";

fn pinned(account: &str) -> Environment {
    Environment::new("us-east-1").assume_role(AssumeRole::new(format!("arn:aws:iam::{account}:role/deploy")))
}

fn begun() -> Event {
    Event::Begun { serial: 1, identity: identity() }
}

#[test]
fn a_stack_without_a_pin_is_pinned_to_the_account_that_it_is_in_with_all_that_it_has() {
    let before = after(
        &[
            &[begun()][..],
            &made("a/old", "vpc-1"),
            &[Event::Retained { path: "a/old".into() }],
            &made("a/vpc", "vpc-2"),
            &[create("a/vpc", VPC, 2), accepted("a/vpc", "vpc-3"), create("a/new", VPC, 1)],
        ]
        .concat(),
    );
    let environments = |state: &State| {
        let orphans = state.deposed.iter().chain(&state.retained).map(|old| old.resource.environment.clone());
        let all: Vec<_> = state.environments().map(|(_, environment)| environment.clone()).chain(orphans).collect();
        assert_eq!(all.len(), 5);
        all
    };
    let assumed = |environment: Environment| {
        let mut state = before.clone();
        state.apply(Event::RoleChanged { stack: "a".into(), environment }).unwrap();
        environments(&state)
    };
    let own = pinned(&identity().account);
    assert!(assumed(own.clone()).iter().all(|environment| *environment == own));
    assert_eq!(assumed(pinned("999988887777")), environments(&before), "another account");
    let mut state = before.clone();
    for environment in [own, Environment::new("us-east-1")] {
        state.apply(Event::RoleChanged { stack: "a".into(), environment }).unwrap();
    }
    assert_eq!(state, before, "and back");
}

#[test]
fn what_was_retained_is_managed_again_wherever_it_is_the_same_thing() {
    let again = |type_name: &str, environment: Environment| {
        let mut state = after(&[begun(), create("a/x", type_name, 1), accepted("a/x", "one")]);
        state.apply(Event::Retained { path: "a/x".into() }).unwrap();
        let Event::Intent { path, mut intent } = create("a/y", type_name, 1) else { panic!("an intent") };
        intent.operation = Operation::Create { type_name: type_name.into(), environment, generation: 1 };
        state.apply(Event::Intent { path, intent }).unwrap();
        state.apply(accepted("a/y", "one")).unwrap();
        state.retained.is_empty()
    };
    let here = || Environment::new("us-east-1");
    assert!(again(VPC, here()) && again(VPC, here().account(identity().account)), "the stack is pinned since");
    assert!(!again(VPC, here().account("999988887777")));
    assert!(!again(VPC, Environment::new("eu-west-1")), "the name of another region");
    assert!(again(ROLE, Environment::new("eu-west-1")), "a role is in no region");
}

#[test]
fn what_was_retained_stays_where_it_is_whoever_deploys_next() {
    let mut state = after(&[&[begun()][..], &made("a/vpc", "vpc-1")].concat());
    state.apply(Event::Retained { path: "a/vpc".into() }).unwrap();
    let record = |state: &State| state.retained[0].resource.environment.account.clone();
    state.apply(Event::Begun { serial: 2, identity: identity() }).unwrap();
    assert_eq!(record(&state), None);
    let other = Identity { account: "999988887777".into(), ..identity() };
    state.apply(Event::Begun { serial: 3, identity: other.clone() }).unwrap();
    assert_eq!(record(&state), Some(identity().account));
    state.apply(Event::Begun { serial: 4, identity: identity() }).unwrap();
    assert_eq!(record(&state), Some(identity().account), "and not where others have deployed since");
}
