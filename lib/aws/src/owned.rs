//! Finds resources with the tags of an app, before its first deploy; and the owner of a resource whose own read does
//! not return its tags.
//!
//! Resources with the app's tags show that a state is lost. But a destroy keeps some on purpose, and AWS continues to
//! list others for hours or days, so a tag alone proves nothing: [`exists`] reads the resources of each type with such
//! a delay.

use std::future::Future;

use aws_sdk_kms::types::KeyState;
use aws_sdk_resourcegroupstagging::config::Region;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use groundplan_core::partition;
use groundplan_engine::provider::{ErrorClass, Owner};

use crate::config::Clients;
use crate::error::{Error, OrNone, Result};
use crate::tags::{APP, Tags};

/// Resources that may have the tag of an app without a lost state, by the beginning of the part of the ARN that follows
/// the account:
///
/// - snapshots, backups and what is retained of a deleted database. A destroy makes them;
/// - tasks of ECS, which stop by themselves after their service.
const LEFT_OUT: [(&str, &str); 11] = [
    ("backup", "recovery-point"),
    ("ec2", "snapshot"),
    ("ecs", "task"),
    ("ecs", "task-set"),
    ("elasticache", "snapshot"),
    ("fsx", "backup"),
    ("memorydb", "snapshot"),
    ("rds", "auto-backup"),
    ("rds", "cluster-auto-backup"),
    ("rds", "cluster-snapshot"),
    ("rds", "snapshot"),
];

