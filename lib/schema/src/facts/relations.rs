//! The properties that name other resources, and whether these cannot be deleted because of that.

use crate::property::{Property, Reference};
use crate::resource::ResourceType;

/// Relations that the schema does not state: a property of a type, as in `Regions.Bucket`, and its target, through
/// lists. If the ARN of a type is built from its identifier ([`ResourceType::in_arn`]), a relation to the identifier
/// includes the ARN: clusters of DocumentDB and Neptune and capacity providers have no attribute for it.
#[rustfmt::skip]
const MORE: &[(&str, &str, &str, &str)] = &[
    ("AWS::AccessAnalyzer::ArchiveRule", "AnalyzerName", "AWS::AccessAnalyzer::Analyzer", "AnalyzerName"),
    ("AWS::ApiGateway::BasePathMappingV2", "RestApiId", "AWS::ApiGateway::RestApi", "RestApiId"),
    ("AWS::Cognito::UserPoolDomain", "UserPoolId", "AWS::Cognito::UserPool", "UserPoolId"),
    ("AWS::DMS::ReplicationConfig", "SourceEndpointArn", "AWS::DMS::Endpoint", "EndpointArn"),
    ("AWS::DMS::ReplicationConfig", "TargetEndpointArn", "AWS::DMS::Endpoint", "EndpointArn"),
    ("AWS::DMS::ReplicationTask", "ReplicationInstanceArn", "AWS::DMS::ReplicationInstance", "Id"),
    ("AWS::DMS::ReplicationTask", "SourceEndpointArn", "AWS::DMS::Endpoint", "EndpointArn"),
    ("AWS::DMS::ReplicationTask", "TargetEndpointArn", "AWS::DMS::Endpoint", "EndpointArn"),
    ("AWS::DocDB::DBCluster", "SourceDBClusterIdentifier", "AWS::DocDB::DBCluster", "DBClusterIdentifier"),
    ("AWS::DocDB::DBInstance", "DBClusterIdentifier", "AWS::DocDB::DBCluster", "DBClusterIdentifier"),
    ("AWS::DocDB::GlobalCluster", "SourceDBClusterIdentifier", "AWS::DocDB::DBCluster", "DBClusterIdentifier"),
    ("AWS::EC2::Route", "DestinationPrefixListId", "AWS::EC2::PrefixList", "PrefixListId"),
    ("AWS::EC2::Route", "VpcEndpointId", "AWS::EC2::VPCEndpoint", "Id"),
    ("AWS::ECS::CapacityProvider", "ClusterName", "AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Daemon", "CapacityProviderArns", "AWS::ECS::CapacityProvider", "Name"),
    ("AWS::ECS::Daemon", "ClusterArn", "AWS::ECS::Cluster", "Arn"),
    ("AWS::ECS::Daemon", "DaemonTaskDefinitionArn", "AWS::ECS::DaemonTaskDefinition", "DaemonTaskDefinitionArn"),
    ("AWS::ECS::ExpressGatewayService", "Cluster", "AWS::ECS::Cluster", "Arn"),
    ("AWS::ECS::ExpressGatewayService", "Cluster", "AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Service", "Cluster", "AWS::ECS::Cluster", "Arn"),
    ("AWS::ECS::TaskSet", "Cluster", "AWS::ECS::Cluster", "Arn"),
    ("AWS::ECS::TaskSet", "Cluster", "AWS::ECS::Cluster", "ClusterName"),
    ("AWS::EKS::AccessEntry", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::EKS::Addon", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::EKS::Capability", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::EKS::FargateProfile", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::EKS::IdentityProviderConfig", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::EKS::PodIdentityAssociation", "ClusterName", "AWS::EKS::Cluster", "Name"),
    ("AWS::Glue::Table", "DatabaseName", "AWS::Glue::Database", "DatabaseName"),
    ("AWS::IAM::AccessKey", "UserName", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::GroupPolicy", "GroupName", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::Policy", "Groups", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::Policy", "Roles", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::Policy", "Users", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::RolePolicy", "RoleName", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::UserPolicy", "UserName", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::UserToGroupAddition", "GroupName", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::UserToGroupAddition", "Users", "AWS::IAM::User", "UserName"),
    ("AWS::IoT::PolicyPrincipalAttachment", "PolicyName", "AWS::IoT::Policy", "PolicyName"),
    ("AWS::Kinesis::StreamConsumer", "StreamARN", "AWS::Kinesis::Stream", "Arn"),
    ("AWS::Neptune::DBCluster", "SourceDBClusterIdentifier", "AWS::Neptune::DBCluster", "DBClusterIdentifier"),
    ("AWS::Neptune::DBInstance", "DBClusterIdentifier", "AWS::Neptune::DBCluster", "DBClusterIdentifier"),
    ("AWS::Neptune::GlobalCluster", "SourceDBClusterIdentifier", "AWS::Neptune::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBCluster", "SourceDBClusterIdentifier", "AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "SourceDBClusterIdentifier", "AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBProxyEndpoint", "DBProxyName", "AWS::RDS::DBProxy", "DBProxyName"),
    ("AWS::RDS::DBShardGroup", "DBClusterIdentifier", "AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::GlobalCluster", "SourceDBClusterIdentifier", "AWS::RDS::DBCluster", "DBClusterArn"),
    ("AWS::RedshiftServerless::Workgroup", "NamespaceName", "AWS::RedshiftServerless::Namespace", "NamespaceName"),
    ("AWS::Route53::DNSSEC", "HostedZoneId", "AWS::Route53::HostedZone", "Id"),
    ("AWS::Route53::KeySigningKey", "HostedZoneId", "AWS::Route53::HostedZone", "Id"),
    ("AWS::Route53::RecordSet", "HostedZoneId", "AWS::Route53::HostedZone", "Id"),
    ("AWS::Route53::RecordSetGroup", "HostedZoneId", "AWS::Route53::HostedZone", "Id"),
    ("AWS::S3::MultiRegionAccessPoint", "Regions.Bucket", "AWS::S3::Bucket", "BucketName"),
    ("AWS::S3Vectors::Index", "VectorBucketArn", "AWS::S3Vectors::VectorBucket", "VectorBucketArn"),
    ("AWS::S3Vectors::Index", "VectorBucketName", "AWS::S3Vectors::VectorBucket", "VectorBucketName"),
    ("AWS::SQS::QueueInlinePolicy", "Queue", "AWS::SQS::Queue", "QueueUrl"),
    ("AWS::SecretsManager::RotationSchedule", "SecretId", "AWS::SecretsManager::Secret", "Id"),
];

/// Relations of the schema that are wrong: a property at the top of a type, and what it names.
#[rustfmt::skip]
const CORRECTED: &[(&str, &str, &str, &str)] = &[
    // What `Ref` gives of a scalable target: `ResourceId|ScalableDimension|ServiceNamespace`. The schema has
    // the `ResourceId` alone.
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalingpolicy.html>
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "ScalingTargetId", "AWS::ApplicationAutoScaling::ScalableTarget", "Id"),
];

/// Properties, at any depth, that name a part of the same resource, any host, or the value of any attribute of a load
/// balancer, though the schema relates them to resources.
const ANYTHING: &[(&str, &[&str])] = &[
    ("AWS::CloudFront::Distribution", &["DomainName", "Id", "TargetOriginId"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Value"]),
];

/// Properties by which a resource of a type names what may be deleted before it, or with it; without
/// properties, all of them.
const LETS_GO: &[(&str, &[&str])] = &[
    // A route goes with its table, and what it leads to leaves a black hole.
    // <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html>
    // Not so the endpoint of a Gateway Load Balancer, whose routes have to be deleted before it
    // (API_DeleteVpcEndpoints), nor a managed prefix list: "You must first remove all references"
    // (API_DeleteManagedPrefixList).
    (
        "AWS::EC2::Route",
        &[
            "CarrierGatewayId",
            "EgressOnlyInternetGatewayId",
            "GatewayId",
            "InstanceId",
            "NatGatewayId",
            "RouteTableId",
            "TransitGatewayId",
            "VpcPeeringConnectionId",
        ],
    ),
    ("AWS::EC2::FlowLog", &[]),
    // What is a template for resources to come has no interface. A security group is refused to be deleted
    // for an interface, for a rule of another group and for an association with a VPC
    // (API_DeleteSecurityGroup), a subnet for what runs in it (API_DeleteSubnet): what is made of the
    // template then holds both, and not the template.
    ("AWS::AutoScaling::LaunchConfiguration", &[]),
    ("AWS::CodeBuild::Project", &["SecurityGroupIds", "Subnets", "VpcId"]),
    ("AWS::EC2::LaunchTemplate", &[]),
    // Its bus is held (API_DeleteEventBus).
    ("AWS::Events::Rule", &["SecurityGroups", "Subnets"]),
    ("AWS::Glue::Connection", &["SecurityGroupIdList", "SubnetId"]),
    ("AWS::ImageBuilder::InfrastructureConfiguration", &["InstanceProfileName", "SecurityGroupIds", "SubnetId"]),
    ("AWS::SageMaker::EndpointConfig", &["SecurityGroupIds", "Subnets"]),
    ("AWS::SageMaker::Model", &["SecurityGroupIds", "Subnets"]),
    ("AWS::Scheduler::Schedule", &["SecurityGroups", "Subnets"]),
    // The rules of a group go with it; a rule of another group that names it holds it
    // (API_DeleteSecurityGroup).
    ("AWS::EC2::SecurityGroupEgress", &["GroupId"]),
    ("AWS::EC2::SecurityGroupIngress", &["GroupId", "GroupName"]),
    // EC2 does not know the groups of subnets that other services keep. What runs in them holds a
    // subnet by its interfaces (API_DeleteSubnet).
    ("AWS::DAX::SubnetGroup", &["SubnetIds"]),
    ("AWS::DMS::ReplicationSubnetGroup", &["SubnetIds"]),
    ("AWS::DocDB::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::EC2::SubnetNetworkAclAssociation", &["SubnetId"]),
    ("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId"]),
    ("AWS::ElastiCache::SubnetGroup", &["SubnetIds"]),
    ("AWS::MemoryDB::SubnetGroup", &["SubnetIds"]),
    ("AWS::Neptune::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::RDS::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::Redshift::ClusterSubnetGroup", &["SubnetIds"]),
    // Nor what other services relate to a VPC.
    ("AWS::EC2::VPCDHCPOptionsAssociation", &["VpcId"]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["VpcId"]),
    ("AWS::Route53::HostedZone", &["VPCId"]),
    ("AWS::WAFv2::LoggingConfiguration", &["ResourceArn"]),
];

/// Types that AWS deletes although others name them, except by the listed types: their references prevent the deletion.
/// A resource that exists within a deleted one is deleted with it.
pub(super) const RELEASED: &[(&str, &[&str])] = &[
    // Its archive rules are below it (API_DeleteArchiveRule).
    ("AWS::AccessAnalyzer::Analyzer", &[]),
    // "Please remove all base path mappings".
    ("AWS::ApiGateway::RestApi", &["AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::BasePathMappingV2"]),
    ("AWS::ApiGatewayV2::Api", &["AWS::ApiGatewayV2::ApiMapping"]),
    ("AWS::AutoScaling::AutoScalingGroup", &[]),
    ("AWS::CloudWatch::Alarm", &[]),
    ("AWS::Cognito::IdentityPool", &[]),
    // "It has a domain configured that should be deleted first".
    ("AWS::Cognito::UserPool", &["AWS::Cognito::UserPoolDomain"]),
    // API_DeleteDBCluster: a cluster that has instances, or is in a global cluster.
    ("AWS::DocDB::DBCluster", &["AWS::DocDB::DBInstance", "AWS::DocDB::GlobalCluster"]),
    ("AWS::DynamoDB::GlobalTable", &[]),
    ("AWS::DynamoDB::Table", &[]),
    // TerminateInstances is refused by protection only.
    ("AWS::EC2::Instance", &[]),
    // API_DeleteInternetGateway: attached.
    ("AWS::EC2::InternetGateway", &["AWS::EC2::VPCGatewayAttachment"]),
    ("AWS::EC2::KeyPair", &[]),
    ("AWS::EC2::LaunchTemplate", &[]),
    // API_DeleteNetworkAcl, API_DeleteRouteTable: associated.
    ("AWS::EC2::NetworkAcl", &["AWS::EC2::SubnetNetworkAclAssociation"]),
    ("AWS::EC2::RouteTable", &["AWS::EC2::GatewayRouteTableAssociation", "AWS::EC2::SubnetRouteTableAssociation"]),
    ("AWS::ECR::Repository", &[]),
    // API_DeleteCluster: ClusterContainsServicesException, ClusterContainsTasksException,
    // ClusterContainsCapacityProviderException.
    (
        "AWS::ECS::Cluster",
        &[
            "AWS::ECS::CapacityProvider",
            "AWS::ECS::Daemon",
            "AWS::ECS::ExpressGatewayService",
            "AWS::ECS::Service",
            "AWS::ECS::TaskSet",
        ],
    ),
    ("AWS::ECS::TaskDefinition", &[]),
    // API_DeleteFileSystem: mount targets.
    ("AWS::EFS::AccessPoint", &[]),
    ("AWS::EFS::FileSystem", &["AWS::EFS::MountTarget"]),
    // API_DeleteCluster: "If you have managed node groups or Fargate profiles attached to the cluster, you must delete
    // them first"; ResourceInUseException, "Cluster has capabilities attached":
    // <https://github.com/ekristen/aws-nuke/issues/970>.
    ("AWS::EKS::Cluster", &["AWS::EKS::Capability", "AWS::EKS::FargateProfile", "AWS::EKS::Nodegroup"]),
    // API_DeleteUser: "removed from all user groups".
    ("AWS::ElastiCache::User", &[]),
    // API_DeleteLoadBalancer deletes the listeners; an endpoint service is refused, and API Gateway makes one
    // of the balancer that a VPC link of a REST API names (API Gateway's API_CreateVpcLink).
    ("AWS::ElasticLoadBalancingV2::Listener", &[]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["AWS::ApiGateway::VpcLink", "AWS::EC2::VPCEndpointService"]),
    // API_DeleteTargetGroup: "not referenced by any actions".
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        &["AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"],
    ),
    // API_DeleteEventBus: rules.
    ("AWS::Events::EventBus", &["AWS::Events::Rule"]),
    // API_DeleteDatabase (Glue): its tables go with it.
    ("AWS::Glue::Database", &[]),
    // API_DeleteGroup, API_DeleteRole, API_DeleteUser: DeleteConflict.
    (
        "AWS::IAM::Group",
        &[
            "AWS::IAM::GroupPolicy",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Policy",
            "AWS::IAM::User",
            "AWS::IAM::UserToGroupAddition",
        ],
    ),
    (
        "AWS::IAM::Role",
        &["AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"],
    ),
    (
        "AWS::IAM::User",
        &[
            "AWS::IAM::AccessKey",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Policy",
            "AWS::IAM::UserPolicy",
            "AWS::IAM::UserToGroupAddition",
        ],
    ),
    ("AWS::KMS::Alias", &[]),
    // API_ScheduleKeyDeletion asks nobody, and deletes the aliases.
    ("AWS::KMS::Key", &[]),
    // API_DeleteStream: ResourceInUseException where there are consumers.
    ("AWS::Kinesis::Stream", &["AWS::Kinesis::StreamConsumer"]),
    ("AWS::KinesisFirehose::DeliveryStream", &[]),
    ("AWS::Lambda::Alias", &[]),
    ("AWS::Lambda::Function", &[]),
    ("AWS::Lambda::LayerVersion", &[]),
    // API_DeleteFunction: a version that an alias names.
    ("AWS::Lambda::Version", &["AWS::Lambda::Alias"]),
    ("AWS::Logs::LogGroup", &[]),
    ("AWS::Neptune::DBCluster", &["AWS::Neptune::DBInstance", "AWS::Neptune::GlobalCluster"]),
    ("AWS::RDS::DBCluster", &["AWS::RDS::DBInstance", "AWS::RDS::DBShardGroup", "AWS::RDS::GlobalCluster"]),
    ("AWS::RDS::DBInstance", &[]),
    // API_DeleteHostedZone: other records, or DNSSEC.
    (
        "AWS::Route53::HostedZone",
        &[
            "AWS::Route53::DNSSEC",
            "AWS::Route53::KeySigningKey",
            "AWS::Route53::RecordSet",
            "AWS::Route53::RecordSetGroup",
        ],
    ),
    // BucketHasAccessPointsAttached.
    ("AWS::S3::Bucket", &["AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint"]),
    ("AWS::SNS::Topic", &[]),
    ("AWS::SQS::Queue", &[]),
    ("AWS::SSM::Document", &[]),
    ("AWS::SSM::Parameter", &[]),
    ("AWS::SecretsManager::Secret", &[]),
    ("AWS::StepFunctions::StateMachine", &[]),
];

impl ResourceType {
    /// Returns what the value at a path, as in `VpcConfig.SubnetIds.0`, may identify, according to the schema and the
    /// table. The list may be incomplete.
    pub fn relations(&self, path: &str) -> Vec<Reference> {
        self.property(path).map_or_else(Vec::new, |property| self.relations_of(property, path))
    }

    /// Returns the same as [`relations`](Self::relations), for a known property at the path.
    pub fn relations_of(&self, property: &Property, path: &str) -> Vec<Reference> {
        if ANYTHING.iter().any(|(name, names)| *name == self.name && names.contains(&last_name(path))) {
            return Vec::new();
        }
        let rows = |table: &'static [(&'static str, &'static str, &'static str, &'static str)]| {
            let rows = table.iter().filter(|row| row.0 == self.name && is_at(row.1, path));
            rows.map(|row| Reference { resource: row.2, attribute: row.3 }).collect::<Vec<_>>()
        };
        let corrected = rows(CORRECTED);
        let stated = if corrected.is_empty() { property.references.clone() } else { corrected };
        stated.into_iter().chain(rows(MORE)).collect()
    }

    /// Returns whether only the table, and not the schema, says what the value at a path names.
    pub fn has_more_relations(&self, path: &str) -> bool {
        MORE.iter().any(|row| row.0 == self.name && is_at(row.1, path))
    }

    /// Returns whether a resource of this type that names one of the type `named` at a path, as in
    /// `VpcConfig.SubnetIds.0`, prevents its deletion: AWS refuses to delete it as long as this resource exists.
    pub fn holds(&self, path: &str, named: &ResourceType) -> bool {
        let relates = self
            .relations(path)
            .into_iter()
            .any(|relation| relation.resource == named.name && named.is_identified_by(relation.attribute));
        let lets_go = |names: &[&str]| names.is_empty() || names.contains(&last_name(path));
        relates
            && !LETS_GO.iter().any(|(name, names)| *name == self.name && lets_go(names))
            && RELEASED.iter().all(|(name, holders)| *name != named.name || holders.contains(&self.name))
    }

    /// Returns whether an attribute or property identifies a resource of this type. The schema also has relations to
    /// other properties, such as from the `CidrIp` of a rule to the `CidrBlock` of a VPC, which hold nothing.
    pub fn is_identified_by(&self, attribute: &str) -> bool {
        self.primary_identifier.contains(&attribute)
            || self.reference().contains(&attribute)
            || ["Arn", "ARN", "Id", "PublicIp", "AliasName"].iter().any(|end| attribute.ends_with(end))
            || self.own_name() == Some(attribute)
    }
}

