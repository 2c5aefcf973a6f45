//! The duration of a deploy on virtual time, compared with the minimum and with an engine that waits for everything.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use apps::checkout::{Settings, checkout};
use groundplan::{Assembly, Path};
use groundplan_engine::Provider;
use groundplan_engine::execute::TimingReport;
use groundplan_simulator::Simulator;
use groundplan_testing::assembly;

use crate::programs::{self, Target};
use crate::world::{Disturbance, Ended, Manner, World, virtually};

/// The number of resources that other tools process at a time: Terraform's default.
const OTHERS: usize = 10;

#[test]
fn a_deploy_takes_its_critical_path_and_two_hundredths_at_most() {
    let checkouts = [Settings::dev(), Settings::stage(), Settings::prod()];
    for program in checkouts.iter().map(|settings| assembly(&checkout(settings))).chain([programs::edge()]) {
        let lasting = lasting(&program);
        let critical = critical_path(&program, &lasting);
        let waiting = waiting_for_everything(&program, &lasting, OTHERS);
        let (took, timing) = took(program.clone());
        let times = took.as_secs_f64() / critical.as_secs_f64();
        println!(
            "{}: {} resources, critical path {critical:?}, deployed in {took:?}, {times:.3} × that; waiting for every \
             dependency to be ready, {OTHERS} at a time: {waiting:?}",
            program.app,
            program.resources.len(),
        );
        assert!(times <= 1.02, "{}: {took:?} and the critical path is {critical:?}", program.app);
        assert!(waiting >= critical);
        // What the report of the deploy says is measured: what becomes ready is seen by the next look.
        assert!(timing.critical_path <= took, "{timing:?}");
        assert!(timing.waiting_for_all >= waiting, "{timing:?}, and as documented {waiting:?}");
        assert!(timing.waited);
    }
}

/// Returns the duration of a first deploy on virtual time, and its report.
fn took(program: Assembly) -> (Duration, TimingReport) {
    virtually(async {
        let mut world = World::new(0);
        match world.run(&Target::Deployed(program), Manner::default(), Disturbance::default()).await {
            Ended::Saved(outcome) if outcome.succeeded() => {
                (outcome.elapsed, outcome.timing.expect("every step was done"))
            }
            _ => panic!("it is not deployed: {:#?}", world.trace),
        }
    })
}

/// Returns the time of each resource from acceptance to readiness.
fn lasting(program: &Assembly) -> BTreeMap<Path, Duration> {
    let simulator = Simulator::in_memory(0);
    let lasts = program.resources.iter().map(|(path, entry)| {
        let known = entry.properties.iter().filter(|(_, value)| value.is_known());
        let known = known.map(|(name, value)| (name.clone(), value.to_json())).collect();
        (path.clone(), simulator.provisioning(&entry.type_name, &known))
    });
    lasts.collect()
}

/// The longest chain of resources: what takes a value that is known early starts when that is
/// accepted, everything else when it is ready.
fn critical_path(program: &Assembly, lasting: &BTreeMap<Path, Duration>) -> Duration {
    let simulator = Simulator::in_memory(0);
    let mut accepted: BTreeMap<Path, Duration> = BTreeMap::new();
    let mut ready: BTreeMap<Path, Duration> = BTreeMap::new();
    for path in in_order(program) {
        let entry = &program.resources[&path];
        let starts = program.dependencies(&path).into_iter().map(|dependency| {
            let behavior = simulator.behavior(&program.resources[&dependency].type_name);
            let early = behavior.map_or(&[][..], |behavior| behavior.early_outputs);
            let references = entry.references();
            let mut taken = references.iter().filter(|reference| reference.path == dependency);
            let all_early = taken.all(|reference| early.contains(&&*reference.attribute));
            let enough = if all_early && !entry.depends_on.contains(&dependency) { &accepted } else { &ready };
            enough[&dependency]
        });
        let start = starts.max().unwrap_or_default();
        ready.insert(path.clone(), start + lasting[&path]);
        accepted.insert(path, start);
    }
    ready.into_values().max().unwrap_or_default()
}

/// Returns the time to create everything if each resource waits until all its dependencies are ready, and this number
/// is created at a time: in the order of their paths, without knowledge of their durations.
fn waiting_for_everything(program: &Assembly, lasting: &BTreeMap<Path, Duration>, at_a_time: usize) -> Duration {
    let mut open: BTreeMap<&Path, BTreeSet<Path>> =
        program.resources.keys().map(|path| (path, program.dependencies(path))).collect();
    let mut running: BinaryHeap<Reverse<(Duration, Path)>> = BinaryHeap::new();
    let mut now = Duration::ZERO;
    loop {
        while running.len() < at_a_time {
            let free = open.iter().find(|(_, waits)| waits.is_empty()).map(|(path, _)| (*path).clone());
            let Some(path) = free else { break };
            open.remove(&path);
            running.push(Reverse((now + lasting[&path], path)));
        }
        let Some(Reverse((end, done))) = running.pop() else { return now };
        now = end;
        for waits in open.values_mut() {
            waits.remove(&done);
        }
    }
}

fn in_order(program: &Assembly) -> Vec<Path> {
    let mut order: Vec<Path> = Vec::new();
    let mut done: BTreeSet<Path> = BTreeSet::new();
    while order.len() < program.resources.len() {
        let free = |path: &&Path| !done.contains(*path) && program.dependencies(path).is_subset(&done);
        let wave: Vec<Path> = program.resources.keys().filter(free).cloned().collect();
        done.extend(wave.iter().cloned());
        order.extend(wave);
    }
    order
}
