//! The facts about one resource type.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::behavior::Behavior;
use crate::kind::Kind;
use crate::property::{Properties, Reference};

/// The facts about one resource type.
#[derive(Debug, Deserialize)]
pub struct ResourceType {
    /// The CloudFormation name, as in `AWS::EC2::Subnet`.
    pub name: &'static str,
    /// The properties, by name.
    #[serde(default)]
    pub properties: Properties,
    /// The types nested in this one, by name.
    #[serde(default)]
    pub types: BTreeMap<&'static str, Properties>,
    /// The attributes, by name. `Endpoint.Address` is also a name.
    #[serde(default)]
    pub attributes: BTreeMap<&'static str, Attribute>,
    /// The properties or attributes that together identify a resource to Cloud Control. A `/` separates the names of
    /// nested types.
    #[serde(default, rename = "id")]
    pub primary_identifier: Vec<&'static str>,
    /// The attribute that CloudFormation's `Ref` returns, if it is not the primary identifier.
    #[serde(default, rename = "ref")]
    reference: Vec<&'static str>,
    /// The form of its ARN, with `${Partition}`, `${Region}`, `${Account}` and its own names.
    #[serde(default, rename = "arn")]
    pub arn_template: Option<&'static str>,
    /// `true` if it is stateful, according to the schema and the table of facts.
    #[serde(default)]
    pub stateful: bool,
    /// The property with its tags; `None` if it cannot be tagged.
    #[serde(default)]
    pub tags: Option<Tags>,
    /// Its relevance for security, as in `ResourcePolicyResource`.
    #[serde(default)]
    pub scrutiny: Option<&'static str>,
    /// The macro that CloudFormation needs for it. Such a type is not a resource of AWS itself.
    #[serde(default)]
    pub transform: Option<&'static str>,
    /// `true` if a replacement deletes the old one before it creates the new one.
    #[serde(default, rename = "delete_first")]
    pub deletes_first: bool,
    /// The operations that Cloud Control supports; empty if it is not in the registry.
    #[serde(default)]
    pub handlers: Vec<Handler>,
    /// Paths whose changes replace the resource although no property on them says so.
    #[serde(default)]
    replacing: Vec<Vec<&'static str>>,
    /// Worked out on first use.
    #[serde(skip)]
    pub(crate) behavior: OnceLock<Behavior>,
}

/// An attribute of an existing resource.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Written", bound(deserialize = "'de: 'static"))]
pub struct Attribute {
    /// The type of its value.
    pub kind: Kind,
    /// The resources that its value identifies; empty if the sources do not say.
    pub references: Vec<Reference>,
}

/// The tags of a resource type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tags {
    /// The property.
    pub property: &'static str,
    /// The form of the tags.
    pub form: TagForm,
}

/// The form of tags in a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagForm {
    /// A list of objects with `Key` and `Value`.
    Standard,
    /// Like the standard, with `PropagateAtLaunch`.
    Asg,
    /// A map.
    Map,
}

/// An operation of Cloud Control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Handler {
    Create,
    Read,
    Update,
    Delete,
    List,
}

const SECRET_ATTRIBUTES: [(&str, &str); 7] = [
    ("AWS::AppSync::ApiKey", "ApiKey"),
    ("AWS::Cognito::UserPoolClient", "ClientSecret"),
    ("AWS::IAM::AccessKey", "SecretAccessKey"),
    ("AWS::IVS::IngestConfiguration", "StreamKey"),
    ("AWS::IVS::StreamKey", "Value"),
    ("AWS::ManagedBlockchain::Accessor", "BillingToken"),
    ("AWS::Route53GlobalResolver::AccessToken", "Value"),
];

/// Services that have no regions, for types without an ARN that says so.
const GLOBAL: &[&str] = &["CloudFront", "GlobalAccelerator", "IAM", "Organizations", "Route53", "S3", "Shield", "WAF"];

