//! Production of the checkout, repeatedly killed during a deploy, with a cloud whose answers get lost: the next run
//! continues, and in the end the account contains exactly what the program declares.
//!
//! Real processes against a moto behind a proxy, and boto3 to inspect the account. What the engine does at every single
//! await and after every write is the simulation's (`tests/tests/simulation`).
//!
//! `GROUNDPLAN_SEED` plays one seed, which a failure names.

#![expect(clippy::print_stderr, reason = "failing seeds are told to who runs the tests")]

mod support {
    pub(crate) mod account;
    pub(crate) mod client;
    pub(crate) mod process;
}

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use groundplan_engine::State;
use groundplan_engine::model::{Operation, ResourceStatus};
use groundplan_moto::{Dice, Faults, Moto, Proxy};
use serde_json::Value as Json;
use support::account::account;
use support::client::client;
use support::process::{Checkout, Goal};

const SIGKILL: i32 = 9;

/// The number of processes that are killed before the last one may finish.
const KILLS: usize = 25;

/// The maximum number of kills on one way: on a slow machine as well, some die on each.
const KILLS_ON_ONE_WAY: usize = 8;

#[test]
fn a_deploy_that_is_killed_again_and_again_comes_to_the_same_account() {
    seeded("killed", &[1], |seed| {
        let mut world = World::new();
        let clean = world.clean();
        world.dice = Dice::new(seed);
        let mut hit = Hit::default();
        let goals = [Goal::Production, Goal::Changed, Goal::Nothing];
        for goal in goals.into_iter().cycle() {
            let last = KILLS.min(hit.kills + KILLS_ON_ONE_WAY);
            while hit.kills < last && !world.killed_on_the_way_to(goal, &mut hit) {}
            world.converges(goal, &clean);
            if hit.kills == KILLS {
                break;
            }
        }
        world.converges(Goal::Production, &clean);
        eprintln!("{hit:?}");
        hit.assert_spread();
        world.converges(Goal::Changed, &clean);
        world.converges(Goal::Nothing, &clean);
    });
}

#[test]
fn a_deploy_whose_answers_get_lost_comes_to_the_same_account() {
    let mut world = World::new();
    let clean = world.clean();
    seeded("lost", &[1, 2], |seed| {
        world.dice = Dice::new(seed);
        let mut hit = Hit::default();
        let faults = |seed| Faults { seed, lost: 10, failed: 5, refused: 5 };
        for (round, goal) in [Goal::Production, Goal::Changed, Goal::Nothing].into_iter().enumerate() {
            world.proxy.disturb(faults(seed * 10 + round as u64));
            // Some of them are killed as well.
            world.killed_on_the_way_to(goal, &mut hit);
            // A run may come to the end of its patience; the next one goes on.
            for _ in 0..3 {
                if world.checkout.to(goal).status().expect("the program starts").success() {
                    break;
                }
            }
            world.proxy.calm();
            world.converges(goal, &clean);
        }
        let exchanges = world.proxy.take_exchanges();
        let faults = exchanges.iter().filter(|exchange| exchange.fault.is_some()).count();
        eprintln!("{faults} of {} calls went wrong", exchanges.len());
        assert!(faults > 30, "{faults} faults");
    });
}

/// A main thread has a megabyte of stack on Windows, and a thread of a test two: what overflows it
/// dies without a word.
#[test]
fn a_deploy_fits_a_megabyte_of_stack() {
    let moto = Moto::start_without_managed_policies();
    let directory = tempfile::tempdir().expect("a directory");
    let checkout = Checkout::new(moto.url(), directory.path());
    let deploys = [Goal::Production, Goal::Changed, Goal::Nothing].map(|goal| checkout.to(goal));
    for command in std::iter::once(checkout.upstream()).chain(deploys) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -s 1024 && exec \"$0\" \"$@\""]);
        shell.arg(command.get_program()).args(command.get_args());
        shell.env_clear().current_dir(directory.path());
        let output = shell.output().expect("a shell starts");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Plays `seeds`, or the requested one, and reports how to play a failing one again.
fn seeded(name: &str, seeds: &[u64], mut play: impl FnMut(u64)) {
    struct Replay<'a>(&'a str, u64);
    impl Drop for Replay<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let Self(name, seed) = self;
                eprintln!("GROUNDPLAN_SEED={seed} cargo test --workspace --test crash {name} -- --nocapture");
            }
        }
    }
    let asked = std::env::var("GROUNDPLAN_SEED").ok().map(|seed| vec![seed.parse().expect("a number")]);
    for seed in asked.as_deref().unwrap_or(seeds) {
        let _replay = Replay(name, *seed);
        play(*seed);
    }
}

/// An account, and the processes that deploy to it.
struct World {
    dice: Dice,
    moto: Moto,
    proxy: Proxy,
    checkout: Checkout,
    _directory: tempfile::TempDir,
}

/// The content of an account without disturbances.
struct Clean {
    production: Seen,
    changed: Seen,
    nothing: Seen,
}

/// An account as boto3 sees it.
#[derive(PartialEq)]
struct Seen {
    /// Everything of the app, by path.
    ours: String,
    /// The number of resources of each kind, regardless of their creator.
    counts: Json,
}

