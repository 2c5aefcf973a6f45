//! Parts of a service, which ECS's API has in the form of the schema.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>

use aws_sdk_ecs::types as sdk;

use crate::ecs::container::LogConfiguration;
use crate::error::Result;
use crate::mirror::{Mirror, mirror};

mirror! {
    AwsVpcConfiguration as sdk::AwsVpcConfiguration, ? {
        opt assign_public_ip set_assign_public_ip: String;
        opt security_groups set_security_groups: Vec<String>;
        got subnets set_subnets: Vec<String>;
    }

    DeploymentAlarms as sdk::DeploymentAlarms, ? {
        req alarm_names set_alarm_names: Vec<String>;
        req enable set_enable: bool;
        req rollback set_rollback: bool;
    }

    DeploymentCircuitBreaker as sdk::DeploymentCircuitBreaker {
        req enable set_enable: bool;
        opt reset_on_healthy_task set_reset_on_healthy_task: bool;
        req rollback set_rollback: bool;
        opt threshold_configuration set_threshold_configuration: ThresholdConfiguration;
    }

    DeploymentConfiguration as sdk::DeploymentConfiguration {
        opt alarms set_alarms: DeploymentAlarms;
        opt deployment_circuit_breaker set_deployment_circuit_breaker: DeploymentCircuitBreaker;
        opt maximum_percent set_maximum_percent: i32;
        opt minimum_healthy_percent set_minimum_healthy_percent: i32;
        opt strategy set_strategy: String;
    }

    DeploymentController as sdk::DeploymentController, ? {
        got r#type set_type: String;
    }

    LoadBalancer as sdk::LoadBalancer {
        opt container_name set_container_name: String;
        opt container_port set_container_port: i32;
        opt load_balancer_name set_load_balancer_name: String;
        opt target_group_arn set_target_group_arn: String;
    }

    MetricConfiguration as sdk::MetricConfiguration, ? {
        req metric_names set_metric_names: Vec<String>;
        req resolution_seconds set_resolution_seconds: i32;
    }

    MonitoringConfiguration as sdk::MonitoringConfiguration {
        must metric_configurations set_metric_configurations: Vec<MetricConfiguration>;
    }

    NetworkConfiguration as sdk::NetworkConfiguration {
        opt awsvpc_configuration set_awsvpc_configuration: AwsVpcConfiguration;
    }

    PlacementConstraint as sdk::PlacementConstraint {
        opt expression set_expression: String;
        must r#type set_type: String;
    }

    PlacementStrategy as sdk::PlacementStrategy {
        opt field set_field: String;
        must r#type set_type: String;
    }

    ServiceConnectAccessLogConfiguration as sdk::ServiceConnectAccessLogConfiguration, ? {
        req format set_format: String;
        opt include_query_parameters set_include_query_parameters: String;
    }

    ServiceConnectClientAlias as sdk::ServiceConnectClientAlias, ? {
        opt dns_name set_dns_name: String;
        req port set_port: i32;
    }

    ServiceConnectConfiguration as sdk::ServiceConnectConfiguration {
        opt access_log_configuration set_access_log_configuration: ServiceConnectAccessLogConfiguration;
        req enabled set_enabled: bool;
        opt log_configuration set_log_configuration: LogConfiguration;
        opt namespace set_namespace: String;
        opt services set_services: Vec<ServiceConnectService>;
    }

    ServiceConnectService as sdk::ServiceConnectService, ? {
        opt client_aliases set_client_aliases: Vec<ServiceConnectClientAlias>;
        opt discovery_name set_discovery_name: String;
        opt ingress_port_override set_ingress_port_override: i32;
        req port_name set_port_name: String;
        opt timeout set_timeout: TimeoutConfiguration;
        opt tls set_tls: ServiceConnectTlsConfiguration;
    }

    ServiceConnectTlsCertificateAuthority as sdk::ServiceConnectTlsCertificateAuthority {
        opt aws_pca_authority_arn set_aws_pca_authority_arn: String;
    }

    ServiceConnectTlsConfiguration as sdk::ServiceConnectTlsConfiguration {
        must issuer_certificate_authority set_issuer_certificate_authority: ServiceConnectTlsCertificateAuthority;
        opt kms_key set_kms_key: String;
        opt role_arn set_role_arn: String;
    }

    ServiceManagedEbsVolume as sdk::ServiceManagedEbsVolumeConfiguration, ? {
        opt encrypted set_encrypted: bool;
        opt filesystem_type set_filesystem_type: String;
        opt iops set_iops: i32;
        opt kms_key_id set_kms_key_id: String;
        req role_arn set_role_arn: String;
        #[serde(rename = "SizeInGiB")]
        opt size_in_gib set_size_in_gib: i32;
        opt snapshot_id set_snapshot_id: String;
        opt tag_specifications set_tag_specifications: Vec<EbsTagSpecification>;
        opt throughput set_throughput: i32;
        opt volume_initialization_rate set_volume_initialization_rate: i32;
        opt volume_type set_volume_type: String;
    }

    EbsTagSpecification as sdk::EbsTagSpecification, ? {
        opt propagate_tags set_propagate_tags: String;
        req resource_type set_resource_type: String;
        opt tags set_tags: Vec<Tag>;
    }

    Tag as sdk::Tag {
        must key set_key: String;
        must value set_value: String;
    }

    ServiceRegistry as sdk::ServiceRegistry {
        opt container_name set_container_name: String;
        opt container_port set_container_port: i32;
        opt port set_port: i32;
        opt registry_arn set_registry_arn: String;
    }

    ServiceVolumeConfiguration as sdk::ServiceVolumeConfiguration, ? {
        #[serde(rename = "ManagedEBSVolume")]
        opt managed_ebs_volume set_managed_ebs_volume: ServiceManagedEbsVolume;
        req name set_name: String;
    }

    ThresholdConfiguration as sdk::ThresholdConfiguration, ? {
        req r#type set_type: String;
        req value set_value: i32;
    }

    TimeoutConfiguration as sdk::TimeoutConfiguration {
        opt idle_timeout_seconds set_idle_timeout_seconds: i32;
        opt per_request_timeout_seconds set_per_request_timeout_seconds: i32;
    }

    VpcLatticeConfiguration as sdk::VpcLatticeConfiguration, ? {
        req port_name set_port_name: String;
        req role_arn set_role_arn: String;
        req target_group_arn set_target_group_arn: String;
    }
}

