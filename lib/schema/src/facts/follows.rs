//! The outputs of a resource that follow a property when it is changed in place.

use crate::resource::ResourceType;

/// The names of a Secrets Manager secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretEntry {
    /// CloudFormation's name of the type.
    pub type_name: &'static str,
    /// The name of the value in this table.
    pub value: &'static str,
    /// The property that makes a value.
    pub generated: &'static str,
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html>
pub const SECRET_ENTRY: SecretEntry =
    SecretEntry { type_name: "AWS::SecretsManager::Secret", value: "SecretString", generated: "GenerateSecretString" };

/// Outputs that follow properties of other names, or only these. Under the name `SecretString` a
/// secret has its value, though that is no attribute of the schema.
///
/// Each row replaces the rules of [`ResourceType::follows`] for its output.
#[rustfmt::skip]
const FOLLOWS: &[(&str, &str, &[&str])] = &[
    // The configuration that is in use, and its revision (API_UpdateBroker).
    ("AWS::AmazonMQ::Broker", "ConfigurationId", &["Configuration"]),
    ("AWS::AmazonMQ::Broker", "ConfigurationRevision", &["Configuration"]),
    ("AWS::CloudFront::Function", "Stage", &["AutoPublish"]),
    // A stream that is turned on, or of another view, has a new ARN (API_StreamSpecification).
    ("AWS::DynamoDB::GlobalTable", "StreamArn", &["StreamSpecification"]),
    ("AWS::DynamoDB::Table", "StreamArn", &["StreamSpecification"]),
    // These changes stop and start the instance, which then has another public address,
    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html>.
    ("AWS::EC2::Instance", "PublicDnsName", &["EbsOptimized", "InstanceType", "UserData"]),
    ("AWS::EC2::Instance", "PublicIp", &["EbsOptimized", "InstanceType", "UserData"]),
    ("AWS::EC2::NetworkInterface", "SecondaryPrivateIpAddresses", &["PrivateIpAddresses", "SecondaryPrivateIpAddressCount"]),
    ("AWS::EC2::Subnet", "Ipv6CidrBlocks", &["Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength"]),
    // An interface in each subnet, and names for each zone (API_ModifyVpcEndpoint).
    ("AWS::EC2::VPCEndpoint", "DnsEntries", &["DnsOptions", "IpAddressType", "PrivateDnsEnabled", "SubnetIds"]),
    ("AWS::EC2::VPCEndpoint", "NetworkInterfaceIds", &["SubnetIds"]),
    ("AWS::EKS::Cluster", "EncryptionConfigKeyArn", &["EncryptionConfig"]),
    // One address and port for each node (API_ModifyReplicationGroup).
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.Addresses", &["NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"]),
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.AddressesList", &["NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"]),
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.Ports", &["NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"]),
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.PortsList", &["NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"]),
    ("AWS::Grafana::Workspace", "SamlConfigurationStatus", &["SamlConfiguration"]),
    ("AWS::Lambda::Function", "SnapStartResponse", &["SnapStart"]),
    ("AWS::Lambda::Function", "SnapStartResponse.ApplyOn", &["SnapStart"]),
    ("AWS::Lambda::Function", "SnapStartResponse.OptimizationStatus", &["SnapStart"]),
    ("AWS::OpenSearchService::Domain", "DomainEndpointV2", &["IPAddressType"]),
    // RDS makes a secret when it is to manage the password, and removes it afterwards
    // (API_ModifyDBInstance, API_ModifyDBCluster).
    ("AWS::RDS::DBCluster", "MasterUserSecret.SecretArn", &["ManageMasterUserPassword", "MasterUserSecret"]),
    ("AWS::RDS::DBCluster", "StorageThroughput", &["AllocatedStorage", "Iops", "StorageType"]),
    ("AWS::RDS::DBInstance", "CertificateDetails.CAIdentifier", &["CACertificateIdentifier"]),
    ("AWS::RDS::DBInstance", "CertificateDetails.ValidTill", &["CACertificateIdentifier", "CertificateRotationRestart"]),
    ("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn", &["ManageMasterUserPassword", "MasterUserSecret"]),
    // Another rule for generation makes another value, as CloudFormation does,
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html>.
    ("AWS::SecretsManager::Secret", "SecretString", &["GenerateSecretString", "SecretString"]),
    ("AWS::WAFv2::WebACL", "Capacity", &["Rules"]),
];

