//! The target of a text by its name, if the schema has no relation for it.
//!
//! The schema's relations are good but few: of `KeyName`, `CacheSubnetGroupName` or the `ClusterName` of an EKS add-on
//! it defines nothing, though the meaning is obvious. Two rules define it for every service, so that a newer schema
//! needs no new row:
//!
//! 1. `ClusterName` is the identifier of the one resource type of the same service that is called `Cluster`
//!    and is identified by a `ClusterName` or a `Name`.
//! 2. If the service has no such type, the end of the name defines it: `…RoleArn` means a role. [`ENDINGS`] has these.
//!
//! [`EXCEPTIONS`] are the names with another meaning, or that no rule covers.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{Reference, ResourceType};

use super::names;

type Target = (&'static str, &'static str);

const ALIAS: Target = ("AWS::KMS::Alias", "AliasName");
const KEY_ARN: Target = ("AWS::KMS::Key", "Arn");
const KEY_ID: Target = ("AWS::KMS::Key", "KeyId");
const KEY_PAIR: Target = ("AWS::EC2::KeyPair", "KeyName");
const LOG_GROUP: Target = ("AWS::Logs::LogGroup", "LogGroupName");
const SECURITY_GROUP: Target = ("AWS::EC2::SecurityGroup", "GroupId");
const SUBNET: Target = ("AWS::EC2::Subnet", "SubnetId");
const TOPIC: Target = ("AWS::SNS::Topic", "TopicArn");

/// The meanings of the last words of a name in every service, in the singular.
const ENDINGS: &[(&str, &[Target])] = &[
    ("bucket_arn", &[("AWS::S3::Bucket", "Arn")]),
    ("bucket_name", &[("AWS::S3::Bucket", "BucketName")]),
    ("certificate_arn", &[("AWS::CertificateManager::Certificate", "CertificateArn")]),
    ("ec2_key_name", &[KEY_PAIR]),
    ("ec2_ssh_key", &[KEY_PAIR]),
    ("hosted_zone_id", &[("AWS::Route53::HostedZone", "Id")]),
    ("instance_profile_arn", &[("AWS::IAM::InstanceProfile", "Arn")]),
    ("instance_profile_name", &[("AWS::IAM::InstanceProfile", "InstanceProfileName")]),
    ("kms_key", &[ALIAS, KEY_ARN, KEY_ID]),
    ("kms_key_arn", &[KEY_ARN]),
    ("kms_key_id", &[ALIAS, KEY_ARN, KEY_ID]),
    ("kms_key_identifier", &[ALIAS, KEY_ARN, KEY_ID]),
    ("load_balancer_arn", &[("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn")]),
    ("log_group", &[LOG_GROUP]),
    ("log_group_arn", &[("AWS::Logs::LogGroup", "Arn")]),
    ("log_group_name", &[LOG_GROUP]),
    ("network_interface_id", &[("AWS::EC2::NetworkInterface", "Id")]),
    ("notification_topic_arn", &[TOPIC]),
    ("role_arn", &[("AWS::IAM::Role", "Arn")]),
    ("route_table_id", &[("AWS::EC2::RouteTable", "RouteTableId")]),
    ("secret_arn", &[("AWS::SecretsManager::Secret", "Id")]),
    ("security_group", &[SECURITY_GROUP]),
    ("security_group_id", &[SECURITY_GROUP]),
    ("sns_topic_arn", &[TOPIC]),
    ("ssh_key_name", &[KEY_PAIR]),
    ("subnet", &[SUBNET]),
    ("subnet_id", &[SUBNET]),
    ("table_bucket_arn", &[("AWS::S3Tables::TableBucket", "TableBucketARN")]),
    ("target_group_arn", &[("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn")]),
    ("user_pool_id", &[("AWS::Cognito::UserPool", "UserPoolId")]),
    ("vector_bucket_arn", &[("AWS::S3Vectors::VectorBucket", "VectorBucketArn")]),
    ("vpc_endpoint_id", &[("AWS::EC2::VPCEndpoint", "Id")]),
    ("vpc_id", &[("AWS::EC2::VPC", "VpcId")]),
];

/// The meanings of a name in a type, or in all of a service (`AWS::EC2::`), in every nested type or in one
/// (`AliasTarget.HostedZoneId`); empty for plain text.
#[rustfmt::skip]
const EXCEPTIONS: &[(&str, &str, &[Target])] = &[
    // Key pairs, which the names do not call so.
    ("AWS::AutoScaling::", "KeyName", &[KEY_PAIR]),
    ("AWS::EC2::", "KeyName", &[KEY_PAIR]),
    ("AWS::EVS::Environment", "KeyName", &[KEY_PAIR]),
    ("AWS::WorkspacesInstances::WorkspaceInstance", "KeyName", &[KEY_PAIR]),
    // Security groups.
    ("AWS::EC2::SecurityGroupVpcAssociation", "GroupId", &[SECURITY_GROUP]),
    ("AWS::EC2::SpotFleet", "GroupIdentifier.GroupId", &[SECURITY_GROUP]),
    // Names of security groups, as EC2-Classic had them; those of other services; ARNs; a list in a text.
    ("AWS::EC2::Instance", "SecurityGroups", &[]),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.SecurityGroups", &[]),
    ("AWS::ECS::ExpressGatewayService", "LoadBalancerSecurityGroups", &[]),
    ("AWS::ECS::ExpressGatewayService", "ServiceSecurityGroups", &[]),
    ("AWS::ECS::ExpressGatewayService", "ECSManagedResourceArns.LogGroups", &[]),
    ("AWS::MediaLive::Channel", "ChannelSecurityGroups", &[]),
    ("AWS::RDS::DBInstance", "DBSecurityGroups", &[]),
    ("AWS::SecretsManager::RotationSchedule", "VpcSecurityGroupIds", &[]),
    // The zone of what an alias leads to is a load balancer's or a distribution's, and that of an endpoint is
    // one of AWS's.
    ("AWS::RDS::DBInstance", "Endpoint.HostedZoneId", &[]),
    ("AWS::VpcLattice::", "DnsEntry.HostedZoneId", &[]),
    ("AWS::Route53::RecordSet", "AliasTarget.HostedZoneId", &[]),
    ("AWS::Route53::RecordSetGroup", "AliasTarget.HostedZoneId", &[]),
    // Certificates of things, and profiles that are none of IAM.
    ("AWS::DMS::", "InstanceProfileName", &[]),
    ("AWS::Greengrass::", "CertificateArn", &[("AWS::IoT::Certificate", "Arn")]),
    ("AWS::IoTCoreDeviceAdvisor::", "CertificateArn", &[("AWS::IoT::Certificate", "Arn")]),
    // Buckets that are none of S3.
    ("AWS::Lightsail::", "BucketName", &[]),
    ("AWS::S3Express::", "BucketArn", &[("AWS::S3Express::DirectoryBucket", "Arn")]),
    ("AWS::S3Outposts::", "BucketName", &[]),
    ("AWS::S3Tables::", "TableBucketName", &[]),
    ("AWS::S3Vectors::", "VectorBucketName", &[]),
];