/// A deployment without a change, where its nonce differs from the last one.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ForceNewDeployment {
    pub(crate) enable_force_new_deployment: bool,
    pub(crate) force_new_deployment_nonce: Option<String>,
}

impl DeploymentConfiguration {
    /// Returns the values to send for this declaration after `old`: those no longer declared return to AWS's default,
    /// since the call leaves alone what is left out.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html>
    pub(crate) fn after(&self, old: &Self, is_daemon: bool) -> Result<sdk::DeploymentConfiguration> {
        fn of<T: Clone>(new: &Option<T>, old: &Option<T>, default: T) -> Option<T> {
            new.clone().or_else(|| old.as_ref().map(|_| default))
        }
        let (maximum, minimum) = if is_daemon { (100, 0) } else { (200, 100) };
        let breaker = match (&self.deployment_circuit_breaker, &old.deployment_circuit_breaker) {
            (Some(new), Some(old)) => Some(new.after(old)),
            (new, old) => of(new, old, DeploymentCircuitBreaker::default()),
        };
        Self {
            alarms: of(&self.alarms, &old.alarms, DeploymentAlarms::default()),
            deployment_circuit_breaker: breaker,
            maximum_percent: of(&self.maximum_percent, &old.maximum_percent, maximum),
            minimum_healthy_percent: of(&self.minimum_healthy_percent, &old.minimum_healthy_percent, minimum),
            strategy: self.strategy.clone(),
        }
        .to_sdk()
    }
}

impl DeploymentCircuitBreaker {
    /// Its optional parts stay as they are where they are left out.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html>
    fn after(&self, old: &Self) -> Self {
        let threshold = || ThresholdConfiguration { r#type: "BOUNDED_PERCENT".to_owned(), value: 50 };
        let (reset, of) = (self.reset_on_healthy_task, &self.threshold_configuration);
        Self {
            reset_on_healthy_task: reset.or(old.reset_on_healthy_task.map(|_| true)),
            threshold_configuration: of.clone().or_else(|| old.threshold_configuration.as_ref().map(|_| threshold())),
            ..self.clone()
        }
    }
}
