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
    /// CloudFormation's name, as in `AWS::EC2::Subnet`.
    pub name: &'static str,
    /// What can be set.
    #[serde(default)]
    pub properties: Properties,
    /// The types nested in this one, by name.
    #[serde(default)]
    pub types: BTreeMap<&'static str, Properties>,
    /// What the resource has once it exists, by name; `Endpoint.Address` is a name, too.
    #[serde(default)]
    pub attributes: BTreeMap<&'static str, Attribute>,
    /// The properties or attributes that together identify a resource to Cloud Control; a `/` leads
    /// into a nested type.
    #[serde(default, rename = "id")]
    pub primary_identifier: Vec<&'static str>,
    /// What CloudFormation's `Ref` gives, where it is not the primary identifier.
    #[serde(default, rename = "ref")]
    reference: Vec<&'static str>,
    /// The form of its ARN, with `${Partition}`, `${Region}`, `${Account}` and names of its own.
    #[serde(default, rename = "arn")]
    pub arn_template: Option<&'static str>,
    /// Whether it holds data that is lost with it, by the schema and the table of facts.
    #[serde(default)]
    pub stateful: bool,
    /// Where its tags are; none where it cannot be tagged.
    #[serde(default)]
    pub tags: Option<Tags>,
    /// What it means for security, as in `ResourcePolicyResource`.
    #[serde(default)]
    pub scrutiny: Option<&'static str>,
    /// The macro that CloudFormation needs for it: such a type is no resource of AWS by itself.
    #[serde(default)]
    pub transform: Option<&'static str>,
    /// Whether a replacement deletes the old one before it creates the new one.
    #[serde(default, rename = "delete_first")]
    pub deletes_first: bool,
    /// What Cloud Control can do with it; empty where it is not in the registry.
    #[serde(default)]
    pub handlers: Vec<Handler>,
    /// Paths that replace the resource although no property on them says so.
    #[serde(default)]
    replacing: Vec<Vec<&'static str>>,
    /// Worked out on first use.
    #[serde(skip)]
    pub(crate) behavior: OnceLock<Behavior>,
}

/// Something that a resource has once it exists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Written", bound(deserialize = "'de: 'static"))]
pub struct Attribute {
    /// What it holds.
    pub kind: Kind,
    /// What its value identifies; empty where the sources do not say.
    pub references: Vec<Reference>,
}

/// Where a resource type has its tags.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tags {
    /// The property.
    pub property: &'static str,
    /// How it holds them.
    pub form: TagForm,
}

/// How a property holds tags.
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
    /// The part of the name that says the service, as in `EC2`.
    pub fn service(&self) -> &'static str {
        self.name.split("::").nth(1).unwrap_or_default()
    }

    /// The last part of the name, as in `Subnet`.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or_default()
    }

    /// Whether an attribute is a secret by itself, not the name, address or hash of one. The sources
    /// say so of properties only.
    pub fn is_secret_attribute(&self, attribute: &str) -> bool {
        SECRET_ATTRIBUTES.contains(&(self.name, attribute))
    }

    /// The attributes that are secrets by themselves.
    pub fn secret_attributes(&self) -> impl Iterator<Item = &'static str> + '_ {
        let own = SECRET_ATTRIBUTES.iter().filter(|(type_name, _)| *type_name == self.name);
        own.map(|(_, attribute)| *attribute)
    }

    /// Whether resources of this type belong to no region, as roles do: by the form of their ARN, and
    /// where the sources do not give that, by their service.
    pub fn is_global(&self) -> bool {
        match self.arn_template {
            Some(template) => !template.contains("${Region}"),
            None => GLOBAL.contains(&self.service()),
        }
    }

    /// Whether an attribute gets another value by a change in place, as `LatestVersionNumber` of a
    /// launch template does. The sources do not say so; the name does: it is a version, a revision or
    /// an ETag of the resource, and no part of its identifier. What software runs in it, as
    /// `EngineVersion`, is not meant.
    pub fn counts_changes(&self, attribute: &str) -> bool {
        let name = attribute.rsplit('.').next().unwrap_or_default();
        let counted = ["Number", "Id", "Arn"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let which = ["Latest", "Default", "Current"].iter().find_map(|prefix| counted.strip_prefix(prefix));
        matches!(which.unwrap_or(counted), "Version" | "Revision" | "ETag")
            && self.attributes.contains_key(attribute)
            && !self.properties.contains_key(attribute)
            && !self.primary_identifier.contains(&attribute)
    }

    /// The names of the properties that have to be set.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.properties.iter().filter(|(_, property)| property.required).map(|(name, _)| *name)
    }

    /// What CloudFormation's `Ref` gives.
    pub fn reference(&self) -> &[&'static str] {
        if self.reference.is_empty() { &self.primary_identifier } else { &self.reference }
    }

    /// Whether Cloud Control has this operation for it.
    pub fn handles(&self, handler: Handler) -> bool {
        self.handlers.contains(&handler)
    }

    /// Whether a change to what these names lead to replaces the resource, by the list that the
    /// schema keeps beside the properties.
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
