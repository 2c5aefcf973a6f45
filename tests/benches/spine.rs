//! The stages in process, on the production checkout: `cargo bench -p groundplan-tests`.

#[path = "../../examples/src/bin/layered/graph.rs"]
mod graph;

use apps::checkout::{Settings, checkout};
use groundplan_testing::{Cloud, assembly};

fn main() {
    divan::main();
}

/// The program and its assembly.
#[divan::bench]
fn synth(bencher: divan::Bencher<'_, '_>) {
    bencher.bench_local(|| assembly(&checkout(&Settings::prod())));
}

/// A program of 10,000 named resources.
#[divan::bench(sample_count = 10)]
fn synth_of_10_000(bencher: divan::Bencher<'_, '_>) {
    let app = graph::layered(10_000, "");
    bencher.bench_local(|| assembly(&app));
}

/// The assembly as text.
#[divan::bench]
fn assembly_to_json(bencher: divan::Bencher<'_, '_>) {
    let assembly = assembly(&checkout(&Settings::prod()));
    bencher.bench_local(|| assembly.to_json());
}

/// A plan that finds nothing to do.
#[divan::bench]
fn plan_without_changes(bencher: divan::Bencher<'_, '_>) {
    let app = checkout(&Settings::prod());
    let cloud = Cloud::new();
    cloud.deploy(&app);
    bencher.bench_local(|| assert!(cloud.plan(&app).is_empty()));
}

/// A deploy of everything into an empty simulated account.
#[divan::bench]
fn simulated_deploy(bencher: divan::Bencher<'_, '_>) {
    let app = checkout(&Settings::prod());
    bencher.with_inputs(Cloud::new).bench_local_values(|cloud| cloud.deploy(&app));
}
