//! A service that never runs twice, with two tasks.
use groundplan::containers::{EcsClusterRef, FargateService, TaskDefinition};

fn scheduler(cluster: EcsClusterRef, task: TaskDefinition) {
    let _ = FargateService::singleton(cluster, task).desired_count(2);
}

fn main() {}
