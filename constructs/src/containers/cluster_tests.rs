use groundplan_core::{Assembly, Export, Stack, cidr};
use groundplan_resources::kms::KeyArn;
use groundplan_resources::logs::LogGroupName;
use groundplan_resources::servicediscovery::PrivateDnsNamespaceId;
use serde_json::json;

use super::*;
use crate::fixture::{assembly, below, properties, statements};
use crate::identity::{KmsKey, Principal, Role};
use crate::network::{Vpc, VpcHandle};

fn vpc(stack: &Stack) -> VpcHandle {
    stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")))
}

fn with(set: impl FnOnce(EcsCluster) -> EcsCluster) -> Assembly {
    assembly("us-east-1", |stack| drop(stack.add("cluster", set(EcsCluster::new(&vpc(stack))))))
}

#[test]
fn by_default_a_cluster_has_insights_and_records_sessions_and_can_use_spot() {
    let assembly = with(|cluster| cluster);
    let sessions = json!({"$ref": "shop/cluster/sessions#LogGroupName"});
    let log = json!({"CloudWatchLogGroupName": sessions, "CloudWatchEncryptionEnabled": false});
    assert_eq!(
        properties(&assembly, "shop/cluster"),
        json!({
            "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}],
            "Configuration": {"ExecuteCommandConfiguration": {"Logging": "OVERRIDE", "LogConfiguration": log}},
            "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
        })
    );
    assert_eq!(below(&assembly, "shop/cluster"), ["sessions"]);
    assert_eq!(properties(&assembly, "shop/cluster/sessions"), json!({"RetentionInDays": 90}));
}

#[test]
fn each_setting_has_its_effect() {
    let assembly = with(|cluster| {
        let cluster = cluster.name("shop").container_insights(ContainerInsights::Enhanced);
        cluster.session_retention(Retention::Year).namespace("shop.internal")
    });
    let cluster = properties(&assembly, "shop/cluster");
    assert_eq!(
        (&cluster["ClusterName"], &cluster["ClusterSettings"][0]["Value"]),
        (&json!("shop"), &json!("enhanced"))
    );
    assert_eq!(properties(&assembly, "shop/cluster/sessions")["RetentionInDays"], 365);
    let namespace = json!({"Name": "shop.internal", "Vpc": {"$ref": "shop/vpc#VpcId"}});
    assert_eq!(properties(&assembly, "shop/cluster/namespace"), namespace);
    for (insights, value) in [(ContainerInsights::Off, "disabled"), (ContainerInsights::On, "enabled")] {
        let assembly = with(|cluster| cluster.container_insights(insights));
        assert_eq!(properties(&assembly, "shop/cluster")["ClusterSettings"][0]["Value"], value);
    }
}

#[test]
fn a_key_encrypts_sessions_and_their_records_and_tasks_may_use_it() {
    let assembly = assembly("us-east-1", |stack| {
        let key = stack.add("key", KmsKey::new("sessions"));
        let cluster = stack.add("cluster", EcsCluster::new(&vpc(stack)).encrypted_with(&key));
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        PassedAs::<EcsClusterRef>::pass(&cluster).grant_sessions(&role);
    });
    let key = json!({"$ref": "shop/key#Arn"});
    let commands = properties(&assembly, "shop/cluster")["Configuration"]["ExecuteCommandConfiguration"].clone();
    assert_eq!(
        (&commands["KmsKeyId"], &commands["LogConfiguration"]["CloudWatchEncryptionEnabled"]),
        (&key, &json!(true))
    );
    assert_eq!(properties(&assembly, "shop/cluster/sessions")["KmsKeyId"], key);
    let granted = statements(&assembly, "shop/role/policy");
    let resources: Vec<_> = granted.iter().map(|statement| &statement["Resource"]).collect();
    assert_eq!(resources, [&json!("*"), &json!({"$ref": "shop/cluster/sessions#Arn"}), &json!("*"), &key]);
    assert!(granted[0]["Action"].to_string().contains("ssmmessages:OpenDataChannel"), "{}", granted[0]);
    assert_eq!(granted[2]["Action"], "logs:DescribeLogGroups");
}

#[test]
fn an_existing_cluster_is_named_and_states_what_services_need() {
    const CLUSTER: Export<ClusterName> = Export::new("platform", "cluster");
    let assembly = assembly("cn-north-1", |stack| {
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        let plain = EcsCluster::existing(CLUSTER, &vpc(stack));
        assert!(plain.known_namespace().is_none());
        plain.grant_sessions(&role);
        let known = EcsCluster::existing(ClusterName::new("shared"), plain.vpc());
        let arn = "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/shared";
        assert_eq!(known.arn(stack).known().map(|arn| arn.as_str()), Some(arn));
        let known = known
            .session_logs(LogGroup::existing(LogGroupName::new("/sessions")))
            .session_key(KmsKey::existing(KeyArn::new("arn:aws-cn:kms:cn-north-1:111122223333:key/1")))
            .namespace(PrivateDnsNamespaceId::new("ns-1"), "shop.internal");
        assert_eq!(known.known_namespace().map(|it| it.domain.as_str()), Some("shop.internal"));
        PassedAs::<EcsClusterRef>::pass(known).grant_sessions(&role);
        stack.export("cluster", plain.name());
    });
    let granted = statements(&assembly, "shop/role/policy");
    assert_eq!(granted.len(), 4, "the channels are granted once");
    assert_eq!(granted[1]["Resource"], "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/sessions:*");
    assert_eq!(granted[3]["Resource"], "arn:aws-cn:kms:cn-north-1:111122223333:key/1");
    assert_eq!(assembly.outputs["cluster"].to_json()["$import"]["name"], "cluster");
}