/// Attributes that end like this are about what AWS owns: the zone of a load balancer's name.
const NOT_OF_ATTRIBUTES: &str = "hosted_zone_id";

/// Names that say too little: a `DomainName` is one of DNS far more often than one of the service.
const SAY_LITTLE: [&str; 4] = ["Arn", "DomainName", "Id", "Name"];

/// The identifiers of a service's types, by what a property that means one is called.
pub(crate) struct Named {
    identifiers: BTreeMap<(&'static str, String), BTreeSet<Reference>>,
}

impl Named {
    /// Of the identifiers of all types.
    pub(crate) fn new(identifiers: impl Iterator<Item = Reference>) -> Self {
        let mut found: BTreeMap<_, BTreeSet<Reference>> = BTreeMap::new();
        for target in identifiers {
            let resource = super::ids::find(&target);
            let spelled = [target.attribute.to_owned(), format!("{}{}", resource.short_name(), target.attribute)];
            for name in spelled.into_iter().filter(|name| !SAY_LITTLE.contains(&name.as_str())) {
                let name = singular(&name);
                if says(&name, resource) {
                    found.entry((resource.service(), name)).or_default().insert(target.clone());
                }
            }
        }
        Self { identifiers: found }
    }

    /// Returns the targets of a property of a resource type, at the top or in a nested type, by its name.
    pub(crate) fn of_property(&self, resource: &ResourceType, nested: &str, name: &str) -> Vec<Reference> {
        let path = format!("{nested}.{name}");
        let exception = EXCEPTIONS.iter().find(|(of, what, _)| {
            (of.ends_with("::") && resource.name.starts_with(of) || *of == resource.name)
                && (*what == name || *what == path)
        });
        match exception {
            Some((.., targets)) => self.elsewhere(resource, targets),
            None => self.of_name(resource, name, ENDINGS),
        }
    }

    /// Returns the targets of an attribute of a resource type, by its name.
    pub(crate) fn of_attribute(&self, resource: &ResourceType, name: &str) -> Vec<Reference> {
        let last = name.rsplit('.').next().unwrap_or(name);
        if ends_in(&singular(last), NOT_OF_ATTRIBUTES) { Vec::new() } else { self.of_name(resource, last, ENDINGS) }
    }

    fn of_name(&self, resource: &ResourceType, name: &str, endings: &[(&str, &[Target])]) -> Vec<Reference> {
        let name = singular(name);
        let same_service = self.identifiers.get(&(resource.service(), name.clone()));
        if let Some(only) = same_service.filter(|targets| targets.len() == 1) {
            // What makes the identifier has it from nobody.
            return only.iter().filter(|target| !is_or_extends(resource, target)).cloned().collect();
        }
        let longest =
            endings.iter().filter(|(ending, _)| ends_in(&name, ending)).max_by_key(|(ending, _)| ending.len());
        longest.map_or_else(Vec::new, |(_, targets)| self.elsewhere(resource, targets))
    }

    fn elsewhere(&self, resource: &ResourceType, targets: &[Target]) -> Vec<Reference> {
        let targets = targets.iter().map(|(resource, attribute)| Reference { resource, attribute });
        targets.filter(|target| target.resource != resource.name).collect()
    }
}

/// Returns whether a type is the target, or another form of it that has a name of the same kind, as a global table has.
fn is_or_extends(resource: &ResourceType, target: &Reference) -> bool {
    let meant = super::ids::find(target);
    let own = resource.primary_identifier.len() == 1 && resource.primary_identifier.contains(&target.attribute);
    meant.name == resource.name || own && words(meant.short_name()).is_subset(&words(resource.short_name()))
}

/// Returns whether a name contains all words of its target, except those of the service.
fn says(name: &str, meant: &ResourceType) -> bool {
    let known: BTreeSet<_> = name.split('_').map(str::to_owned).chain(words(meant.service())).collect();
    words(meant.short_name()).is_subset(&known)
}

fn words(name: &str) -> BTreeSet<String> {
    singular(name).split('_').map(str::to_owned).collect()
}

fn ends_in(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// In snake case, the last word in the singular.
fn singular(name: &str) -> String {
    let name = names::snake(name);
    if name.ends_with("ss") { name } else { name.strip_suffix('s').map_or(name.clone(), str::to_owned) }
}
