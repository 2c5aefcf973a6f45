//! `AWS::ECS::TaskDefinition`

use aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionError;
use aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionError;
use aws_sdk_ecs::types as sdk;
use aws_sdk_ecs::types::{SortOrder, TaskDefinitionField, TaskDefinitionStatus};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::container::{ContainerDefinition, KeyValuePair, Volume};
use super::{read_tags, retag, tag};
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};
use crate::mirror::{Mirror, as_declared, mirror};
use crate::name::NameRules;
use crate::tags::Tags;

/// The number of latest revisions of a family that are searched for the one that a create call made.
const LATEST: i32 = 20;

/// A revision of a family of task definitions. It never changes: what would change it registers another one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TaskDefinition {
    container_definitions: Option<Vec<ContainerDefinition>>,
    cpu: Option<String>,
    enable_fault_injection: Option<bool>,
    ephemeral_storage: Option<EphemeralStorage>,
    execution_role_arn: Option<String>,
    family: Option<String>,
    ipc_mode: Option<String>,
    memory: Option<String>,
    network_mode: Option<String>,
    pid_mode: Option<String>,
    placement_constraints: Option<Vec<PlacementConstraint>>,
    proxy_configuration: Option<ProxyConfiguration>,
    requires_compatibilities: Option<Vec<String>>,
    runtime_platform: Option<RuntimePlatform>,
    #[serde(default)]
    tags: Tags,
    task_role_arn: Option<String>,
    volumes: Option<Vec<Volume>>,
}

mirror! {
    EphemeralStorage as sdk::EphemeralStorage {
        #[serde(rename = "SizeInGiB")]
        got size_in_gib set_size_in_gib: i32;
    }

    PlacementConstraint as sdk::TaskDefinitionPlacementConstraint {
        opt expression set_expression: String;
        must r#type set_type: String;
    }

    ProxyConfiguration as sdk::ProxyConfiguration, ? {
        req container_name set_container_name: String;
        #[serde(rename = "ProxyConfigurationProperties")]
        opt properties set_properties: Vec<KeyValuePair>;
        opt r#type set_type: String;
    }

    RuntimePlatform as sdk::RuntimePlatform {
        opt cpu_architecture set_cpu_architecture: String;
        opt operating_system_family set_operating_system_family: String;
    }
}

impl Handler for TaskDefinition {
    const TYPE: &'static str = "AWS::ECS::TaskDefinition";

    const ERRORS: &'static [Meaning] = &[
        // `Unable to describe task definition.`
        Meaning::of::<DescribeTaskDefinitionError>("ClientException", "unable to describe", ErrorClass::NotFound),
        // `Too many concurrent attempts to create a new revision of the specified family.`
        // <https://github.com/hashicorp/terraform-provider-aws/issues/9777>
        Meaning::of::<RegisterTaskDefinitionError>("ClientException", "too many concurrent", ErrorClass::Transient),
    ];

    const INSTEAD: &'static [(&'static str, &'static str)] =
        &[("InferenceAccelerators", "AWS has ended Elastic Inference: use instances with accelerators of their own")];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let registered = cx
            .ecs
            .register_task_definition()
            .family(self.family(cx))
            .set_container_definitions(self.container_definitions.to_sdk()?)
            .set_cpu(self.cpu.clone())
            .set_enable_fault_injection(self.enable_fault_injection)
            .set_ephemeral_storage(self.ephemeral_storage.to_sdk()?)
            .set_execution_role_arn(self.execution_role_arn.clone())
            .set_ipc_mode(self.ipc_mode.to_sdk()?)
            .set_memory(self.memory.clone())
            .set_network_mode(self.network_mode.to_sdk()?)
            .set_pid_mode(self.pid_mode.to_sdk()?)
            .set_placement_constraints(self.placement_constraints.to_sdk()?)
            .set_proxy_configuration(self.proxy_configuration.to_sdk()?)
            .set_requires_compatibilities(self.requires_compatibilities.to_sdk()?)
            .set_runtime_platform(self.runtime_platform.to_sdk()?)
            .set_task_role_arn(self.task_role_arn.clone())
            .set_volumes(self.volumes.to_sdk()?)
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await?;
        let arn = registered.task_definition.and_then(|registered| registered.task_definition_arn);
        let arn = required(arn, "taskDefinitionArn")?;
        Ok(accepted(&arn, json!({"TaskDefinitionArn": arn})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let (live, tags) = describe(cx, &known.id).await?;
        let last = &known.last;
        let properties = Self {
            container_definitions: as_declared(&last.container_definitions, Mirror::of(live.container_definitions)),
            cpu: sized(&last.cpu, live.cpu),
            enable_fault_injection: live.enable_fault_injection,
            ephemeral_storage: Mirror::of(live.ephemeral_storage),
            execution_role_arn: named(&last.execution_role_arn, live.execution_role_arn),
            family: live.family,
            ipc_mode: Mirror::of(live.ipc_mode),
            memory: sized(&last.memory, live.memory),
            network_mode: Mirror::of(live.network_mode),
            pid_mode: Mirror::of(live.pid_mode),
            placement_constraints: as_declared(&last.placement_constraints, Mirror::of(live.placement_constraints)),
            proxy_configuration: as_declared(&last.proxy_configuration, Mirror::of(live.proxy_configuration)),
            requires_compatibilities: Mirror::of(live.requires_compatibilities),
            runtime_platform: as_declared(&last.runtime_platform, Mirror::of(live.runtime_platform)),
            tags,
            task_role_arn: named(&last.task_role_arn, live.task_role_arn),
            volumes: as_declared(&last.volumes, Mirror::of(live.volumes)),
        };
        Ok(Found::ready(properties, json!({"TaskDefinitionArn": known.id})))
    }

    /// The revision becomes inactive: tasks and services that run with it go on, and it can be read for good. As with
    /// CloudFormation, it is not deleted beyond that.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        describe(cx, &known.id).await?;
        cx.ecs.deregister_task_definition().task_definition(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// The revision with the token of this creation, among the latest ones: the call takes no token of its own.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let family = self.family(cx);
        let listed = cx
            .ecs
            .list_task_definitions()
            .family_prefix(&family)
            .status(TaskDefinitionStatus::Active)
            .sort(SortOrder::Desc)
            .max_results(LATEST)
            .send()
            .await?;
        for arn in listed.task_definition_arns.unwrap_or_default() {
            let Some((_, tags)) = describe(cx, &arn).await.or_none()? else { continue };
            if tags.token() == Some(cx.token.as_str()) {
                return Ok(vec![arn]);
            }
        }
        Ok(Vec::new())
    }
}