impl ResourceType {
    /// Returns the service part of the name, as in `EC2`.
    pub fn service(&self) -> &'static str {
        self.name.split("::").nth(1).unwrap_or_default()
    }

    /// Returns the last part of the name, as in `Subnet`.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or_default()
    }

    /// Returns whether an attribute is itself a secret, and not the name, address or hash of one. The sources only have
    /// this information for properties.
    pub fn is_secret_attribute(&self, attribute: &str) -> bool {
        SECRET_ATTRIBUTES.contains(&(self.name, attribute))
    }

    /// Returns the attributes that are themselves secrets.
    pub fn secret_attributes(&self) -> impl Iterator<Item = &'static str> + '_ {
        let own = SECRET_ATTRIBUTES.iter().filter(|(type_name, _)| *type_name == self.name);
        own.map(|(_, attribute)| *attribute)
    }

    /// Returns whether resources of this type belong to no region, as roles do. This follows from the form of their ARN
    /// or, if the sources do not have it, from their service.
    pub fn is_global(&self) -> bool {
        match self.arn_template {
            Some(template) => !template.contains("${Region}"),
            None => GLOBAL.contains(&self.service()),
        }
    }

    /// Returns whether an attribute gets another value with every change in place, as the `LatestVersionNumber` of a
    /// launch template does. The sources do not say so, but the name does: it is a version, revision or ETag of the
    /// resource, and not part of its identifier. The version of software, as in `EngineVersion`, does not count.
    pub fn counts_changes(&self, attribute: &str) -> bool {
        let name = attribute.rsplit('.').next().unwrap_or_default();
        let counted = ["Number", "Id", "Arn"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let which = ["Latest", "Default", "Current"].iter().find_map(|prefix| counted.strip_prefix(prefix));
        matches!(which.unwrap_or(counted), "Version" | "Revision" | "ETag")
            && self.attributes.contains_key(attribute)
            && !self.properties.contains_key(attribute)
            && !self.primary_identifier.contains(&attribute)
    }

    /// Returns whether an attribute is a host name that AWS gives to each resource of this type and to no other, such as
    /// the `DNSName` of a load balancer. The sources do not say so, but the name does. A private one, as that of an
    /// instance, may be given once in each VPC.
    ///
    /// ```
    /// let balancer = groundplan_schema::lookup("AWS::ElasticLoadBalancingV2::LoadBalancer").unwrap();
    /// assert!(balancer.is_host_name("DNSName"));
    /// assert!(!balancer.is_host_name("CanonicalHostedZoneID"));
    /// ```
    pub fn is_host_name(&self, attribute: &str) -> bool {
        let is_named =
            ["DNSName", "DnsName", "DomainName", "Endpoint.Address"].iter().any(|end| attribute.ends_with(end));
        let is_given = self.attributes.contains_key(attribute) && !self.properties.contains_key(attribute);
        is_named && is_given && !attribute.starts_with("Private")
    }

    /// Returns the names of the required properties.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.properties.iter().filter(|(_, property)| property.required).map(|(name, _)| *name)
    }

    /// Returns the attributes that CloudFormation's `Ref` returns.
    pub fn reference(&self) -> &[&'static str] {
        if self.reference.is_empty() { &self.primary_identifier } else { &self.reference }
    }

    /// Returns whether Cloud Control supports this operation.
    pub fn handles(&self, handler: Handler) -> bool {
        self.handlers.contains(&handler)
    }

    /// Returns whether a change of the property with this path replaces the resource, by the schema's separate list.
    pub(crate) fn replaces(&self, names: &[&str]) -> bool {
        self.replacing.iter().any(|stated| {
            let stated: Vec<_> = stated.iter().copied().filter(|name| *name != "*").collect();
            names.ends_with(&stated)
        })
    }
}

/// In the data, an attribute with no other facts is its kind alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Kind(#[serde(borrow)] &'static str),
    Facts {
        #[serde(rename = "type")]
        kind: Kind,
        refs: Vec<Reference>,
    },
}

impl From<Written> for Attribute {
    fn from(written: Written) -> Self {
        match written {
            Written::Kind(kind) => Self { kind: kind.into(), references: Vec::new() },
            Written::Facts { kind, refs } => Self { kind, references: refs },
        }
    }
}
