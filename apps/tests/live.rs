//! A deploy is bound by the cloud: it takes hardly longer than its calls.
//!
//! Two measures. As a test, how long a deploy makes its changes against how long at least one call is
//! under way in that time: both are of the same run, so that a busy machine slows both. As a
//! benchmark (`docs/measure live`), how long the whole process takes against the same calls made
//! again by a client that does nothing else, as fast as their order allows: on a busy machine, or
//! with little optimization, what the SDK computes for each call is a part of that, so it is no test.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod support {
    pub(crate) mod process;
}

use std::process::Command;
use std::time::{Duration, Instant};

use groundplan_moto::{Exchange, Moto, Proxy, replay};
use support::process::{Checkout, Goal};

/// The maximum factor of a deploy's duration.
const LIMIT: f64 = 1.25;

#[test]
fn while_a_deploy_makes_its_changes_a_call_is_under_way() {
    let moto = warm();
    let mut ratios: Vec<f64> = (0..3)
        .map(|_| {
            moto.reset();
            let recording = record(&moto);
            let (changing, called) = busy(&recording.calls);
            println!("from the first change to the last answer {changing:.2?}, with a call under way {called:.2?}");
            ratio(changing, called)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    // The best one: whatever else the machine does can only make it worse.
    assert!(ratios[0] <= LIMIT, "a deploy takes {ratios:.2?} times as long as it has calls under way");
}

#[test]
#[ignore = "a benchmark, run by `docs/measure live`"]
fn a_deploy_takes_hardly_longer_than_its_calls_alone() {
    const ROUNDS: usize = 25;
    let moto = warm();
    let recording = record(&moto);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        moto.reset();
        let deployed = deploy(moto.url());
        moto.reset();
        let calls = make_again(&recording, &moto);
        println!(
            "deploy {deployed:.2?} | its {} calls {calls:.2?} | {:.2}",
            recording.calls.len(),
            ratio(deployed, calls)
        );
        rounds.push((deployed, calls));
    }
    let fastest = |of: fn(&(Duration, Duration)) -> Duration| rounds.iter().map(of).min().unwrap_or_default();
    println!("the fastest of each: {:.2}", ratio(fastest(|round| round.0), fastest(|round| round.1)));
    let mut ratios: Vec<f64> = rounds.iter().map(|(deployed, calls)| ratio(*deployed, *calls)).collect();
    ratios.sort_by(f64::total_cmp);
    println!("median of the ratios: {:.2}", ratios[ROUNDS / 2]);
}

/// Makes the calls of a recording once more, with the same answers; how long that took.
fn make_again(recording: &Recording, moto: &Moto) -> Duration {
    let replayed = replay(&recording.scene, &recording.calls, moto);
    // Calls that were under way together may have their effects in another order: a security group
    // has rules for IPv6 from the start where its VPC has had its block before, so that they can be
    // revoked, and made anew only where it has not. There are three groups.
    let of_order = |call: &&String| {
        call.starts_with("RevokeSecurityGroupEgress") || call.starts_with("AuthorizeSecurityGroupEgress")
    };
    let (of_order, others): (Vec<_>, Vec<_>) = replayed.different.iter().partition(of_order);
    assert!(others.is_empty() && of_order.len() <= 3, "{others:#?} {of_order:#?}");
    replayed.elapsed
}

fn ratio(whole: Duration, calls: Duration) -> f64 {
    whole.as_secs_f64() / calls.as_secs_f64()
}

#[test]
fn recorded_calls_can_be_made_again_in_another_account() {
    let moto = Moto::start_without_managed_policies();
    let recording = record(&moto);
    moto.reset();
    make_again(&recording, &moto);
}

/// A moto that has loaded what it loads with the first call of each kind, and an empty account.
fn warm() -> Moto {
    let moto = Moto::start_without_managed_policies();
    let directory = tempfile::tempdir().expect("a directory");
    let checkout = Checkout::new(moto.url(), directory.path());
    for command in [checkout.upstream(), checkout.to(Goal::Changed), checkout.to(Goal::Nothing)] {
        run(&checkout, command);
    }
    moto
}

/// The calls of a deploy.
struct Recording {
    /// Those of the app that has to be there before.
    scene: Vec<Exchange>,
    calls: Vec<Exchange>,
}

/// A deploy into an empty account, through a proxy.
fn record(moto: &Moto) -> Recording {
    let proxy = Proxy::start(moto);
    let directory = tempfile::tempdir().expect("a directory");
    let checkout = Checkout::new(proxy.url(), directory.path());
    run(&checkout, checkout.upstream());
    let scene = proxy.take_exchanges();
    run(&checkout, checkout.to(Goal::Production));
    Recording { scene, calls: proxy.take_exchanges() }
}

/// Deploys everything into an empty account; how long it took from the start of the process to its
/// end.
fn deploy(target: &str) -> Duration {
    let directory = tempfile::tempdir().expect("a directory");
    let checkout = Checkout::new(target, directory.path());
    run(&checkout, checkout.upstream());
    let elapsed = run(&checkout, checkout.to(Goal::Production));
    assert!(!checkout.load().state.resources.is_empty());
    elapsed
}

/// Runs a process; from its start to its end.
fn run(checkout: &Checkout, mut command: Command) -> Duration {
    let started = Instant::now();
    let status = command.status().expect("the program starts");
    let elapsed = started.elapsed();
    assert!(status.success(), "{}", checkout.said());
    elapsed
}

/// Returns the time from the first change to the last answer, and for how long of it at least one call was in progress.
fn busy(recording: &[Exchange]) -> (Duration, Duration) {
    let mut calls: Vec<_> = recording.iter().map(|call| (call.asked, call.answered)).collect();
    calls.sort();
    let changes = recording.iter().filter(|call| call.request.changes());
    let first = changes.map(|call| call.asked).min().expect("a deploy changes something");
    let mut end = first;
    let mut called = Duration::ZERO;
    for (asked, answered) in calls {
        called += answered.saturating_sub(asked.max(end));
        end = end.max(answered);
    }
    (end - first, called)
}
