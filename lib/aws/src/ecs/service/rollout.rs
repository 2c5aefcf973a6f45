//! The progress of the deployment of a service's revision.
//!
//! A service that the circuit breaker has rolled back is in a steady state again, and one whose tasks stop as soon as
//! they run never gets into one. Neither has what the program asked for: the deployment itself tells.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_ecs::types::{Deployment, DeploymentRolloutState, Service as Live};
use groundplan_engine::provider::Status;
use tokio::time::Instant;

use super::live::is_of;
use super::stops::{Stops, stopped};
use super::{DRAINING, Service};
use crate::ecs::name_of;
use crate::error::Result;
use crate::handler::Context;

/// The time by which a response of ECS may be older than the call that began a deployment.
const STALE: Duration = Duration::from_secs(60);

/// The most events that a failure names.
const NAMED_EVENTS: usize = 5;

/// The deployments that calls of this process have begun, by the ARN of their service.
#[derive(Debug, Default)]
pub(super) struct Deployments(Mutex<BTreeMap<String, Begun>>);

#[derive(Clone, Debug)]
struct Begun {
    id: String,
    at: Instant,
    /// `true` if a later response has contained it: from then on, it does not disappear without a reason.
    is_seen: bool,
}

impl Deployments {
    /// Remembers the deployment that the answer to a create or update shows.
    pub(super) fn remember(&self, service: &Live) {
        if let (Some(arn), Some(id)) = (service.service_arn(), primary(service).and_then(|it| it.id())) {
            let begun = Begun { id: id.to_owned(), at: Instant::now(), is_seen: false };
            self.with(|all| all.insert(arn.to_owned(), begun));
        }
    }

