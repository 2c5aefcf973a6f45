//! A Kubernetes cluster whose service accounts have roles, and its message broker.

use groundplan::identity::{Condition, Principal, Role, RoleHandle, Statement};
use groundplan::network::SecurityGroup;
use groundplan::resources::amazonmq::broker::{self, LogList, MaintenanceWindow, MaintenanceWindowArgs, UserArgs};
use groundplan::resources::amazonmq::{Broker, BrokerArgs};
use groundplan::resources::ec2::SecurityGroupIngress;
use groundplan::resources::eks::access_entry::{AccessPolicy, AccessPolicyArgs, AccessScope};
use groundplan::resources::eks::cluster::{
    AccessConfig, ClusterLogging, Logging, LoggingTypeConfig, ResourcesVpcConfig, UpgradePolicy,
};
use groundplan::resources::eks::nodegroup::{ScalingConfig, Taint, UpdateConfig};
use groundplan::resources::eks::{
    AccessEntry, AccessEntryArgs, Addon, AddonArgs, Cluster, ClusterArgs, Nodegroup, NodegroupArgs,
    PodIdentityAssociation, PodIdentityAssociationArgs,
};
use groundplan::resources::iam::OidcProvider;
use groundplan::resources::secretsmanager::{self, secret::GenerateSecretString};
use groundplan::{Handle, Scope, Secret, template};

use crate::Shared;

pub(crate) fn platform(stack: &Scope, shared: &Shared) {
    let cluster = cluster(stack, shared);
    let nodes = nodes(stack, shared, &cluster);
    let storage = storage_role(stack, &cluster);
    let addon = |name: &'static str| Addon::new(AddonArgs { addon_name: name, cluster_name: &cluster });
    for name in ["vpc-cni", "kube-proxy", "coredns"] {
        let added = stack.add(&format!("addon-{name}"), addon(name).resolve_conflicts("OVERWRITE"));
        if name == "coredns" {
            added.after(&nodes);
        }
    }
    let storage_addon = addon("aws-ebs-csi-driver").service_account_role_arn(&storage).configuration_values("{}");
    stack.add("addon-ebs", storage_addon).after(&nodes);
    access(stack, &cluster, &storage);
    broker(stack, shared, &cluster);
    stack.export("cluster-endpoint", cluster.endpoint());
    stack.export("cluster-issuer", cluster.open_id_connect_issuer_url());
}

fn cluster(stack: &Scope, shared: &Shared) -> Handle<Cluster> {
    let role = Role::new(Principal::service("eks.amazonaws.com")).aws_managed_policy("AmazonEKSClusterPolicy");
    let role = stack.add("cluster-role", role);
    let network = ResourcesVpcConfig::new(shared.vpc.private_subnets())
        .endpoint_private_access(true)
        .endpoint_public_access(true)
        .public_access_cidrs(["203.0.113.0/24"]);
    let logs = ["api", "audit"].map(|kind| LoggingTypeConfig::new().type_(kind));
    let cluster = Cluster::new(ClusterArgs { resources_vpc_config: network, role_arn: &role })
        .name("platform")
        .version("1.33")
        .access_config(AccessConfig::new().authentication_mode("API"))
        .logging(Logging::new().cluster_logging(ClusterLogging::new().enabled_types(logs)))
        .upgrade_policy(UpgradePolicy::new().support_type("STANDARD"));
    stack.add("eks", cluster)
}

fn nodes(stack: &Scope, shared: &Shared, cluster: &Handle<Cluster>) -> Handle<Nodegroup> {
    let role = Role::new(Principal::service("ec2.amazonaws.com"))
        .aws_managed_policy("AmazonEKSWorkerNodePolicy")
        .aws_managed_policy("AmazonEC2ContainerRegistryReadOnly");
    let role = stack.add("node-role", role);
    let subnets = shared.vpc.private_subnets();
    let nodes = Nodegroup::new(NodegroupArgs { cluster_name: cluster, node_role: &role, subnets })
        .nodegroup_name("general")
        .instance_types(["m7g.large"])
        .ami_type("AL2023_ARM_64_STANDARD")
        .capacity_type("ON_DEMAND")
        .disk_size(50)
        .scaling_config(ScalingConfig::new().min_size(2).desired_size(2).max_size(6))
        .update_config(UpdateConfig::new().max_unavailable(1))
        .labels([("pool", "general")])
        .taints([Taint::new().key("dedicated").value("general").effect("NO_SCHEDULE")]);
    let nodes = stack.add("nodes", nodes);
    nodes.ignore_changes("ScalingConfig.DesiredSize");
    nodes
}