/// The ARNs of what carries the tag of `app` in the region of these clients and exists, of those types whose
/// tags the Resource Groups Tagging API knows: most of the stateful or costly ones, and not IAM's
/// roles. Not all of them: that there is one is what matters.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
pub(crate) async fn owned(clients: &Clients, app: &str) -> Result<Vec<String>> {
    let filter = TagFilter::builder().key(APP).values(app).build();
    let mut pages = clients.tagging.get_resources().tag_filters(filter).into_paginator().send();
    // What nobody may look at may exist, but says nothing where something else does.
    let mut denied = None;
    while let Some(page) = pages.next().await {
        let arns = page?.resource_tag_mapping_list.unwrap_or_default().into_iter().filter_map(|it| it.resource_arn);
        let (asked, mut found): (Vec<_>, Vec<_>) =
            arns.filter(|arn| !is_left_out(arn)).partition(|arn| lingers(arn).is_some());
        for arn in asked {
            // One is enough.
            if !found.is_empty() {
                break;
            }
            match exists(clients, &arn).await {
                Ok(true) => found.push(arn),
                Ok(false) => {}
                Err(error) if error.class() == ErrorClass::Denied => denied = Some(error),
                Err(error) => return Err(error),
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    denied.map_or_else(|| Ok(Vec::new()), Err)
}

/// The region that knows the tags of global resources, in each partition that has one.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
const HOMES: [(&str, &str); 3] = [("aws", "us-east-1"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1")];

/// Returns the owner of the resource of an ARN, according to the Resource Groups Tagging API; `None` if it has no tags
/// of an app, or the API has no tags of its type.
pub(crate) async fn owner(clients: &Clients, arn: &str) -> Result<Option<Owner>> {
    // `arn:PARTITION:SERVICE:REGION:…`
    let parts: Vec<_> = arn.split(':').collect();
    let client = tagging(clients, parts.get(3) == Some(&""));
    let known = match client.get_resources().resource_arn_list(arn).send().await.map_err(Error::from) {
        Err(error) if error.class() == ErrorClass::Invalid => return Ok(None),
        known => known?.resource_tag_mapping_list.unwrap_or_default(),
    };
    let tags = known.into_iter().filter(|it| it.resource_arn() == Some(arn)).flat_map(|it| it.tags.unwrap_or_default());
    Ok(Tags::read(tags.map(|tag| (tag.key, tag.value))).owner().cloned())
}

/// The same of a resource whose ARN does not follow from its identifier, as of a stage of an API: of what carries the tag
/// of any app, the one of this service whose ARN has all parts of the identifier.
pub(crate) async fn owner_by_parts(
    clients: &Clients,
    service: &str,
    is_global: bool,
    id: &str,
) -> Result<Option<Owner>> {
    let filter = TagFilter::builder().key(APP).build();
    let client = tagging(clients, is_global);
    let mut pages = client.get_resources().tag_filters(filter).into_paginator().send();
    let is_it = |arn: &str| {
        parts(arn).is_some_and(|(of, resource)| {
            let has = |part: &str| resource.split(['/', ':']).any(|step| step == part);
            of == service && id.split('|').all(has)
        })
    };
    while let Some(page) = pages.next().await {
        let listed = page?.resource_tag_mapping_list.unwrap_or_default();
        if let Some(found) = listed.into_iter().find(|it| it.resource_arn().is_some_and(is_it)) {
            let tags = found.tags.unwrap_or_default().into_iter();
            return Ok(Tags::read(tags.map(|tag| (tag.key, tag.value))).owner().cloned());
        }
    }
    Ok(None)
}

fn tagging(clients: &Clients, is_global: bool) -> aws_sdk_resourcegroupstagging::Client {
    let config = clients.tagging.config();
    let own = config.region().map_or("aws", |region| partition(region.as_ref()));
    match HOMES.iter().find(|(of, _)| is_global && *of == own) {
        None => clients.tagging.clone(),
        Some((_, home)) => {
            let config = config.to_builder().region(Region::new(*home)).build();
            aws_sdk_resourcegroupstagging::Client::from_conf(config)
        }
    }
}

/// The service, and what follows the account: `("ec2", "volume/vol-1")`.
fn parts(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    Some((parts.next()?, parts.nth(2)?))
}

fn is_left_out(arn: &str) -> bool {
    let Some((service, resource)) = parts(arn) else { return false };
    let kind = resource.split(['/', ':']).next().unwrap_or_default();
    LEFT_OUT.contains(&(service, kind)) || (service == "redshift" && kind == "snapshot")
}

/// Types that are listed after their deletion, and whose own API shows it.
#[derive(Clone, Copy)]
enum Lingers {
    Cluster,
    Endpoint,
    Fleet,
    HostedZone,
    Instance,
    Key,
    Listener,
    LoadBalancer,
    NatGateway,
    Rule,
    Secret,
    Service,
    TargetGroup,
    TaskDefinition,
    Volume,
}

/// Returns the kind and identifier of a resource whose listing does not prove its existence; `None` if it does.
fn lingers(arn: &str) -> Option<(Lingers, &str)> {
    let (service, resource) = parts(arn)?;
    let (kind, id) = resource.split_once(['/', ':'])?;
    Some(match (service, kind) {
        ("ec2", "fleet") => (Lingers::Fleet, id),
        ("ec2", "instance") => (Lingers::Instance, id),
        ("ec2", "natgateway") => (Lingers::NatGateway, id),
        ("ec2", "volume") => (Lingers::Volume, id),
        ("ec2", "vpc-endpoint") => (Lingers::Endpoint, id),
        ("ecs", "cluster") => (Lingers::Cluster, arn),
        // One of the earlier format lacks its cluster.
        ("ecs", "service") if id.contains('/') => (Lingers::Service, id),
        ("ecs", "task-definition") => (Lingers::TaskDefinition, arn),
        ("elasticloadbalancing", "listener") => (Lingers::Listener, arn),
        ("elasticloadbalancing", "listener-rule") => (Lingers::Rule, arn),
        ("elasticloadbalancing", "targetgroup") => (Lingers::TargetGroup, arn),
        // A classic one has a name alone there.
        ("elasticloadbalancing", "loadbalancer") if id.contains('/') => (Lingers::LoadBalancer, arn),
        ("kms", "key") => (Lingers::Key, arn),
        ("route53", "hostedzone") => (Lingers::HostedZone, id),
        ("secretsmanager", "secret") => (Lingers::Secret, arn),
        _ => return None,
    })
}

/// Returns whether a listed resource exists and is not being deleted. Keys and secrets wait for their deletion for
/// weeks; the other ones are listed for an hour or more after theirs:
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFleets.html>. Clusters, services and task definitions
/// of ECS are inactive then, and task definitions stay so for good:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html>.
async fn exists(clients: &Clients, arn: &str) -> Result<bool> {
    let Some((kind, id)) = lingers(arn) else { return Ok(true) };
    match kind {
        Lingers::Key => {
            let state = state_of(clients.kms.describe_key().key_id(id).send(), |it| {
                it.key_metadata.and_then(|key| key.key_state)
            });
            let state = state.await?;
            Ok(state.is_some_and(|state| {
                !matches!(state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
            }))
        }
        Lingers::Secret => {
            let secret = clients.secrets.describe_secret().secret_id(id).send().await.or_none()?;
            Ok(secret.is_some_and(|secret| secret.deleted_date.is_none()))
        }
        Lingers::NatGateway => {
            let described = clients.ec2.describe_nat_gateways().nat_gateway_ids(id).send();
            let states =
                state_of(described, |it| it.nat_gateways.into_iter().flatten().map(|it| it.state).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Volume => {
            let described = clients.ec2.describe_volumes().volume_ids(id).send();
            let states =
                state_of(described, |it| it.volumes.into_iter().flatten().map(|it| it.state).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Instance => {
            let described = clients.ec2.describe_instances().instance_ids(id).send();
            let states = state_of(described, |it| {
                let instances = it.reservations.into_iter().flatten().flat_map(|it| it.instances.unwrap_or_default());
                instances.map(|it| it.state.and_then(|state| state.name)).collect::<Vec<_>>()
            });
            Ok(any_lives(states.await?))
        }
        Lingers::Fleet => {
            let described = clients.ec2.describe_fleets().fleet_ids(id).send();
            let states =
                state_of(described, |it| it.fleets.into_iter().flatten().map(|it| it.fleet_state).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Endpoint => {
            let described = clients.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send();
            let states =
                state_of(described, |it| it.vpc_endpoints.into_iter().flatten().map(|it| it.state).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Cluster => {
            let described = clients.ecs.describe_clusters().clusters(id).send();
            let states =
                state_of(described, |it| it.clusters.into_iter().flatten().map(|it| it.status).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Service => {
            let (cluster, name) = id.split_once('/').unwrap_or(("default", id));
            let described = clients.ecs.describe_services().cluster(cluster).services(name).send();
            let states =
                state_of(described, |it| it.services.into_iter().flatten().map(|it| it.status).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::TaskDefinition => {
            let described = clients.ecs.describe_task_definition().task_definition(id).send();
            let states =
                state_of(described, |it| it.task_definition.into_iter().map(|it| it.status).collect::<Vec<_>>());
            Ok(any_lives(states.await?))
        }
        Lingers::Listener => {
            let described = clients.elb.describe_listeners().listener_arns(id).send();
            is_there(described, |it| it.listeners.is_some_and(|found| !found.is_empty())).await
        }
        Lingers::Rule => {
            let described = clients.elb.describe_rules().rule_arns(id).send();
            is_there(described, |it| it.rules.is_some_and(|found| !found.is_empty())).await
        }
        Lingers::LoadBalancer => {
            let described = clients.elb.describe_load_balancers().load_balancer_arns(id).send();
            is_there(described, |it| it.load_balancers.is_some_and(|found| !found.is_empty())).await
        }
        Lingers::TargetGroup => {
            let described = clients.elb.describe_target_groups().target_group_arns(id).send();
            is_there(described, |it| it.target_groups.is_some_and(|found| !found.is_empty())).await
        }
        Lingers::HostedZone => is_there(clients.route53.get_hosted_zone().id(id).send(), |_| true).await,
    }
}

/// Returns a part of an answer; `None` if the requested resource does not exist.
async fn state_of<T, S, E: Into<Error>>(
    answer: impl Future<Output = std::result::Result<T, E>>,
    state: impl FnOnce(T) -> S,
) -> Result<Option<S>> {
    Ok(answer.await.or_none()?.map(state))
}

async fn is_there<T, E: Into<Error>>(
    answer: impl Future<Output = std::result::Result<T, E>>,
    shows: impl FnOnce(T) -> bool,
) -> Result<bool> {
    Ok(state_of(answer, shows).await?.unwrap_or(false))
}

/// Returns whether one of the described resources is neither deleted nor being deleted.
fn any_lives<S: AsRef<str>>(states: Option<Vec<Option<S>>>) -> bool {
    let ends = |state: &S| {
        let name = state.as_ref().to_ascii_lowercase();
        ["delet", "terminat", "shutting", "inactive", "draining", "deprovisioning"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    states.into_iter().flatten().any(|state| !state.as_ref().is_some_and(ends))
}

#[cfg(test)]
#[path = "owned_tests.rs"]
mod tests;