impl TaskDefinition {
    /// The family that is declared, or one named after the path: the revisions of a path belong to one family, so that
    /// its name has nothing of the single creation.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>
    fn family(&self, cx: &Context) -> String {
        let generated = || {
            let name = cx.name(NameRules::letters(255, "_"));
            name.rsplit_once('-').map_or_else(|| name.clone(), |(family, _)| family.to_owned())
        };
        self.family.clone().unwrap_or_else(generated)
    }
}

/// A revision that is active, and its tags, which have to be asked for.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
async fn describe(cx: &Context, arn: &str) -> Result<(sdk::TaskDefinition, Tags)> {
    let call = cx.ecs.describe_task_definition().task_definition(arn).include(TaskDefinitionField::Tags);
    let described = call.send().await?;
    let live = required(described.task_definition, "taskDefinition")?;
    match live.status {
        Some(TaskDefinitionStatus::Inactive | TaskDefinitionStatus::DeleteInProgress) => Err(Error::not_found(arn)),
        _ => Ok((live, read_tags(described.tags))),
    }
}

/// The size of a task as it is declared: ECS returns `0.5 vCPU` as `512`, and `1 GB` as `1024`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size>
fn sized(declared: &Option<String>, live: Option<String>) -> Option<String> {
    let units = |text: &str| -> Option<f64> {
        let text = text.trim().to_ascii_lowercase();
        let large = text.strip_suffix("vcpu").or_else(|| text.strip_suffix("gb"));
        let number: f64 = large.unwrap_or(&text).trim().parse().ok()?;
        Some(if large.is_some() { 1024.0 * number } else { number })
    };
    match (declared, live) {
        (Some(declared), Some(live)) if units(declared).is_some() && units(declared) == units(&live) => {
            Some(declared.clone())
        }
        (_, live) => live,
    }
}

/// The role as it is declared, by its ARN or by its name.
fn named(declared: &Option<String>, live: Option<String>) -> Option<String> {
    match (declared, live) {
        (Some(declared), Some(live)) if super::name_of(&live) == declared => Some(declared.clone()),
        (_, live) => live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_shown_in_the_unit_that_the_program_uses() {
        let shown = |declared: &str, live: &str| sized(&Some(declared.to_owned()), Some(live.to_owned())).unwrap();
        for (declared, live) in [(".5 vCPU", "512"), ("1 vcpu", "1024"), ("2GB", "2048"), ("0.5 GB", "512")] {
            assert_eq!(shown(declared, live), declared);
        }
        assert_eq!(shown("1 vCPU", "512"), "512");
        assert_eq!(sized(&None, Some("256".to_owned())).as_deref(), Some("256"));
    }
}
