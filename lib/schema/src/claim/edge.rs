//! Names in the domain name system, content delivery, firewalls of applications, and APIs.

use super::{Row, named, row};
use crate::resource::ResourceType;

/// The properties by which a resource may name its owner instead of identifying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedOwner {
    /// The property that identifies the owner, and the one that names it instead.
    pub properties: (&'static str, &'static str),
    /// The type of the owner, as in `AWS::Route53::HostedZone`.
    pub owner_type: &'static str,
    /// The attribute that identifies it, and the property that is its name.
    pub owner: (&'static str, &'static str),
}

/// "If you specify `HostedZoneName`, there must be only one hosted zone with the same domain name."
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html>
const ZONE: NamedOwner = NamedOwner {
    properties: ("HostedZoneId", "HostedZoneName"),
    owner_type: "AWS::Route53::HostedZone",
    owner: ("Id", "Name"),
};

/// Returns how resources of a type may name their owner; `None` if they cannot.
pub fn named_owner(resource: &ResourceType) -> Option<&'static NamedOwner> {
    let has = |name: &str| resource.properties.contains_key(name);
    (has(ZONE.properties.0) && has(ZONE.properties.1)).then_some(&ZONE)
}

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // Names are compared in lower case and with their last dot.
    // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
    row("AWS::Route53::RecordSet", "record", "HostedZoneId:zone|HostedZoneName, Name, Type, SetIdentifier=").of_account(),
    row("AWS::Route53::RecordSetGroup", "record", "RecordSets[].HostedZoneId:zone|HostedZoneId:zone|RecordSets[].HostedZoneName|HostedZoneName, RecordSets[].Name, RecordSets[].Type, RecordSets[].SetIdentifier=").of_account(),
    // A CNAME stands beside no record of another type.
    // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>
    row("AWS::Route53::RecordSet", "CNAME at a name", "HostedZoneId:zone|HostedZoneName, Name, !Type:record").of_account(),
    row("AWS::Route53::RecordSetGroup", "CNAME at a name", "RecordSets[].HostedZoneId:zone|HostedZoneId:zone|RecordSets[].HostedZoneName|HostedZoneName, RecordSets[].Name, !RecordSets[].Type:record").of_account(),
    // All records of a name and type have one routing policy.
    // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html>
    row("AWS::Route53::RecordSet", "routing policy of a record", "HostedZoneId:zone|HostedZoneName, Name, Type, !Weight:property|Region:property|Failover:property|GeoLocation:property|MultiValueAnswer:property|CidrRoutingConfig:property=Simple").of_account(),
    // `ConflictingDomainExists`: a VPC is associated with one zone of a name.
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html>
    row("AWS::Route53::HostedZone", "private zone of a VPC", "Name, VPCs[].VPCId").of_account(),
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateCidrCollection.html>
    named("AWS::Route53::CidrCollection", "name of a CIDR collection").of_account(),
    // `CNAMEAlreadyExists`: an alternate domain name is that of one distribution, over all accounts.
    // <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html>
    row("AWS::CloudFront::Distribution", "alternate domain name", "DistributionConfig.Aliases[]").of_partition(),
    row("AWS::CloudFront::Distribution", "alternate domain name", "DistributionConfig.CNAMEs[]:dns").of_partition(),
    row("AWS::CloudFront::DistributionTenant", "alternate domain name", "Domains[]:dns").of_partition(),
    named("AWS::CloudFront::DistributionTenant", "name of a distribution tenant").of_account(),
    // `CachePolicyAlreadyExists` and its like.
    // <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateCachePolicy.html>
    // <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateOriginAccessControl.html>
    row("AWS::CloudFront::CachePolicy", "name of a cache policy", "CachePolicyConfig.Name").of_account(),
    row("AWS::CloudFront::OriginRequestPolicy", "name of an origin request policy", "OriginRequestPolicyConfig.Name").of_account(),
    row("AWS::CloudFront::ResponseHeadersPolicy", "name of a response headers policy", "ResponseHeadersPolicyConfig.Name").of_account(),
    row("AWS::CloudFront::OriginAccessControl", "name of an origin access control", "OriginAccessControlConfig.Name").of_account(),
    row("AWS::CloudFront::KeyGroup", "name of a key group", "KeyGroupConfig.Name").of_account(),
    row("AWS::CloudFront::PublicKey", "name of a public key", "PublicKeyConfig.Name").of_account(),
    // `WAFDuplicateItemException`; the id in the primary identifier is AWS's.
    // <https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html>
    row("AWS::WAFv2::WebACL", "name of a web ACL", "Scope, Name"),
    row("AWS::WAFv2::IPSet", "name of an IP set", "Scope, Name"),
    row("AWS::WAFv2::RuleGroup", "name of a rule group", "Scope, Name"),
    row("AWS::WAFv2::RegexPatternSet", "name of a regex pattern set", "Scope, Name"),
    // A resource has one web ACL; another association takes the first away.
    // <https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html>
    row("AWS::WAFv2::WebACLAssociation", "web ACL of a resource", "ResourceArn"),
    row("AWS::WAFRegional::WebACLAssociation", "web ACL of a resource", "ResourceArn"),
    // "A custom domain name must be unique within a Region across all AWS accounts"; both versions of the API manage it.
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html>
    row("AWS::ApiGateway::DomainName", "custom domain name", "DomainName:lower"),
    row("AWS::ApiGatewayV2::DomainName", "custom domain name", "DomainName:lower"),
    // <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html>
    // <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html>
    row("AWS::ApiGateway::Resource", "path part", "RestApiId, ParentId, PathPart"),
    row("AWS::ApiGateway::BasePathMapping", "base path of a domain name", "DomainName:lower, BasePath="),
    row("AWS::ApiGateway::Model", "name of a model", "RestApiId, Name"),
    row("AWS::ApiGateway::GatewayResponse", "gateway response", "RestApiId, ResponseType"),
    row("AWS::ApiGateway::UsagePlanKey", "key of a usage plan", "UsagePlanId, KeyId"),
    // <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>
    row("AWS::ApiGatewayV2::Route", "route key", "ApiId, RouteKey"),
    row("AWS::ApiGatewayV2::ApiMapping", "mapping of a domain name", "DomainName:lower, ApiMappingKey="),
    row("AWS::ApiGatewayV2::Model", "name of a model", "ApiId, Name"),
    // <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateResolver.html>
    row("AWS::AppSync::Resolver", "resolver of a field", "ApiId, TypeName, FieldName"),
    row("AWS::AppSync::DataSource", "name of a data source", "ApiId, Name"),
    row("AWS::AppSync::GraphQLSchema", "schema of an API", "ApiId"),
    row("AWS::AppSync::DomainNameApiAssociation", "API of a domain name", "DomainName:lower"),
    row("AWS::AppSync::ChannelNamespace", "name of a channel namespace", "ApiId, Name"),
    // <https://docs.aws.amazon.com/amplify/latest/APIReference/API_CreateBranch.html>
    row("AWS::Amplify::Branch", "branch of an app", "AppId, BranchName"),
    row("AWS::Amplify::Domain", "domain of an app", "AppId, DomainName:lower"),
    // <https://docs.aws.amazon.com/ses/latest/APIReference/API_CreateReceiptRule.html>
    // Versions 1 and 2 of the API and the email API of Pinpoint manage the same sets, pools and identities.
    // <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html>
    named("AWS::SES::ConfigurationSet", "name of a configuration set"),
    named("AWS::PinpointEmail::ConfigurationSet", "name of a configuration set"),
    named("AWS::SES::DedicatedIpPool", "name of a dedicated IP pool"),
    row("AWS::PinpointEmail::DedicatedIpPool", "name of a dedicated IP pool", "PoolName"),
    named("AWS::SES::EmailIdentity", "email identity"),
    named("AWS::PinpointEmail::Identity", "email identity"),
    row("AWS::SES::ReceiptRule", "name of a receipt rule", "RuleSetName, Rule.Name"),
    row("AWS::SES::ReceiptFilter", "name of a receipt filter", "Filter.Name"),
    row("AWS::SES::Template", "name of a template", "Template.TemplateName"),
    row("AWS::SES::ConfigurationSetEventDestination", "name of an event destination", "ConfigurationSetName, EventDestination.Name"),
    row("AWS::Transfer::User", "user of a server", "ServerId, UserName"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn only_what_has_both_properties_may_name_its_zone() {
        let may = |type_name: &str| named_owner(lookup(type_name).expect("a listed type")).is_some();
        assert!(may("AWS::Route53::RecordSet") && may("AWS::Route53::RecordSetGroup"));
        assert!(!may("AWS::Route53::KeySigningKey"), "it has the id alone");
    }
}
