//! A plan's work grows with the program, and not faster: counted in allocations, which are the
//! same on every machine. The only test of its process, since the allocator is the process's.

#[path = "../../examples/src/bin/layered/graph.rs"]
mod graph;

use std::alloc::System;

use graph::layered;
use groundplan_testing::Cloud;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and bytes of `work`.
fn cost(work: impl FnOnce()) -> (usize, usize) {
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    (change.allocations + change.reallocations, change.bytes_allocated)
}

#[test]
fn ten_times_the_resources_take_ten_times_the_allocations() {
    // What is read once in a process is not counted.
    Cloud::new().deploy(&layered(20, ""));
    let [few, many] = [100, 1000].map(|resources| {
        let cloud = Cloud::new();
        let first_deploy = cost(|| drop(cloud.deploy(&layered(resources, ""))));
        let plan = cost(|| assert!(cloud.plan(&layered(resources, "")).is_empty()));
        let one_change = cost(|| drop(cloud.deploy(&layered(resources, "another"))));
        [("first deploy", first_deploy), ("plan", plan), ("one change", one_change)]
    });
    for ((what, few), (_, many)) in few.into_iter().zip(many) {
        assert!(many.0 < 12 * few.0 && many.1 < 12 * few.1, "{what}: {few:?}, and for ten times as many {many:?}");
    }
}
