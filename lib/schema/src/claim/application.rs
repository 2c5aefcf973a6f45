//! Functions, containers, events, scaling and observation.

use super::{Row, named, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
    // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>
    row("AWS::Lambda::Alias", "alias of a function", "FunctionName:function, Name"),
    row("AWS::Lambda::Url", "URL of a function", "TargetFunctionArn:function, Qualifier="),
    row("AWS::Lambda::EventInvokeConfig", "invocation settings of a function", "FunctionName:function, Qualifier"),
    // `ResourceConflictException`: one mapping from a source to a function; from a Kafka cluster, a broker
    // or a DocumentDB cluster, one for each topic, queue or collection. A permission and a version have ids that AWS makes, so that
    // equal ones stand beside each other.
    // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
    row("AWS::Lambda::EventSourceMapping", "mapping of an event source to a function", "EventSourceArn, FunctionName, Topics=, AmazonManagedKafkaEventSourceConfig.ConsumerGroupId=, Queues=, DocumentDBEventSourceConfig.DatabaseName=, DocumentDBEventSourceConfig.CollectionName="),
    // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
    row("AWS::ECS::Service", "name of a service", "Cluster:name=default, ServiceName"),
    row("AWS::ECS::ExpressGatewayService", "name of a service", "Cluster:name=default, ServiceName"),
    row("AWS::ECS::ClusterCapacityProviderAssociations", "capacity providers of a cluster", "Cluster:name"),
    // <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html>
    // <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html>
    row("AWS::EKS::Nodegroup", "name of a node group", "ClusterName, NodegroupName"),
    row("AWS::EKS::PodIdentityAssociation", "role of a service account", "ClusterName, Namespace, ServiceAccount"),
    // "You can only create one Capability of each type on a given Amazon EKS cluster":
    // <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCapability.html>
    row("AWS::EKS::Capability", "name of a capability", "ClusterName, CapabilityName"),
    row("AWS::EKS::Capability", "type of capability of a cluster", "ClusterName, Type"),
    // <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html>
    row("AWS::ApplicationAutoScaling::ScalingPolicy", "name of a scaling policy", "ScalingTargetId|ServiceNamespace, ResourceId=, ScalableDimension=, PolicyName"),
    // Metric, composite and log alarms share names.
    // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>
    named("AWS::CloudWatch::Alarm", "name of an alarm"),
    named("AWS::CloudWatch::CompositeAlarm", "name of an alarm"),
    named("AWS::CloudWatch::LogAlarm", "name of an alarm"),
    // <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateDelivery.html>
    // <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>
    row("AWS::Logs::Delivery", "delivery of a source to a destination", "DeliverySourceName, DeliveryDestinationArn"),
    row("AWS::Logs::AccountPolicy", "account policy", "PolicyType, PolicyName"),
    named("AWS::XRay::Group", "name of a group"),
    row("AWS::XRay::SamplingRule", "name of a sampling rule", "SamplingRule.RuleName"),
    row("AWS::APS::RuleGroupsNamespace", "name of a rule groups namespace", "Workspace, Name"),
    row("AWS::Budgets::Budget", "name of a budget", "Budget.BudgetName").of_account(),
    // A rule's name is unique in its bus, a schedule's in its group.
    // <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>
    // <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
    row("AWS::Events::Rule", "name of a rule", "EventBusName:name=default, Name"),
    row("AWS::Events::EventBusPolicy", "statement of an event bus policy", "EventBusName:name=default, StatementId"),
    row("AWS::Scheduler::Schedule", "name of a schedule", "GroupName=default, Name"),
    row("AWS::EventSchemas::Schema", "name of a schema", "RegistryName, SchemaName"),
    // `NamespaceAlreadyExists`, `ServiceAlreadyExists`.
    // <https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html>
    named("AWS::ServiceDiscovery::HttpNamespace", "name of an HTTP namespace"),
    row("AWS::ServiceDiscovery::PrivateDnsNamespace", "private DNS namespace of a VPC", "Name:dns, Vpc"),
    row("AWS::ServiceDiscovery::Service", "name of a service", "NamespaceId, Name"),
    // <https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_CreateVirtualNode.html>
    row("AWS::AppMesh::VirtualNode", "name of a virtual node", "MeshName, MeshOwner=, VirtualNodeName"),
    row("AWS::AppMesh::VirtualRouter", "name of a virtual router", "MeshName, MeshOwner=, VirtualRouterName"),
    row("AWS::AppMesh::VirtualService", "name of a virtual service", "MeshName, MeshOwner=, VirtualServiceName"),
    row("AWS::AppMesh::VirtualGateway", "name of a virtual gateway", "MeshName, MeshOwner=, VirtualGatewayName"),
    row("AWS::AppMesh::Route", "name of a route", "MeshName, MeshOwner=, VirtualRouterName, RouteName"),
    // <https://docs.aws.amazon.com/servicecatalog/latest/dg/API_app-registry_AssociateResource.html>
    row("AWS::ServiceCatalogAppRegistry::ResourceAssociation", "resource of an application", "Application:name, ResourceType, Resource"),
];