    /// The deployment of a service, and whether answers have to show it by now.
    fn of(&self, service: &Live) -> Option<(String, bool)> {
        let arn = service.service_arn()?;
        self.with(|all| {
            let begun = all.get_mut(arn)?;
            begun.is_seen |= service.deployments().iter().any(|it| it.id() == Some(&begun.id));
            Some((begun.id.clone(), begun.is_seen || begun.at.elapsed() >= STALE))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Begun>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn primary(service: &Live) -> Option<&Deployment> {
    service.deployments().iter().find(|it| it.status() == Some("PRIMARY"))
}

/// The result of a deployment.
#[derive(Debug)]
enum Verdict<'a> {
    Completed,
    /// It is under way.
    UnderWay(&'a Deployment),
    /// ECS does not show it yet.
    Unseen,
    /// It has failed, and another one may have taken its place.
    Failed(Option<&'a Deployment>),
}

/// The status of a service; none where the deployment of its revision is complete.
pub(super) async fn status(cx: &Context, cluster: &str, service: &Live, last: &Service) -> Result<Option<Status>> {
    if service.status() == Some(DRAINING) {
        let tasks = service.running_count + service.pending_count;
        return Ok(Some(Status::Deleting(format!("{DRAINING}, {tasks} tasks are left"))));
    }
    let begun = cx.memory.of::<Deployments>().of(service);
    let deployment = match verdict(service, last, begun) {
        Verdict::Completed => return Ok(None),
        Verdict::Unseen => return Ok(Some(Status::Pending("its deployment is not visible yet".to_owned()))),
        Verdict::Failed(deployment) => {
            let stops = stopped(cx, cluster, service, deployment).await?;
            return Ok(Some(Status::Failed(failure(service, last, deployment, &stops))));
        }
        Verdict::UnderWay(deployment) => deployment,
    };
    let stops = stopped(cx, cluster, service, Some(deployment)).await?;
    // The circuit breaker decides where there is one, and puts the last revision back.
    let failures = stops.count.max(usize::try_from(deployment.failed_tasks).unwrap_or_default());
    if !is_guarded(service) && failures >= tolerated(deployment.desired_count) && !is_full(deployment) {
        return Ok(Some(Status::Failed(failure(service, last, Some(deployment), &stops))));
    }
    Ok(Some(Status::Pending(progress(service, deployment, failures))))
}

/// Returns the result of the deployment that this process began, or else of the one of the declared task definition.
fn verdict<'a>(service: &'a Live, last: &Service, begun: Option<(String, bool)>) -> Verdict<'a> {
    let Some(primary) = primary(service) else { return Verdict::Unseen };
    let declared = |it: &&Deployment| match (&last.task_definition, it.task_definition()) {
        (Some(declared), Some(arn)) => is_of(declared, arn),
        _ => true,
    };
    let (ours, is_due) = match &begun {
        Some((id, is_due)) => (service.deployments().iter().find(|it| it.id() == Some(id)), *is_due),
        None => (Some(primary).filter(declared).or_else(|| service.deployments().iter().find(declared)), true),
    };
    match ours {
        None if is_due => Verdict::Failed(None),
        None => Verdict::Unseen,
        Some(ours) if ours.id() != primary.id() => Verdict::Failed(Some(ours)),
        Some(ours) => match &ours.rollout_state {
            Some(DeploymentRolloutState::Completed) => Verdict::Completed,
            Some(DeploymentRolloutState::Failed) => Verdict::Failed(Some(ours)),
            // It has none behind a classic load balancer (API_Deployment): then it is complete where the waiter
            // `ServicesStable` of the SDKs says so.
            None if service.deployments().len() == 1 && is_full(ours) => Verdict::Completed,
            _ => Verdict::UnderWay(ours),
        },
    }
}

fn is_full(deployment: &Deployment) -> bool {
    deployment.running_count >= deployment.desired_count
}

fn is_guarded(service: &Live) -> bool {
    let breaker = service.deployment_configuration().and_then(|it| it.deployment_circuit_breaker());
    breaker.is_some_and(|breaker| breaker.enable)
}

/// After how many failures ECS's circuit breaker would end a deployment by default.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentCircuitBreaker.html>
fn tolerated(desired_count: i32) -> usize {
    usize::try_from(desired_count).unwrap_or_default().div_ceil(2).clamp(3, 200)
}

/// As in `deploying web:8: 1 of 2 tasks run, 1 is pending, 2 have failed; 2 of other revisions run`.
fn progress(service: &Live, deployment: &Deployment, failures: usize) -> String {
    let Deployment { running_count, pending_count, desired_count, .. } = deployment;
    let revision = deployment.task_definition().map_or("the service", name_of);
    let mut text =
        format!("deploying {revision}: {running_count} of {desired_count} tasks running, {pending_count} pending");
    if failures > 0 {
        text += &format!(", {failures} failed");
    }
    let others: i32 =
        service.deployments().iter().filter(|it| it.id() != deployment.id()).map(|it| it.running_count).sum();
    if others > 0 {
        text += &format!("; {others} of earlier revisions running");
    }
    text
}

/// Returns the reason of a failed deployment, the revision that runs instead, and the last events of ECS.
fn failure(service: &Live, last: &Service, deployment: Option<&Deployment>, stops: &Stops) -> String {
    let revision = |it: &Deployment| it.task_definition().map(|arn| name_of(arn).to_owned());
    let wanted =
        deployment.and_then(revision).or_else(|| last.task_definition.as_deref().map(|it| name_of(it).to_owned()));
    let wanted = wanted.as_deref().unwrap_or("the service");
    let running = primary(service).filter(|primary| deployment.is_none_or(|it| it.id() != primary.id()));
    let running = running.and_then(revision).map(|running| format!("; the service runs {running}")).unwrap_or_default();
    let reason = deployment.and_then(|it| it.rollout_state_reason()).map(|reason| reason.trim_end_matches('.'));
    let mut text = match deployment.map(|it| it.rollout_state.as_ref()) {
        Some(Some(DeploymentRolloutState::Failed)) => {
            format!("the deployment of {wanted} failed: {}{running}", reason.unwrap_or("ECS gives no reason"))
        }
        Some(_) if running.is_empty() => format!("the deployment of {wanted} failed: its tasks keep stopping"),
        _ => format!("the deployment of {wanted} was rolled back, or another one has taken its place{running}"),
    };
    if !stops.reasons.is_empty() {
        text += &format!("; stopped tasks: {}", stops.reasons.join(", "));
    }
    let since = deployment.and_then(|it| it.created_at());
    let events = service.events().iter().filter(|event| since.is_none_or(|since| event.created_at() >= Some(since)));
    let events: Vec<_> = events.filter_map(|event| event.message()).take(NAMED_EVENTS).collect();
    if !events.is_empty() {
        text += &format!("; last events: {}", events.join(" "));
    }
    text
}
