//! Generates the attributes of a new resource, with plausible values.

use groundplan_engine::provider::{Outputs, Properties};
use groundplan_schema::{Kind, ResourceType, lookup};
use serde_json::{Value as Json, json};

use crate::derive::Derivation;
use crate::names;
use crate::network::Place;
use crate::resource::scalar;

/// Time stamps are the same for all: the simulator's account does not depend on a clock.
const TIME: &str = "2026-01-01T00:00:00Z";

/// Attributes, and variables of ARN templates, of a form of their own. A placeholder names a
/// variable, a property or another attribute; of several with a bar between them the first one
/// that is there counts, and a literal in quotes always is.
#[rustfmt::skip]
const FORMS: &[(&str, &str, &str)] = &[
    ("AWS::AmazonMQ::Broker", "AmqpEndpoints", "amqps://${Id}.mq.${Region}.on.aws:5671"),
    ("AWS::AmazonMQ::Broker", "Arn", "arn:${Partition}:mq:${Region}:${Account}:broker:${BrokerName}:${Id}"),
    ("AWS::AmazonMQ::Broker", "ConsoleURLs", "https://${Id}.mq.${Region}.on.aws"),
    ("AWS::ApiGatewayV2::Api", "ApiEndpoint", "https://${ApiId}.execute-api.${Region}.amazonaws.com"),
    ("AWS::ApplicationAutoScaling::ScalableTarget", "Id", "${ResourceId}|${ScalableDimension}|${ServiceNamespace}"),
    ("AWS::CloudFront::Distribution", "DomainName", "d${Lower13}.cloudfront.net"),
    ("AWS::EC2::EIP", "PublicIp", "${PublicAddress}"),
    ("AWS::EC2::Instance", "PrivateIp", "${PrivateAddress}"),
    ("AWS::EC2::Instance", "PublicIp", "${PublicAddress}"),
    ("AWS::EC2::Instance", "State", "running"),
    ("AWS::EC2::NetworkInterface", "PrimaryPrivateIpAddress", "${PrivateAddress}"),
    ("AWS::EC2::Route", "CidrBlock", "${DestinationCidrBlock|DestinationIpv6CidrBlock|DestinationPrefixListId}"),
    ("AWS::EC2::SecurityGroup", "GroupId", "${Id}"),
    ("AWS::EC2::Subnet", "AvailabilityZone", "${Region}a"),
    ("AWS::EC2::Subnet", "AvailabilityZoneId", "${Zone}"),
    ("AWS::EC2::VPC", "CidrBlockAssociations", "vpc-cidr-assoc-0${Hex16}"),
    ("AWS::EC2::VPC", "DefaultNetworkAcl", "acl-0${Hex16}"),
    ("AWS::EC2::VPCGatewayAttachment", "AttachmentType", "${AttachmentKind}"),
    ("AWS::ECR::Repository", "RepositoryUri", "${Account}.dkr.ecr.${Region}.amazonaws.com/${RepositoryName}"),
    ("AWS::ECS::Service", "Cluster", "${'default'}"),
    ("AWS::ECS::Service", "Name", "${OwnName}"),
    ("AWS::ECS::Service", "ServiceArn", "arn:${Partition}:ecs:${Region}:${Account}:service/${Cluster}/${OwnName}"),
    ("AWS::ECS::DaemonTaskDefinition", "DaemonTaskDefinitionArn", "arn:${Partition}:ecs:${Region}:${Account}:daemon-task-definition/${Family|OwnName}:${Revision}"),
    ("AWS::ECS::TaskDefinition", "TaskDefinitionArn", "arn:${Partition}:ecs:${Region}:${Account}:task-definition/${Family|OwnName}:${Revision}"),
    ("AWS::EFS::MountTarget", "IpAddress", "${PrivateAddress}"),
    ("AWS::EKS::AccessEntry", "AccessEntryArn", "arn:${Partition}:eks:${Region}:${Account}:access-entry/${ClusterName}/${Principal}/${Uuid}"),
    ("AWS::EKS::Addon", "Arn", "arn:${Partition}:eks:${Region}:${Account}:addon/${ClusterName}/${AddonName}/${Uuid}"),
    ("AWS::EKS::Cluster", "CertificateAuthorityData", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="),
    ("AWS::EKS::Cluster", "Endpoint", "https://${Upper32}.gr7.${Region}.eks.amazonaws.com"),
    ("AWS::EKS::Cluster", "OpenIdConnectIssuerUrl", "https://oidc.eks.${Region}.amazonaws.com/id/${Upper32}"),
    ("AWS::EKS::FargateProfile", "Arn", "arn:${Partition}:eks:${Region}:${Account}:fargateprofile/${ClusterName}/${OwnName}/${Uuid}"),
    ("AWS::EKS::IdentityProviderConfig", "IdentityProviderConfigArn", "arn:${Partition}:eks:${Region}:${Account}:identityproviderconfig/${ClusterName}/${Type}/${IdentityProviderConfigName}/${Uuid}"),
    ("AWS::EKS::Nodegroup", "Arn", "arn:${Partition}:eks:${Region}:${Account}:nodegroup/${ClusterName}/${OwnName}/${Uuid}"),
    ("AWS::EKS::PodIdentityAssociation", "AssociationArn", "arn:${Partition}:eks:${Region}:${Account}:podidentityassociation/${ClusterName}/${AssociationId}"),
    ("AWS::EKS::PodIdentityAssociation", "AssociationId", "a-${Lower17}"),
    ("AWS::EKS::Nodegroup", "Id", "${ClusterName}/${NodegroupName}"),
    ("AWS::ElastiCache::ReplicationGroup", "ConfigurationEndPoint.Address", "clustercfg.${ReplicationGroupId}.${Lower6}.cache.amazonaws.com"),
    ("AWS::ElastiCache::ReplicationGroup", "PrimaryEndPoint.Address", "master.${ReplicationGroupId}.${Lower6}.cache.amazonaws.com"),
    ("AWS::ElastiCache::ReplicationGroup", "ReaderEndPoint.Address", "replica.${ReplicationGroupId}.${Lower6}.cache.amazonaws.com"),
    ("AWS::ElasticLoadBalancingV2::Listener", "ListenerArn", "${ListenerStem}/${Hex16}"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "RuleArn", "${RuleStem}/${Hex16}"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "CanonicalHostedZoneID", "Z${Upper13}"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName", "${OwnName}-${Digits10}.${Region}.elb.amazonaws.com"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn", "arn:${Partition}:elasticloadbalancing:${Region}:${Account}:loadbalancer/${LoadBalancerFullName}"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName", "${LoadBalancerKind}/${OwnName}/${Hex16}"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerName", "${OwnName}"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn", "arn:${Partition}:elasticloadbalancing:${Region}:${Account}:${TargetGroupFullName}"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName", "targetgroup/${OwnName}/${Hex16}"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupName", "${OwnName}"),
    ("AWS::Events::Rule", "Arn", "arn:${Partition}:events:${Region}:${Account}:rule/${BusPath}${OwnName}"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileId", "AIPA${Upper17}"),
    ("AWS::IAM::OIDCProvider", "Arn", "arn:${Partition}:iam::${Account}:oidc-provider/${UrlWithoutScheme}"),
    ("AWS::IAM::Role", "RoleId", "AROA${Upper17}"),
    ("AWS::IAM::User", "UserId", "AIDA${Upper17}"),
    ("AWS::KMS::Alias", "Alias", "${AliasWithoutPrefix}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:*"),
    ("AWS::RDS::DBCluster", "Endpoint.Address", "${DBClusterIdentifier}.cluster-${Lower12}.${Region}.rds.amazonaws.com"),
    ("AWS::RDS::DBCluster", "ReadEndpoint.Address", "${DBClusterIdentifier}.cluster-ro-${Lower12}.${Region}.rds.amazonaws.com"),
    ("AWS::RDS::DBInstance", "DBInstanceStatus", "available"),
    ("AWS::RDS::DBInstance", "DbiResourceId", "db-${Upper26}"),
    ("AWS::RDS::DBInstance", "Endpoint.Address", "${DBInstanceIdentifier}.${Lower12}.${Region}.rds.amazonaws.com"),
    ("AWS::RDS::DBInstance", "Endpoint.HostedZoneId", "Z${Upper13}"),
    ("AWS::Route53::HostedZone", "NameServers", "ns-${Digits3}.awsdns-11.com"),
    ("AWS::Route53::HostedZone", "NameServers", "ns-${Digits4}.awsdns-22.net"),
    ("AWS::Route53::HostedZone", "NameServers", "ns-1${Digits3}.awsdns-33.org"),
    ("AWS::Route53::HostedZone", "NameServers", "ns-1${Digits4}.awsdns-44.co.uk"),
    ("AWS::S3::Bucket", "DomainName", "${BucketName}.s3.amazonaws.com"),
    ("AWS::S3::Bucket", "DualStackDomainName", "${BucketName}.s3.dualstack.${Region}.amazonaws.com"),
    ("AWS::S3::Bucket", "RegionalDomainName", "${BucketName}.s3.${Region}.amazonaws.com"),
    ("AWS::S3::Bucket", "WebsiteURL", "http://${BucketName}.s3-website.${Region}.amazonaws.com"),
    ("AWS::SNS::Subscription", "Arn", "${TopicArn}:${Uuid}"),
    ("AWS::SNS::Topic", "TopicName", "${OwnName}"),
    ("AWS::SQS::Queue", "QueueUrl", "https://sqs.${Region}.amazonaws.com/${Account}/${OwnName}"),
    ("AWS::SecretsManager::Secret", "Id", "${ResourceArn}"),
    ("AWS::WAFv2::IPSet", "Arn", "arn:${Partition}:wafv2:${Region}:${Account}:${ScopePath}/ipset/${Name|OwnName}/${Id}"),
    ("AWS::WAFv2::RegexPatternSet", "Arn", "arn:${Partition}:wafv2:${Region}:${Account}:${ScopePath}/regexpatternset/${Name|OwnName}/${Id}"),
    ("AWS::WAFv2::RuleGroup", "Arn", "arn:${Partition}:wafv2:${Region}:${Account}:${ScopePath}/rulegroup/${Name|OwnName}/${Id}"),
    ("AWS::WAFv2::WebACL", "Arn", "arn:${Partition}:wafv2:${Region}:${Account}:${ScopePath}/webacl/${Name|OwnName}/${Id}"),
    ("AWS::SecretsManager::Secret", "SecretId", "${OwnName}-${Alphanumeric6}"),
];

/// The data from which a resource is created.
pub(crate) struct Making<'a> {
    pub(crate) resource: &'static ResourceType,
    pub(crate) properties: &'a Properties,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// The name it has where the program gives none.
    pub(crate) generated_name: &'a str,
    pub(crate) derivation: &'a Derivation,
    /// The number of resources of its kind created under its name before.
    pub(crate) revisions: u64,
    /// The network that it is in.
    pub(crate) place: &'a Place,
}

/// The maximum depth of variables: a variable may name others.
const DEPTH: u8 = 8;

impl Making<'_> {
    /// The primary identifier, its parts joined by `|`.
    pub(crate) fn id(&self) -> String {
        match self.resource.primary_identifier[..] {
            [] => names::id(self.resource, "Id", self.region, self.derivation),
            _ => self.identifier().into_iter().map(|(_, part)| part).collect::<Vec<_>>().join("|"),
        }
    }

    /// All attributes and the parts of the primary identifier.
    pub(crate) fn outputs(&self) -> Outputs {
        let mut outputs = Outputs::new();
        for (name, attribute) in &self.resource.attributes {
            if self.resource.is_secret_attribute(name) {
                continue;
            }
            outputs.insert((*name).to_owned(), self.attribute(name, &attribute.kind));
        }
        for (name, part) in self.identifier() {
            outputs.entry(name.to_owned()).or_insert(Json::String(part));
        }
        nest(&mut outputs);
        outputs
    }

    /// Returns the name of the resource; `None` if its type has none.
    pub(crate) fn name(&self) -> Option<String> {
        let name = self.resource.own_name()?;
        let fifo = self.declared("FifoQueue").or(self.declared("FifoTopic")) == Some(&Json::Bool(true));
        let generated = || if fifo { format!("{}.fifo", self.generated_name) } else { self.generated_name.to_owned() };
        Some(self.declared(name).and_then(scalar).unwrap_or_else(generated))
    }

    fn identifier(&self) -> Vec<(&'static str, String)> {
        let names = self.resource.primary_identifier.iter();
        names.map(|name| (*name, self.part(name))).collect()
    }

    fn part(&self, name: &str) -> String {
        let path = name.replace('/', ".");
        if let Some(value) = self.declared(&path).and_then(scalar) {
            return value;
        }
        let alone = self.resource.primary_identifier.len() == 1;
        let named = self.resource.own_name() == Some(name) && (alone || name.to_lowercase().ends_with("name"));
        match self.form(name, 0) {
            Some(value) => value,
            None if named => self.name().unwrap_or_default(),
            None if self.resource.properties.contains_key(name) => String::new(),
            None => self.invented(name, 0),
        }
    }

    fn attribute(&self, name: &str, kind: &Kind) -> Json {
        if let Some(value) = self.declared(name) {
            return value.clone();
        }
        if let Some(value) = self.place.value(name) {
            return Json::String(value.to_owned());
        }
        match kind {
            Kind::List(_) => {
                let forms = FORMS.iter().filter(|row| row.0 == self.resource.name && row.1 == name);
                forms.map(|(_, _, form)| Json::String(self.fill(form, 0))).collect()
            }
            Kind::Integer if name.contains("Port") => json!(self.port()),
            Kind::Integer | Kind::Number => json!(1),
            Kind::Boolean => json!(false),
            Kind::Map(_) | Kind::Type(_) | Kind::Json | Kind::Tag => json!({}),
            Kind::Union(kinds) => kinds.first().map_or(Json::Null, |kind| self.attribute(name, kind)),
            Kind::String | Kind::DateTime => Json::String(self.part(name)),
        }
    }

    /// The value of the form that the type has for this name.
    fn form(&self, name: &str, depth: u8) -> Option<String> {
        let row = FORMS.iter().find(|row| row.0 == self.resource.name && row.1 == name)?;
        Some(self.fill(row.2, depth + 1))
    }

    /// A value made up by what its name says.
    fn invented(&self, name: &str, depth: u8) -> String {
        let last = name.rsplit('.').next().unwrap_or(name);
        let short = self.resource.short_name();
        let identifies = self.resource.primary_identifier.contains(&name);
        if last.ends_with("Arn") || last.ends_with("ARN") {
            let own =
                identifies || matches!(name, "Arn" | "ARN" | "ResourceArn" | "ResourceARN") || self.is_own_arn(name);
            let arn = self.arn(depth + 1);
            return if own { arn } else { format!("{arn}/{}", last.to_lowercase()) };
        }
        let referred = self.resource.attributes.get(name).and_then(|attribute| attribute.references.first());
        if let Some(target) = referred.and_then(|target| lookup(target.resource)) {
            let label = if target.name == self.resource.name { "Id" } else { name };
            return names::id(target, label, self.region, self.derivation);
        }
        let ends = |ends: &[&str]| ends.iter().any(|end| last.ends_with(end));
        match last {
            _ if identifies || name == "Id" || name == format!("{short}Id") => {
                names::id(self.resource, "Id", self.region, self.derivation)
            }
            "Account" | "AccountId" | "AwsAccountId" | "OwnerId" | "OwnerAccountId" | "RegistryId" => {
                self.account.to_owned()
            }
            "Region" => self.region.to_owned(),
            "Status" | "State" => "ACTIVE".to_owned(),
            "Port" => self.port().to_string(),
            _ if self.resource.counts_changes(name) && !ends(&["Id", "Arn", "ETag"]) => "1".to_owned(),
            "Version" => "1".to_owned(),
            _ if ends(&["Time", "At", "Date", "Timestamp", "Till"]) => TIME.to_owned(),
            _ if ends(&["Endpoint", "Address", "DNSName", "DnsName", "DomainName", "Uri", "Url", "URL"]) => {
                let service = self.resource.service().to_lowercase();
                format!("{}.{service}.{}.amazonaws.com", self.derivation.lower(name, 12), self.region)
            }
            _ if ends(&["Id", "ID", "Identifier", "Token", "ETag"]) => self.derivation.uuid(name),
            _ if ends(&["Name"]) => self.name().unwrap_or_else(|| self.derivation.lower(name, 12)),
            _ => String::new(),
        }
    }

    /// Returns whether an attribute is the resource's own ARN: `DBInstanceArn`, `TopicArn`, `KeyArn`.
    fn is_own_arn(&self, name: &str) -> bool {
        let stem = name.strip_suffix("Arn").or(name.strip_suffix("ARN")).unwrap_or(name);
        !stem.is_empty() && self.resource.short_name().ends_with(stem)
    }

    /// The resource's ARN.
    fn arn(&self, depth: u8) -> String {
        match self.resource.arn_template {
            Some(template) => self.fill(template, depth),
            None => {
                let (service, kind) = (self.resource.own_behavior().api, self.resource.short_name().to_lowercase());
                let region = if self.resource.is_global() { "" } else { self.region };
                let own = self.own(depth);
                format!(
                    "arn:{}:{service}:{region}:{}:{kind}/{own}",
                    groundplan_core::partition(self.region),
                    self.account
                )
            }
        }
    }

    fn fill(&self, form: &str, depth: u8) -> String {
        let mut filled = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once("${") {
            let (names, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            // Of alternatives, the first one that is declared, else the last.
            let (first, last) = names.rsplit_once('|').unwrap_or(("", names));
            let declared = first.split('|').find_map(|name| self.declared(name).and_then(scalar));
            filled.push_str(&declared.unwrap_or_else(|| self.variable(last, depth)));
            rest = after;
        }
        filled + rest
    }

    fn variable(&self, name: &str, depth: u8) -> String {
        if depth > DEPTH {
            return self.derivation.hex(name, 12);
        }
        let made_up = [
            ("Alphanumeric", Derivation::alphanumeric as fn(&Derivation, &str, usize) -> String),
            ("Digits", Derivation::digits),
            ("Hex", Derivation::hex),
            ("Lower", Derivation::lower),
            ("Upper", Derivation::upper),
        ];
        for (alphabet, make) in made_up {
            if let Some(length) = name.strip_prefix(alphabet).and_then(|length| length.parse().ok()) {
                return make(self.derivation, name, length);
            }
        }
        if let Some(literal) = name.strip_prefix('\'') {
            return literal.trim_end_matches('\'').to_owned();
        }
        match name {
            "Partition" => groundplan_core::partition(self.region).to_owned(),
            "Region" => self.region.to_owned(),
            "Account" => self.account.to_owned(),
            "OwnName" => self.name().unwrap_or_else(|| self.generated_name.to_owned()),
            "ResourceArn" => self.arn(depth + 1),
            "PublicAddress" => format!("3.{}.{}.{}", self.byte("a"), self.byte("b"), self.byte("c")),
            "PrivateAddress" => match self.place.address(self.derivation) {
                Some(address) => address.to_string(),
                None => format!("10.0.{}.{}", self.byte("a"), self.byte("b")),
            },
            "Principal" => self.principal(),
            "Revision" => (self.revisions + 1).to_string(),
            // A listener's ARN is that of its load balancer with another word, a rule's that of its listener.
            "ListenerStem" => self.text("LoadBalancerArn").replacen(":loadbalancer/", ":listener/", 1),
            "RuleStem" => self.text("ListenerArn").replacen(":listener/", ":listener-rule/", 1),
            "BusPath" => self.bus_path(),
            // WAFv2's scope is the first part of its resources' names.
            "ScopePath" => if self.text("Scope") == "CLOUDFRONT" { "global" } else { "regional" }.to_owned(),
            "UrlWithoutScheme" => self.text("Url").trim_start_matches("https://").trim_end_matches('/').to_owned(),
            "Uuid" => self.derivation.uuid(name),
            "Zone" => format!("{}-az1", self.region.replace('-', "")),
            "AttachmentKind" => if self.declared("VpnGatewayId").is_some() { "VGW" } else { "IGW" }.to_owned(),
            "LoadBalancerKind" => match self.declared("Type").and_then(Json::as_str) {
                Some("network") => "net",
                Some("gateway") => "gwy",
                _ => "app",
            }
            .to_owned(),
            "AliasWithoutPrefix" => self.part("AliasName").trim_start_matches("alias/").to_owned(),
            _ => self.named(name, depth),
        }
    }

    /// Returns the value of a name in an ARN template, which may be spelled differently from properties.
    fn named(&self, name: &str, depth: u8) -> String {
        if let Some(value) = self.declared(name).and_then(scalar) {
            return value;
        }
        if let Some(value) = self.form(name, depth) {
            return value;
        }
        if name.ends_with("WithPath") {
            let path = self.declared("Path").and_then(Json::as_str).unwrap_or("/");
            return format!("{}{}", path.trim_start_matches('/'), self.name().unwrap_or_default());
        }
        let is_id = self.resource.attributes.contains_key(name) && !name.to_lowercase().ends_with("arn");
        if is_id {
            return self.invented(name, depth + 1);
        }
        if name.ends_with("Name")
            && let Some(own) = self.name()
        {
            return own;
        }
        self.own(depth)
    }

    /// The identifier without what makes an ARN of it.
    fn own(&self, depth: u8) -> String {
        let unlike_arn = self.resource.primary_identifier.iter().find(|name| !name.to_lowercase().ends_with("arn"));
        let own = match unlike_arn {
            Some(name) if self.declared(name).is_some() || self.resource.own_name() == Some(name) => self.part(name),
            Some(name) if self.form(name, depth).is_none() => self.invented(name, depth + 1),
            _ => String::new(),
        };
        if own.is_empty() { names::id(self.resource, "Id", self.region, self.derivation) } else { own }
    }

    /// The declared text at a path; empty where it is not set.
    fn text(&self, path: &str) -> &str {
        self.declared(path).and_then(Json::as_str).unwrap_or_default()
    }

    /// Returns the declared value at a path; `None` if it is not set.
    fn declared(&self, path: &str) -> Option<&Json> {
        let mut steps = path.split('.');
        let first = self.properties.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step)).filter(|value| !value.is_null())
    }

    /// Returns the part of a rule's ARN before its name: the bus, which may be identified by its ARN, unless it is the
    /// default one. <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html>
    fn bus_path(&self) -> String {
        let bus = self.text("EventBusName");
        match bus.rsplit('/').next().unwrap_or(bus) {
            "" | "default" => String::new(),
            bus => format!("{bus}/"),
        }
    }

    /// The principal of an access entry as its ARN has it: `role/111122223333/NAME`.
    fn principal(&self) -> String {
        let arn = self.text("PrincipalArn");
        let mut parts = arn.splitn(6, ':').skip(4);
        let (owner, resource) = (parts.next().unwrap_or(self.account), parts.next().unwrap_or(arn));
        let (kind, path) = resource.split_once('/').unwrap_or(("role", resource));
        format!("{kind}/{owner}/{}", path.rsplit('/').next().unwrap_or(path))
    }

    /// The port of a database or cache by its engine.
    fn port(&self) -> u64 {
        if let Some(port) = self.declared("Port").and_then(scalar).and_then(|port| port.parse().ok()) {
            return port;
        }
        let engine = self.declared("Engine").and_then(Json::as_str).unwrap_or_default();
        match (self.resource.service(), engine) {
            (_, engine) if engine.contains("postgres") => 5432,
            (_, engine) if engine.contains("mysql") || engine.contains("mariadb") => 3306,
            (_, engine) if engine.contains("oracle") => 1521,
            (_, engine) if engine.contains("sqlserver") => 1433,
            ("ElastiCache" | "MemoryDB", _) => 6379,
            ("DocDB", _) => 27017,
            ("Neptune", _) => 8182,
            ("Redshift" | "RedshiftServerless", _) => 5439,
            ("RDS", _) => 3306,
            _ => 443,
        }
    }

    fn byte(&self, label: &str) -> u16 {
        1 + self.derivation.below(label, 254)
    }
}

/// Puts `Endpoint.Address` into the object `Endpoint`, too.
fn nest(outputs: &mut Outputs) {
    let dotted: Vec<_> = outputs
        .iter()
        .filter(|(name, _)| name.contains('.'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, value) in dotted {
        let mut steps = name.split('.');
        let Some(mut at) = steps.next().and_then(|first| outputs.get_mut(first)) else { continue };
        for step in steps {
            let Json::Object(object) = at else { break };
            at = object.entry(step).or_insert_with(|| if name.ends_with(step) { value.clone() } else { json!({}) });
        }
    }
}
