//! Every crash of one program, and two runs at once.

use groundplan::Environment;
use groundplan_engine::execute::{Cancellation, ExecuteError, ExecuteOptions, execute};
use groundplan_engine::model::LockOwner;
use groundplan_engine::plan::PlanError;
use groundplan_engine::{Error, StateStore};
use groundplan_simulator::Faults;

use crate::disk::How;
use crate::programs::{self, Target};
use crate::world::{Disturbance, Ended, Manner, World, virtually};

/// Brings about all versions of the small program, disturbs the way to `version`, and resumes;
/// with each disturbance that `disturb` makes out of 0, 1, 2 …, until one comes too late.
fn survives_all(version: usize, disturb: impl Fn(usize) -> Disturbance) {
    let steps = survives(&programs::small(), version, disturb);
    assert!(steps > 20, "a run is over after {steps} steps");
}

/// As [`survives_all`], of other versions; gives the number of disturbances.
fn survives(versions: &[Target], version: usize, disturb: impl Fn(usize) -> Disturbance) -> usize {
    for number in 0.. {
        let disturbance = disturb(number);
        let late = virtually(async {
            let mut world = World::new(7);
            for target in &versions[..version] {
                assert!(world.resume(target).await);
            }
            world.suffer(Faults::default());
            let ended = world.run(&versions[version], Manner::default(), disturbance).await;
            assert!(world.resume(&versions[version]).await);
            matches!(ended, Ended::Saved(outcome) if outcome.succeeded())
        });
        if late {
            return number;
        }
    }
    unreachable!("every run comes to an end")
}

#[test]
fn a_first_deploy_survives_a_crash_at_every_await() {
    survives_all(0, Disturbance::poll);
}

#[test]
fn changes_replacements_and_moves_survive_a_crash_at_every_await() {
    survives_all(1, Disturbance::poll);
}

#[test]
fn a_move_to_another_region_under_the_same_name_survives_a_crash_at_every_await() {
    let version = |region| {
        let properties = serde_json::json!({"LogGroupName": "/shop/api"});
        let mut program = programs::assembled([("logs", "AWS::Logs::LogGroup", properties)]);
        program.stacks.insert("a".into(), Environment::new(region));
        Target::Deployed(program)
    };
    let steps = survives(&[version("eu-west-1"), version("us-east-1")], 1, Disturbance::poll);
    assert!(steps > 5, "a run is over after {steps} steps");
}

#[test]
fn a_destroy_survives_a_crash_at_every_await() {
    survives_all(2, Disturbance::poll);
}

#[test]
fn every_prefix_of_every_write_is_enough_to_go_on_from() {
    for version in 0..3 {
        const CUTS: [usize; 6] = [0, 1, 2, 3, 5, 12];
        survives_all(version, |number| Disturbance::write(1 + number / 6, How::Crashes, CUTS[number % 6]));
    }
}

#[test]
fn every_write_may_be_refused_once_or_from_then_on() {
    for version in 0..3 {
        for how in [How::Refused, How::Full] {
            survives_all(version, |number| Disturbance::write(1 + number / 3, how, number % 3));
        }
    }
}

#[test]
fn nothing_is_asked_for_once_the_journal_cannot_be_written() {
    virtually(async {
        let mut world = World::new(7);
        let version = &programs::small()[0];
        // The second write has the first intents; none of them is on the disk.
        world.run(version, Manner::default(), Disturbance::write(3, How::Full, 0)).await;
        assert!(world.cloud.calls().is_empty(), "{:?}", world.cloud.calls());
    });
}

#[test]
fn of_two_runs_at_once_one_deploys_and_the_other_hears_who_does() {
    for seed in 0..50 {
        virtually(async {
            let mut world = World::new(seed);
            world.suffer(Faults { latency: std::time::Duration::from_millis(10 + seed), ..Faults::default() });
            let target = &programs::small()[0];
            let (first, second) =
                tokio::join!(locked_run(&world, target, "first"), locked_run(&world, target, "second"));
            first.expect("the first run holds the lock");
            let refused = second.expect_err("the second run does not").to_string();
            assert!(matches!(&*refused, text if text.contains("`first`")), "{refused}");
            crate::invariants::hold(&world, target).await;
        });
    }
}

#[test]
fn a_run_that_planned_before_another_one_has_ended_is_refused() {
    virtually(async {
        let mut world = World::new(1);
        let versions = programs::small();
        assert!(world.resume(&versions[0]).await);
        let loaded = world.load(&versions[1]).await;
        let planned = world.plan(&versions[1], &loaded, Manner::default()).await.expect("the cloud answers");
        assert!(world.resume(&versions[2]).await);
        let loaded = world.load(&versions[1]).await;
        let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
        let options = ExecuteOptions { delete_data: true, ..options };
        let run = execute(&planned.plan, loaded, &world.cloud, &world.disk, &options, &(), &cancellation);
        assert!(matches!(run.await, Err(ExecuteError::Refused(Error::Plan(PlanError::Stale { .. })))));
        crate::invariants::hold(&world, &versions[2]).await;
    });
}

/// A run as the command line makes it: the lock is held from before loading until after saving.
async fn locked_run(world: &World, target: &Target, name: &str) -> Result<(), Error> {
    let holder = LockOwner::new(name);
    let lock = world.disk.lock(&holder).await?;
    let loaded = world.load(target).await;
    let planned = world.plan(target, &loaded, Manner::default()).await?;
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&planned.plan, loaded, &world.cloud, &world.disk, &options, &(), &cancellation);
    let outcome = run.await.expect("nobody else runs");
    assert!(outcome.succeeded());
    lock.release().await
}
