//! Containers and volumes of a task definition, which ECS's API has in the form of the schema.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>

use std::collections::BTreeMap;

use aws_sdk_ecs::types as sdk;

use crate::mirror::mirror;

mirror! {
    ContainerDefinition as sdk::ContainerDefinition {
        opt command set_command: Vec<String>;
        got cpu set_cpu: i32;
        opt credential_specs set_credential_specs: Vec<String>;
        opt depends_on set_depends_on: Vec<ContainerDependency>;
        opt disable_networking set_disable_networking: bool;
        opt dns_search_domains set_dns_search_domains: Vec<String>;
        opt dns_servers set_dns_servers: Vec<String>;
        opt docker_labels set_docker_labels: BTreeMap<String, String>;
        opt docker_security_options set_docker_security_options: Vec<String>;
        opt entry_point set_entry_point: Vec<String>;
        opt environment set_environment: Vec<KeyValuePair>;
        opt environment_files set_environment_files: Vec<EnvironmentFile>;
        opt essential set_essential: bool;
        opt extra_hosts set_extra_hosts: Vec<HostEntry>;
        opt firelens_configuration set_firelens_configuration: FirelensConfiguration;
        opt health_check set_health_check: HealthCheck;
        opt hostname set_hostname: String;
        must image set_image: String;
        opt interactive set_interactive: bool;
        opt links set_links: Vec<String>;
        opt linux_parameters set_linux_parameters: LinuxParameters;
        opt log_configuration set_log_configuration: LogConfiguration;
        opt memory set_memory: i32;
        opt memory_reservation set_memory_reservation: i32;
        opt mount_points set_mount_points: Vec<MountPoint>;
        must name set_name: String;
        opt port_mappings set_port_mappings: Vec<PortMapping>;
        opt privileged set_privileged: bool;
        opt pseudo_terminal set_pseudo_terminal: bool;
        opt readonly_root_filesystem set_readonly_root_filesystem: bool;
        opt repository_credentials set_repository_credentials: RepositoryCredentials;
        opt resource_requirements set_resource_requirements: Vec<ResourceRequirement>;
        opt restart_policy set_restart_policy: RestartPolicy;
        opt secrets set_secrets: Vec<Secret>;
        opt start_timeout set_start_timeout: i32;
        opt stop_timeout set_stop_timeout: i32;
        opt system_controls set_system_controls: Vec<SystemControl>;
        opt ulimits set_ulimits: Vec<Ulimit>;
        opt user set_user: String;
        opt version_consistency set_version_consistency: String;
        opt volumes_from set_volumes_from: Vec<VolumeFrom>;
        opt working_directory set_working_directory: String;
    }

    ContainerDependency as sdk::ContainerDependency, ? {
        got condition set_condition: String;
        got container_name set_container_name: String;
    }

    Device as sdk::Device, ? {
        opt container_path set_container_path: String;
        got host_path set_host_path: String;
        opt permissions set_permissions: Vec<String>;
    }

    EnvironmentFile as sdk::EnvironmentFile, ? {
        got r#type set_type: String;
        got value set_value: String;
    }

    FirelensConfiguration as sdk::FirelensConfiguration, ? {
        opt options set_options: BTreeMap<String, String>;
        got r#type set_type: String;
    }

    HealthCheck as sdk::HealthCheck, ? {
        got command set_command: Vec<String>;
        opt interval set_interval: i32;
        opt retries set_retries: i32;
        opt start_period set_start_period: i32;
        opt timeout set_timeout: i32;
    }

    HostEntry as sdk::HostEntry, ? {
        got hostname set_hostname: String;
        got ip_address set_ip_address: String;
    }

    KernelCapabilities as sdk::KernelCapabilities {
        opt add set_add: Vec<String>;
        opt drop set_drop: Vec<String>;
    }

    KeyValuePair as sdk::KeyValuePair {
        opt name set_name: String;
        opt value set_value: String;
    }

    LinuxParameters as sdk::LinuxParameters {
        opt capabilities set_capabilities: KernelCapabilities;
        opt devices set_devices: Vec<Device>;
        opt init_process_enabled set_init_process_enabled: bool;
        opt max_swap set_max_swap: i32;
        opt shared_memory_size set_shared_memory_size: i32;
        opt swappiness set_swappiness: i32;
        opt tmpfs set_tmpfs: Vec<Tmpfs>;
    }

    LogConfiguration as sdk::LogConfiguration, ? {
        req log_driver set_log_driver: String;
        opt options set_options: BTreeMap<String, String>;
        opt secret_options set_secret_options: Vec<Secret>;
    }

    MountPoint as sdk::MountPoint {
        opt container_path set_container_path: String;
        opt read_only set_read_only: bool;
        opt source_volume set_source_volume: String;
    }

    PortMapping as sdk::PortMapping {
        opt app_protocol set_app_protocol: String;
        opt container_port set_container_port: i32;
        opt container_port_range set_container_port_range: String;
        opt host_port set_host_port: i32;
        opt name set_name: String;
        opt protocol set_protocol: String;
    }

    RepositoryCredentials as sdk::RepositoryCredentials, ? {
        got credentials_parameter set_credentials_parameter: String;
    }

    ResourceRequirement as sdk::ResourceRequirement, ? {
        req r#type set_type: String;
        req value set_value: String;
    }

    RestartPolicy as sdk::ContainerRestartPolicy, ? {
        got enabled set_enabled: bool;
        opt ignored_exit_codes set_ignored_exit_codes: Vec<i32>;
        opt restart_attempt_period set_restart_attempt_period: i32;
    }

    Secret as sdk::Secret, ? {
        req name set_name: String;
        req value_from set_value_from: String;
    }

    SystemControl as sdk::SystemControl {
        opt namespace set_namespace: String;
        opt value set_value: String;
    }

    Tmpfs as sdk::Tmpfs, ? {
        got container_path set_container_path: String;
        opt mount_options set_mount_options: Vec<String>;
        req size set_size: i32;
    }

    Ulimit as sdk::Ulimit, ? {
        req hard_limit set_hard_limit: i32;
        req name set_name: String;
        req soft_limit set_soft_limit: i32;
    }

    VolumeFrom as sdk::VolumeFrom {
        opt read_only set_read_only: bool;
        opt source_container set_source_container: String;
    }

    Volume as sdk::Volume {
        opt configured_at_launch set_configured_at_launch: bool;
        opt docker_volume_configuration set_docker_volume_configuration: DockerVolumeConfiguration;
        #[serde(rename = "EFSVolumeConfiguration")]
        opt efs_volume_configuration set_efs_volume_configuration: EfsVolumeConfiguration;
        #[serde(rename = "FSxWindowsFileServerVolumeConfiguration")]
        opt fsx_windows_file_server_volume_configuration set_fsx_windows_file_server_volume_configuration: FsxVolumeConfiguration;
        opt host set_host: HostVolumeProperties;
        opt name set_name: String;
        #[serde(rename = "S3FilesVolumeConfiguration")]
        opt s3files_volume_configuration set_s3files_volume_configuration: S3FilesVolumeConfiguration;
    }

    DockerVolumeConfiguration as sdk::DockerVolumeConfiguration {
        opt autoprovision set_autoprovision: bool;
        opt driver set_driver: String;
        opt driver_opts set_driver_opts: BTreeMap<String, String>;
        opt labels set_labels: BTreeMap<String, String>;
        opt scope set_scope: String;
    }

    EfsVolumeConfiguration as sdk::EfsVolumeConfiguration, ? {
        opt authorization_config set_authorization_config: EfsAuthorizationConfig;
        #[serde(rename = "FilesystemId")]
        req file_system_id set_file_system_id: String;
        opt root_directory set_root_directory: String;
        opt transit_encryption set_transit_encryption: String;
        opt transit_encryption_port set_transit_encryption_port: i32;
    }

    EfsAuthorizationConfig as sdk::EfsAuthorizationConfig {
        opt access_point_id set_access_point_id: String;
        #[serde(rename = "IAM")]
        opt iam set_iam: String;
    }

    FsxVolumeConfiguration as sdk::FSxWindowsFileServerVolumeConfiguration, ? {
        opt authorization_config set_authorization_config: FsxAuthorizationConfig;
        req file_system_id set_file_system_id: String;
        req root_directory set_root_directory: String;
    }

    FsxAuthorizationConfig as sdk::FSxWindowsFileServerAuthorizationConfig, ? {
        req credentials_parameter set_credentials_parameter: String;
        req domain set_domain: String;
    }

    HostVolumeProperties as sdk::HostVolumeProperties {
        opt source_path set_source_path: String;
    }

    S3FilesVolumeConfiguration as sdk::S3FilesVolumeConfiguration, ? {
        opt access_point_arn set_access_point_arn: String;
        req file_system_arn set_file_system_arn: String;
        opt root_directory set_root_directory: String;
        opt transit_encryption_port set_transit_encryption_port: i32;
    }
}
