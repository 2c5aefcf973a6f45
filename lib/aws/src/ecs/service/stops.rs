//! Tasks of a deployment that have stopped by themselves, and why.

use aws_sdk_ecs::types::{Deployment, DesiredStatus, Service as Live, Task, TaskStopCode};

use crate::error::Result;
use crate::handler::Context;

/// The maximum number of tasks that one call lists and describes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
const PAGE: i32 = 100;

/// The maximum number of reasons that a failure names.
const NAMED_REASONS: usize = 5;

/// The tasks that have stopped though nobody wanted that.
#[derive(Debug, Default)]
pub(super) struct Stops {
    pub(super) count: usize,
    /// Each reason once, the latest first, with how many tasks it stopped.
    pub(super) reasons: Vec<String>,
}

/// Those of a deployment, or of the whole service. ECS shows tasks for an hour after they have stopped.
pub(super) async fn stopped(
    cx: &Context,
    cluster: &str,
    service: &Live,
    deployment: Option<&Deployment>,
) -> Result<Stops> {
    let Some(name) = service.service_name() else { return Ok(Stops::default()) };
    let call = cx.ecs.list_tasks().cluster(cluster).service_name(name).desired_status(DesiredStatus::Stopped);
    let listed = call.max_results(PAGE).send().await?.task_arns.unwrap_or_default();
    if listed.is_empty() {
        return Ok(Stops::default());
    }
    let described = cx.ecs.describe_tasks().cluster(cluster).set_tasks(Some(listed)).send().await?;
    let mut tasks = described.tasks.unwrap_or_default();
    // A task of a service is started by its deployment (API_Task).
    tasks.retain(|task| is_failure(task) && deployment.is_none_or(|it| task.started_by() == it.id()));
    tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at.map(|at| (at.secs(), at.subsec_nanos()))));
    Ok(Stops { count: tasks.len(), reasons: reasons(&tasks) })
}

/// Returns whether a task failed, and was not stopped by a deployment, by scaling or by a user.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>
fn is_failure(task: &Task) -> bool {
    match &task.stop_code {
        Some(TaskStopCode::TaskFailedToStart | TaskStopCode::EssentialContainerExited) => true,
        Some(TaskStopCode::ServiceSchedulerInitiated) => {
            task.stopped_reason().is_some_and(|reason| reason.to_ascii_lowercase().contains("health check"))
        }
        _ => false,
    }
}

fn reasons(tasks: &[Task]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for reason in tasks.iter().map(reason) {
        match counted.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, count)) => *count += 1,
            None => counted.push((reason, 1)),
        }
    }
    counted.into_iter().take(NAMED_REASONS).map(|(reason, count)| format!("{count} × {reason}")).collect()
}

/// As in `Essential container in task exited (web: exit code 137, OutOfMemoryError: …)`.
fn reason(task: &Task) -> String {
    let reason = task.stopped_reason().unwrap_or("stopped without a reason");
    let containers = task.containers().iter().filter_map(|container| {
        let code = container.exit_code().filter(|code| *code != 0).map(|code| format!("exit code {code}"));
        let reason = container.reason().map(str::to_owned);
        let said: Vec<_> = code.into_iter().chain(reason).collect();
        (!said.is_empty()).then(|| format!("{}: {}", container.name().unwrap_or("a container"), said.join(", ")))
    });
    let containers: Vec<_> = containers.collect();
    match containers.is_empty() {
        true => reason.to_owned(),
        false => format!("{reason} ({})", containers.join("; ")),
    }
}