/// Returns whether a path, as in `Regions.0.Bucket`, leads to a property, as in `Regions.Bucket`.
fn is_at(property: &str, path: &str) -> bool {
    path.split('.').filter(|step| step.parse::<usize>().is_err()).eq(property.split('.'))
}

/// Returns the last name of a path, without list positions after it.
fn last_name(path: &str) -> &str {
    path.rsplit('.').find(|step| step.parse::<usize>().is_err()).unwrap_or_default()
}

/// Returns the places at which a resource of a type may name another one: each of its properties, and those within
/// them.
#[cfg(test)]
pub(super) fn places(resource: &ResourceType) -> Vec<String> {
    fn visit(
        resource: &ResourceType,
        properties: &crate::Properties,
        start: &str,
        depth: u8,
        places: &mut Vec<String>,
    ) {
        for (name, property) in properties {
            let listed = if matches!(property.kind, crate::Kind::List(_)) { ".0" } else { "" };
            let path = format!("{start}{name}{listed}");
            if let (crate::Kind::Type(nested), 1..) = (property.kind.element(), depth)
                && let Some(nested) = resource.types.get(nested)
            {
                visit(resource, nested, &format!("{path}."), depth - 1, places);
            }
            places.push(path);
        }
    }
    let mut places = Vec::new();
    visit(resource, &resource.properties, "", 6, &mut places);
    places
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lookup;

    fn holds(holder: &str, path: &str, named: &str) -> bool {
        lookup(holder).expect("published").holds(path, lookup(named).expect("published"))
    }

    /// A path to a property: the elements of a list are at a position.
    fn place(property: &str) -> String {
        property.replace('.', ".0.")
    }

    #[test]
    fn whatever_is_said_to_keep_another_resource_is_known_to_name_it() {
        let mut unrelated = Vec::new();
        for (name, holders) in RELEASED {
            let named = lookup(name).expect("published");
            // An alias states the number of a version, which every function has: its reference tells which one.
            for holder in holders.iter().filter(|holder| **holder != "AWS::Lambda::Alias") {
                let resource = lookup(holder).expect("published");
                if !places(resource).iter().any(|path| resource.holds(path, named)) {
                    unrelated.push(format!("{holder} names no {name}"));
                }
            }
        }
        assert_eq!(unrelated, [""; 0], "MORE has to say by which property");
    }

    #[test]
    fn every_row_is_about_published_types_and_properties() {
        for (name, property, named, attribute) in MORE {
            let resource = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let named = lookup(named).unwrap_or_else(|| panic!("AWS publishes no {named}"));
            let stated = resource.property(&place(property)).unwrap_or_else(|| panic!("{name} has no {property}"));
            let more = Reference { resource: named.name, attribute };
            assert!(!stated.references.contains(&more), "the schema states {name} {property}");
            assert!(named.is_identified_by(attribute), "{} is not identified by {attribute}", named.name);
        }
        for (name, property, named, attribute) in CORRECTED {
            let resource = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let right = Reference { resource: named, attribute };
            let stated = &resource.properties[property].references;
            assert!(!stated.is_empty() && !stated.contains(&right), "the schema is right about {name} {property}");
            let named = lookup(named).unwrap_or_else(|| panic!("AWS publishes no {}", right.resource));
            assert!(named.is_identified_by(attribute), "{} is not identified by {attribute}", named.name);
        }
        for (name, names) in LETS_GO.iter().chain(ANYTHING) {
            let resource = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let properties = || std::iter::once(&resource.properties).chain(resource.types.values());
            for wanted in *names {
                assert!(properties().any(|properties| properties.contains_key(wanted)), "{name} has no {wanted}");
            }
        }
        let mut seen = BTreeSet::new();
        for (name, holders) in RELEASED {
            assert!(lookup(name).is_some() && seen.insert(name), "{name}: no type, or twice");
            for holder in *holders {
                assert!(lookup(holder).is_some(), "AWS publishes no {holder}");
            }
        }
    }

    #[test]
    fn what_is_in_use_is_held() {
        assert!(holds("AWS::EC2::Subnet", "VpcId", "AWS::EC2::VPC"));
        assert!(holds("AWS::RDS::DBInstance", "DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"));
        assert!(holds("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "AWS::EC2::SecurityGroup"));
        assert!(holds("AWS::IAM::RolePolicy", "RoleName", "AWS::IAM::Role"));
        assert!(holds("AWS::EKS::Capability", "ClusterName", "AWS::EKS::Cluster"));
        assert!(holds("AWS::S3Vectors::Index", "VectorBucketArn", "AWS::S3Vectors::VectorBucket"));
        assert!(holds("AWS::ApiGateway::VpcLink", "TargetArns.0", "AWS::ElasticLoadBalancingV2::LoadBalancer"));
        assert!(holds(
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Actions.0.TargetGroupArn",
            "AWS::ElasticLoadBalancingV2::TargetGroup"
        ));
    }

    #[test]
    fn what_takes_a_name_or_an_arn_is_related_by_both() {
        for (name, property, named, attributes) in [
            ("AWS::ECS::ExpressGatewayService", "Cluster", "AWS::ECS::Cluster", ["Arn", "ClusterName"]),
            ("AWS::ECS::Service", "Cluster", "AWS::ECS::Cluster", ["Arn", "ClusterName"]),
            ("AWS::ECS::TaskSet", "Cluster", "AWS::ECS::Cluster", ["Arn", "ClusterName"]),
            (
                "AWS::RDS::GlobalCluster",
                "SourceDBClusterIdentifier",
                "AWS::RDS::DBCluster",
                ["DBClusterArn", "DBClusterIdentifier"],
            ),
        ] {
            let relations = lookup(name).expect("published").relations(property);
            for attribute in attributes {
                let wanted = Reference { resource: named, attribute };
                assert!(relations.contains(&wanted), "{name} {property} {attribute}: {relations:?}");
            }
        }
    }

    #[test]
    fn a_template_of_what_is_to_come_holds_neither_groups_nor_subnets() {
        let group = |holder, path| holds(holder, path, "AWS::EC2::SecurityGroup");
        assert!(!group("AWS::AutoScaling::LaunchConfiguration", "SecurityGroups.0"));
        assert!(!group("AWS::CodeBuild::Project", "VpcConfig.SecurityGroupIds.0"));
        assert!(!group("AWS::EC2::LaunchTemplate", "LaunchTemplateData.NetworkInterfaces.0.Groups.0"));
        let rule = "Targets.0.EcsParameters.NetworkConfiguration.AwsVpcConfiguration.SecurityGroups.0";
        assert!(!group("AWS::Events::Rule", rule));
        assert!(!group(
            "AWS::Glue::Connection",
            "ConnectionInput.PhysicalConnectionRequirements.SecurityGroupIdList.0"
        ));
        assert!(!group("AWS::ImageBuilder::InfrastructureConfiguration", "SecurityGroupIds.0"));
        assert!(!group("AWS::SageMaker::EndpointConfig", "VpcConfig.SecurityGroupIds.0"));
        assert!(!group("AWS::SageMaker::Model", "VpcConfig.SecurityGroupIds.0"));
        let schedule = "Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.0";
        assert!(!group("AWS::Scheduler::Schedule", schedule));
        assert!(!holds("AWS::SageMaker::Model", "VpcConfig.Subnets.0", "AWS::EC2::Subnet"));

        assert!(group("AWS::Lambda::Function", "VpcConfig.SecurityGroupIds.0"), "it has interfaces");
        assert!(holds("AWS::Events::Rule", "EventBusName", "AWS::Events::EventBus"));
    }

    #[test]
    fn a_route_holds_what_aws_keeps_for_it_and_leaves_a_black_hole_otherwise() {
        assert!(holds("AWS::EC2::Route", "VpcEndpointId", "AWS::EC2::VPCEndpoint"));
        assert!(holds("AWS::EC2::Route", "DestinationPrefixListId", "AWS::EC2::PrefixList"));
        for (path, named) in [
            ("NatGatewayId", "AWS::EC2::NatGateway"),
            ("GatewayId", "AWS::EC2::InternetGateway"),
            ("TransitGatewayId", "AWS::EC2::TransitGateway"),
            ("VpcPeeringConnectionId", "AWS::EC2::VPCPeeringConnection"),
        ] {
            assert!(!holds("AWS::EC2::Route", path, named), "{path}");
        }
    }

    #[test]
    fn what_goes_along_or_is_not_asked_about_is_not_held() {
        assert!(!holds("AWS::EC2::SecurityGroupIngress", "GroupId", "AWS::EC2::SecurityGroup"));
        assert!(!holds("AWS::EC2::Route", "RouteTableId", "AWS::EC2::RouteTable"));
        assert!(!holds("AWS::RDS::DBSubnetGroup", "SubnetIds.0", "AWS::EC2::Subnet"));
        assert!(!holds("AWS::Lambda::Function", "Role", "AWS::IAM::Role"));
        assert!(!holds("AWS::S3::BucketPolicy", "Bucket", "AWS::S3::Bucket"));
        assert!(!holds("AWS::RDS::DBInstance", "KmsKeyId", "AWS::KMS::Key"));
    }
}