impl ResourceType {
    /// Returns whether an in-place change of `property` (a name or a path, as in `Tags` or
    /// `LaunchTemplateData.ImageId`) may change the output `attribute`:
    /// - an output that is a property, or part of one, follows that property;
    /// - an attribute whose last part has the name of a property follows it, as `Endpoint.Port` does
    ///   `Port`;
    /// - a version, revision or ETag of the resource, and when it was last changed, follow every
    ///   property; see [`counts_changes`](Self::counts_changes);
    /// - an object follows what a part of it follows;
    /// - what the table says besides.
    ///
    /// No part of the identifier that AWS gives follows anything: with another one it is another
    /// resource.
    pub fn follows(&self, attribute: &str, property: &str) -> bool {
        let property = property.split('.').next().unwrap_or_default();
        let mut rows = FOLLOWS.iter().filter(|row| row.0 == self.name);
        if let Some((_, _, followed)) = rows.find(|row| row.1 == attribute) {
            return followed.contains(&property);
        }
        let given = self.attributes.contains_key(attribute) && !self.properties.contains_key(attribute);
        if given && self.primary_identifier.contains(&attribute) {
            return false;
        }
        let first = attribute.split('.').next().unwrap_or_default();
        let last = attribute.rsplit('.').next().unwrap_or_default();
        let named = first == property || last == property;
        let in_it = |name: &&&str| name.strip_prefix(attribute).is_some_and(|rest| rest.starts_with('.'));
        named
            || self.counts_changes(attribute)
            || given && is_time_of_change(last)
            || self.attributes.keys().filter(in_it).any(|part| self.follows(part, property))
    }
}

/// Returns whether an attribute, by its name, is the time of the resource's last change.
fn is_time_of_change(name: &str) -> bool {
    let changed = ["LastModified", "LastUpdate", "Modified", "Updated"].iter().any(|start| name.starts_with(start));
    changed && ["At", "Date", "Modified", "Time", "Timestamp", "Updated"].iter().any(|end| name.ends_with(end))
        || name == "UpdateTime"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{all, lookup};

    fn follows(type_name: &str, attribute: &str, property: &str) -> bool {
        lookup(type_name).expect("published").follows(attribute, property)
    }

    #[test]
    fn every_row_names_an_output_and_properties_that_can_change_in_place() {
        for (name, attribute, properties) in FOLLOWS {
            let resource = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let known = resource.attributes.contains_key(attribute) || resource.properties.contains_key(attribute);
            assert!(known, "{name} has no {attribute}");
            for property in *properties {
                assert!(resource.properties.contains_key(property), "{name} has no property {property}");
            }
        }
    }

    #[test]
    fn an_attribute_follows_the_property_of_its_name() {
        assert!(follows("AWS::RDS::DBInstance", "Endpoint.Port", "Port"));
        assert!(follows("AWS::RDS::DBCluster", "Endpoint.Port", "Port"));
        assert!(follows("AWS::RDS::DBInstance", "Endpoint", "Port"), "the port is in it");
        assert!(!follows("AWS::RDS::DBInstance", "Endpoint.Address", "Port"));
        assert!(!follows("AWS::RDS::DBInstance", "Endpoint.Port", "MultiAZ"));
        assert!(follows("AWS::Logs::LogGroup", "RetentionInDays", "RetentionInDays"), "a property is an output, too");
    }

    #[test]
    fn a_version_follows_every_property() {
        assert!(follows("AWS::EC2::LaunchTemplate", "LatestVersionNumber", "LaunchTemplateData.ImageId"));
        assert!(!follows("AWS::EC2::LaunchTemplate", "LaunchTemplateId", "LaunchTemplateData.ImageId"));
    }

    #[test]
    fn what_the_names_do_not_say_is_in_the_table() {
        assert!(follows("AWS::SecretsManager::Secret", "SecretString", "GenerateSecretString.PasswordLength"));
        assert!(!follows("AWS::SecretsManager::Secret", "Id", "GenerateSecretString"));
        assert!(follows("AWS::DynamoDB::Table", "StreamArn", "StreamSpecification.StreamViewType"));
        assert!(follows("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn", "ManageMasterUserPassword"));
        assert!(!follows("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn", "Port"));
    }

    #[test]
    fn no_identifier_that_aws_gives_follows_anything() {
        for name in all() {
            let resource = lookup(name).expect("listed");
            for part in resource.primary_identifier.iter().filter(|part| !resource.properties.contains_key(**part)) {
                for property in resource.properties.keys() {
                    assert!(!resource.follows(part, property), "{name}: {part} follows {property}");
                }
            }
        }
    }
}
