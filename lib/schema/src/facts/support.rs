//! Types that can be managed, and alternatives to the others.

use crate::resource::{Handler, ResourceType};

/// Types that Cloud Control does not manage and that have a native handler in the AWS provider. A
/// test there compares.
const NATIVE_ONLY: &[&str] = &["AWS::ElasticLoadBalancingV2::ListenerCertificate", "AWS::IAM::AccessKey"];

/// The alternatives to types without handlers in AWS's registry. A row without `::` in its type is a whole service.
#[rustfmt::skip]
const INSTEAD: &[(&str, &str)] = &[
    ("AWS::AmazonMQ::ConfigurationAssociation", "the property Configuration of AWS::AmazonMQ::Broker"),
    ("AWS::AppSync::GraphQLSchema", "AWS::AppSync::GraphQLApi with a schema that is uploaded by the API"),
    ("AWS::CloudFront::StreamingDistribution", "AWS::CloudFront::Distribution: AWS has ended RTMP distributions"),
    ("AWS::CloudWatch::AnomalyDetector", "AWS::CloudWatch::Alarm with a metric math expression ANOMALY_DETECTION_BAND"),
    ("AWS::EC2::NetworkAclEntry", "AWS::EC2::SecurityGroupIngress and AWS::EC2::SecurityGroupEgress, or the default network ACL"),
    ("AWS::EC2::VPNGatewayRoutePropagation", "AWS::EC2::Route for each destination"),
    ("AWS::ElastiCache::SecurityGroup", "AWS::EC2::SecurityGroup: EC2-Classic has ended"),
    ("AWS::ElastiCache::SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress: EC2-Classic has ended"),
    ("AWS::Elasticsearch::Domain", "AWS::OpenSearchService::Domain"),
    ("AWS::IAM::Policy", "AWS::IAM::RolePolicy, AWS::IAM::UserPolicy or AWS::IAM::GroupPolicy for one of them, AWS::IAM::ManagedPolicy for several"),
    ("AWS::IAM::UserToGroupAddition", "the property Groups of AWS::IAM::User"),
    ("AWS::KinesisAnalytics::Application", "AWS::KinesisAnalyticsV2::Application"),
    ("AWS::LakeFormation::Permissions", "AWS::LakeFormation::PrincipalPermissions"),
    ("AWS::OpsWorks", "AWS::ECS::Service or AWS::EC2::Instance: AWS has ended OpsWorks"),
    ("AWS::OpsWorksCM", "AWS::EC2::Instance: AWS has ended OpsWorks"),
    ("AWS::PinpointEmail", "AWS::SES::ConfigurationSet and AWS::SES::EmailIdentity"),
    ("AWS::QLDB", "AWS::RDS::DBCluster: AWS has ended QLDB"),
    ("AWS::RDS::DBSecurityGroup", "AWS::EC2::SecurityGroup: EC2-Classic has ended"),
    ("AWS::RDS::DBSecurityGroupIngress", "AWS::EC2::SecurityGroupIngress: EC2-Classic has ended"),
    ("AWS::Redshift::ClusterSecurityGroup", "AWS::EC2::SecurityGroup: EC2-Classic has ended"),
    ("AWS::Redshift::ClusterSecurityGroupIngress", "AWS::EC2::SecurityGroupIngress: EC2-Classic has ended"),
    ("AWS::Route53::RecordSetGroup", "AWS::Route53::RecordSet for each record"),
    ("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"),
    ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"),
    ("AWS::Serverless", "the types that AWS's transform makes of it, as AWS::Lambda::Function or AWS::ApiGatewayV2::Api"),
    ("AWS::WAF", "the types of AWS::WAFv2 with the scope CLOUDFRONT"),
    ("AWS::WAFRegional", "the types of AWS::WAFv2 with the scope REGIONAL"),
];

impl ResourceType {
    /// Returns why resources of this type cannot be managed, and what to use instead, if anything; `None` if they can.
    pub fn unsupported(&self) -> Option<String> {
        let needed = [Handler::Create, Handler::Read, Handler::Delete];
        if NATIVE_ONLY.contains(&self.name) || needed.iter().all(|handler| self.handles(*handler)) {
            return None;
        }
        let service = self.name.rsplit_once("::").map_or("", |(service, _)| service);
        let of = |name: &str| INSTEAD.iter().find(|(of, _)| *of == name).map(|(_, instead)| *instead);
        let way_out = match of(self.name).or_else(|| of(service)) {
            Some(instead) => format!("use {instead}"),
            None => "create it by other means, and pass its identifier to what needs it".to_owned(),
        };
        let why = "it has no native handler, and AWS's Cloud Control API cannot create, read and delete it";
        Some(format!("{} is not supported: {why}; {way_out}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{all, lookup};

    #[test]
    fn every_replacement_is_of_a_type_that_needs_one_and_names_types_that_can_be_managed() {
        for (name, instead) in INSTEAD {
            let mut types =
                all().filter(|other| other == name || other.rsplit_once("::").is_some_and(|it| it.0 == *name));
            assert!(types.any(|name| lookup(name).is_some_and(|it| it.unsupported().is_some())), "{name}");
            let words = instead.split([' ', ',', ':']).collect::<Vec<_>>().join(" ");
            let named = instead.split([' ', ',']).map(|word| word.trim_end_matches([':', ',', '.']));
            for other in named.filter(|word| word.matches("::").count() == 2) {
                let known = lookup(other).unwrap_or_else(|| panic!("{name}: no type {other} in {words}"));
                assert!(known.unsupported().is_none(), "{name}: {other} cannot be managed either");
            }
        }
    }

    #[test]
    fn a_type_without_handlers_names_what_to_use() {
        let text = |name: &str| lookup(name).and_then(ResourceType::unsupported).unwrap_or_default();
        assert!(text("AWS::SNS::TopicPolicy").ends_with("; use AWS::SNS::TopicInlinePolicy"));
        assert!(text("AWS::WAFRegional::Rule").contains("AWS::WAFv2"));
        assert!(text("AWS::DAX::Cluster").contains("by other means"));
        assert_eq!(text("AWS::SQS::Queue"), "");
    }
}