/// The role of a service account, for every client with a token of the cluster's issuer for it. Conditions name the
/// issuer without its `https://`.
fn storage_role(stack: &Scope, cluster: &Handle<Cluster>) -> RoleHandle {
    let url = cluster.open_id_connect_issuer_url();
    let provider = OidcProvider::new().url(&url).client_id_list(["sts.amazonaws.com"]);
    let provider = stack.add("irsa", provider);
    let claim = |name: &str| template!("{}:{}", url.without_prefix("https://"), name);
    let account = "system:serviceaccount:kube-system:ebs-csi-controller-sa";
    let trust = Statement::allow(["sts:AssumeRoleWithWebIdentity"])
        .by(Principal::federated(&provider))
        .when(Condition::new("StringEquals", claim("aud"), ["sts.amazonaws.com"]))
        .when(Condition::new("StringEquals", claim("sub"), [account]));
    stack.add("ebs-role", Role::trusting(trust).aws_managed_policy("service-role/AmazonEBSCSIDriverPolicy"))
}

fn access(stack: &Scope, cluster: &Handle<Cluster>, storage: &RoleHandle) {
    let admin = stack.add("admin-role", Role::new(Principal::account_of(stack)));
    let everything = AccessPolicy::new(AccessPolicyArgs {
        access_scope: AccessScope::new("cluster"),
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    });
    let admins = AccessEntry::new(AccessEntryArgs { cluster_name: cluster, principal_arn: &admin });
    stack.add("admins", admins.access_policies([everything]));
    let dns = PodIdentityAssociation::new(PodIdentityAssociationArgs {
        cluster_name: cluster,
        namespace: "kube-system",
        service_account: "external-dns",
        role_arn: storage,
    });
    stack.add("pod-identity", dns);
}

fn broker(stack: &Scope, shared: &Shared, cluster: &Handle<Cluster>) {
    let group = stack.add("broker-group", SecurityGroup::new(&shared.vpc, "Broker").no_outbound());
    let from_cluster = SecurityGroupIngress::new("tcp")
        .group_id(&group)
        .from_port(5671)
        .to_port(5671)
        .source_security_group_id(cluster.cluster_security_group_id());
    stack.add("broker-from-cluster", from_cluster);
    let password = GenerateSecretString::new()
        .secret_string_template(r#"{"username":"platform"}"#)
        .generate_string_key("password")
        .password_length(32)
        .exclude_characters(",:=\"@/\\ ");
    let password = stack.add("broker-password", secretsmanager::Secret::new().generate_secret_string(password));
    let user = broker::User::new(UserArgs {
        username: "platform",
        password: Secret::from_secrets_manager(password.id(), Some("password")),
    });
    let broker = Broker::new(BrokerArgs {
        broker_name: "platform",
        deployment_mode: "SINGLE_INSTANCE",
        engine_type: "RABBITMQ",
        host_instance_type: "mq.m7g.medium",
        publicly_accessible: false,
    })
    .engine_version("3.13")
    .auto_minor_version_upgrade(true)
    .subnet_ids(shared.vpc.private_subnets().into_iter().take(1))
    .security_groups([group.id()])
    .users([user])
    .logs(LogList::new().general(true))
    .maintenance_window_start_time(MaintenanceWindow::new(MaintenanceWindowArgs {
        day_of_week: "SUNDAY",
        time_of_day: "04:00",
        time_zone: "UTC",
    }));
    stack.export("amqp", stack.add("broker", broker).amqp_endpoints());
}