/// The work that was in progress when processes were killed.
#[derive(Debug, Default)]
struct Hit {
    kills: usize,
    before_the_first_call: usize,
    creates: usize,
    updates: usize,
    deletes: usize,
    /// Creates of what takes the place of something else.
    replacements: usize,
    /// Nothing under way: while planning, or between two waves.
    quiet: usize,
}

impl World {
    fn new() -> Self {
        let moto = Moto::start();
        let proxy = Proxy::start(&moto);
        let directory = tempfile::tempdir().expect("a directory");
        let checkout = Checkout::new(proxy.url(), directory.path());
        let world = Self { dice: Dice::new(0), moto, proxy, checkout, _directory: directory };
        world.succeeds(world.checkout.upstream());
        world
    }

    /// Goes the whole way once without trouble.
    fn clean(&self) -> Clean {
        let nothing = client(&self.moto, "count");
        let [production, changed, ours] = [Goal::Production, Goal::Changed, Goal::Nothing].map(|goal| {
            self.succeeds(self.checkout.to(goal));
            self.see()
        });
        assert_eq!(ours.counts, nothing);
        // The states of the rounds to come have nothing to do with this one.
        std::fs::remove_dir_all(self.checkout.place().join("checkout-prod")).expect("it was just written");
        self.proxy.take_exchanges();
        Clean { production, changed, nothing: ours }
    }

    fn see(&self) -> Seen {
        let state = self.checkout.load().state;
        Seen { ours: account(&self.moto, &state), counts: client(&self.moto, "count") }
    }

    /// Starts a process and kills it after some of its calls, or before them all. Whether it had ended
    /// before.
    fn killed_on_the_way_to(&mut self, goal: Goal, hit: &mut Hit) -> bool {
        let calls = if self.dice.below(6) == 0 { 0 } else { self.dice.below(80) as usize };
        let pause = Duration::from_millis(self.dice.below(if calls == 0 { 25 } else { 60 }));
        let before = self.proxy.arrived();
        let mut process = self.checkout.to(goal).spawn().expect("the program starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.proxy.arrived() < before + calls && !has_ended(&mut process) {
            assert!(Instant::now() < deadline, "it neither calls nor ends");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(pause);
        let calls = self.proxy.arrived() - before;
        process.kill().expect("it is ours");
        let status = process.wait().expect("it is ours");
        // What was on its way still has its effect. That the next run starts later than that is
        // what the engine waits for itself in AWS, for longer than a test may take.
        self.proxy.settle();
        if status.signal() == Some(SIGKILL) {
            let state = self.checkout.load().state;
            hit.count(goal, calls, &state);
            return false;
        }
        true
    }

    /// One more run, undisturbed; then the account is what it is without any trouble, and the
    /// program finds nothing to do.
    #[track_caller]
    fn converges(&self, goal: Goal, clean: &Clean) {
        self.succeeds(self.checkout.to(goal));
        let seen = self.see();
        let expected = match goal {
            Goal::Production => &clean.production,
            Goal::Changed => &clean.changed,
            Goal::Nothing => &clean.nothing,
        };
        assert_eq!(seen.counts, expected.counts, "{goal:?}");
        assert!(seen.ours == expected.ours, "{goal:?}: the account is\n{}\nand not\n{}", seen.ours, expected.ours);
        let state = self.checkout.load().state;
        assert!(state.pending.is_empty() && state.deposed.is_empty(), "{state:?}");
        if goal != Goal::Nothing {
            self.succeeds(self.checkout.command(goal, &["plan", "--detailed-exitcode", "--refresh"]));
        }
    }

    #[track_caller]
    fn succeeds(&self, mut command: Command) {
        let status = command.status().expect("the program starts");
        assert!(status.success(), "{command:?} ends with {status}:\n{}", self.checkout.said());
    }
}

fn has_ended(process: &mut Child) -> bool {
    process.try_wait().expect("it is ours").is_some()
}

impl Hit {
    fn count(&mut self, goal: Goal, calls: usize, state: &State) {
        self.kills += 1;
        let is_create = |operation: &Operation| matches!(operation, Operation::Create { .. });
        let creates = state.pending.values().filter(|intent| is_create(&intent.operation)).count();
        let deposed = state.deposed.iter().map(|old| &old.resource);
        let resources = || state.resources.values().chain(deposed.clone());
        let deletes = resources().any(|resource| resource.status == ResourceStatus::Deleting);
        let updates = creates < state.pending.len() || resources().any(|it| it.status == ResourceStatus::Updating);
        self.before_the_first_call += usize::from(calls == 0);
        self.creates += usize::from(creates > 0);
        self.updates += usize::from(updates);
        self.deletes += usize::from(deletes);
        let again = state.pending.values().any(|intent| intent.generation().is_some_and(|generation| generation > 1));
        self.replacements += usize::from(again && goal == Goal::Changed);
        self.quiet += usize::from(creates == 0 && !updates && !deletes);
    }

    fn assert_spread(&self) {
        assert_eq!(self.kills, KILLS);
        assert!(self.before_the_first_call > 0, "{self:?}");
        assert!(self.kills - self.quiet >= KILLS / 2, "too few were hit in the middle: {self:?}");
        assert!(self.creates > 0 && self.deletes > 0 && self.updates + self.replacements > 0, "{self:?}");
    }
}
