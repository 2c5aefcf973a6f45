//! The references of a resource, by the relations of schema and table of facts, and the exceptions for targets outside
//! of the account.

use std::borrow::Cow;

use groundplan_engine::provider::Properties;
use groundplan_schema::{Kind, Reference, ResourceType, lookup};
use serde_json::Value as Json;

use crate::names;
use crate::resource::Resource;

/// Resources of these types whose name starts so are AWS's own.
const MANAGED: &[(&str, &str)] = &[
    ("AWS::Athena::WorkGroup", "primary"),
    ("AWS::CloudFront::CachePolicy", ""),
    ("AWS::CloudFront::OriginRequestPolicy", ""),
    ("AWS::CloudFront::ResponseHeadersPolicy", ""),
    // The lists of AWS's services have ids of the same form as those of a program.
    ("AWS::EC2::PrefixList", ""),
    ("AWS::ECS::CapacityProvider", "FARGATE"),
    ("AWS::ECS::Cluster", "default"),
    ("AWS::KMS::Alias", "alias/aws/"),
    ("AWS::KMS::Key", "alias/aws/"),
    ("AWS::Logs::LogGroup", "/aws/"),
    ("AWS::SSM::Document", "A"),
];

/// A value that, by the schema, identifies another resource.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    /// The path of the reference, as in `VpcConfig.SubnetIds.0`.
    pub(crate) path: String,
    pub(crate) value: String,
    targets: Vec<Target>,
    required: bool,
    /// `true` if the table of facts states the relation.
    stated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    resource: &'static ResourceType,
    attribute: &'static str,
}

/// All that a resource of this type with these properties refers to.
pub(crate) fn mentions(resource: &'static ResourceType, properties: &Properties) -> Vec<Mention> {
    let document = Json::Object(properties.clone());
    let own_name = resource.own_name();
    let mut mentions = Vec::new();
    for visit in resource.walk(&document) {
        let (Some(value), Some(property)) = (visit.value.as_str(), visit.cursor.property()) else { continue };
        let stated = resource.has_more_relations(&visit.path);
        if own_name == Some(visit.path.as_str()) && !stated || !holds_text(visit.cursor.kind()) {
            continue;
        }
        let targets: Vec<_> = resource.relations_of(property, &visit.path).iter().filter_map(target).collect();
        if !targets.is_empty() {
            // The root of a tree of a type belongs to something else.
            let own = targets.iter().any(|target| target.resource.name == resource.name);
            let required = (property.required || stated) && !own;
            mentions.push(Mention { path: visit.path, value: value.to_owned(), targets, required, stated });
        }
    }
    mentions
}

fn holds_text(kind: Option<&Kind>) -> bool {
    match kind {
        Some(Kind::Union(kinds)) => kinds.contains(&Kind::String),
        Some(kind) => matches!(kind.element(), Kind::String),
        None => false,
    }
}

/// Returns the target of a reference that identifies a resource.
fn target(reference: &Reference) -> Option<Target> {
    let resource = lookup(reference.resource)?;
    let attribute = reference.attribute;
    resource.is_identified_by(attribute).then_some(Target { resource, attribute })
}

impl Mention {
    /// Returns whether `named`, which is mentioned by a resource of this type, cannot be deleted because of it. A
    /// resource that AWS created together with another one is held by every resource that names it.
    pub(crate) fn holds(&self, resource: &ResourceType, named: &Resource) -> bool {
        !self.is_of(named) || resource.holds(&self.path, named.schema())
    }

    /// Returns whether `resource` is one of those that the mention may be about.
    pub(crate) fn is_of(&self, resource: &Resource) -> bool {
        self.targets.iter().any(|target| target.resource.name == resource.key.type_name)
    }

    /// Returns whether AWS created the mentioned resource together with `resource`, as a VPC's default security group.
    pub(crate) fn is_part_of(&self, resource: &Resource) -> bool {
        let schema = resource.schema();
        schema.attributes.iter().any(|(name, attribute)| {
            let refers = |target: &Target| {
                attribute.references.iter().any(|reference| reference.resource == target.resource.name)
            };
            !schema.properties.contains_key(name)
                && resource.outputs.get(*name).and_then(Json::as_str) == Some(&*self.value)
                && self.targets.iter().any(refers)
        })
    }

    /// Returns other spellings of the same reference: an ARN of something in it, such as an object in a bucket or the
    /// streams of a log group, or an ARN built from its identifier.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        let value = self.value.as_str();
        let ends = value.rmatch_indices(['/', ':']).map(|(end, _)| end);
        let shorter = ends.filter(|end| value[..*end].matches(':').count() >= 5).map(|end| &value[..end]);
        let named = self.targets.iter().filter_map(|target| Some(target.resource.in_arn(value)?.name));
        [value].into_iter().chain(shorter.filter(|_| value.starts_with("arn:"))).chain(named)
    }

    /// Returns the type of the missing resource, if the value has the form of an identifier in `account`; `None` if it
    /// may name something outside: resources of AWS, of another account, or without a certain form.
    pub(crate) fn must_exist(&self, account: &str) -> Option<&'static ResourceType> {
        if self.is_outside(account) {
            return None;
        }
        let only = self.targets.len() == 1 && self.required;
        let strict = self.targets.iter().find(|target| only && self.is_named_after(target) || self.has_form_of(target));
        strict.map(|target| target.resource)
    }

    /// Returns whether the property has the name of the type, as `VpcId` and `ClusterName` have. A relation in the
    /// schema does not exclude others: the `ResourceId` of a scalable target may be a table, a service or a cluster.
    fn is_named_after(&self, target: &Target) -> bool {
        let steps = self.path.rsplit('.').find(|step| step.parse::<usize>().is_err()).unwrap_or_default();
        let name = steps.to_lowercase();
        let short = target.resource.short_name().to_lowercase();
        let ends = ["ids", "arns", "names", "identifiers", "id", "arn", "name", "identifier", "s"];
        let stem = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        let is_same = |name: &str| !name.is_empty() && (short.ends_with(name) || name.ends_with(&short));
        self.stated || is_same(stem) || is_same(&name)
    }

    fn is_outside(&self, account: &str) -> bool {
        let value = self.value.as_str();
        let managed = |target: &Target| {
            let named = target.resource.in_arn(value).map_or(value, |arn| arn.name);
            MANAGED.iter().any(|(name, start)| *name == target.resource.name && named.starts_with(start))
        };
        value.is_empty()
            || value.contains('*') && !value.ends_with(":*")
            || value.contains(".amazonaws.com")
            || value == "default"
            || value.starts_with("default.")
            || value.contains(":alias/aws/")
            || self.targets.iter().any(managed)
            || arn_account(value).is_some_and(|owner| !owner.is_empty() && owner != account)
    }

    fn has_form_of(&self, target: &Target) -> bool {
        let value = self.value.as_str();
        if value.starts_with("arn:") {
            let own = || {
                let (api, kind) = (target.resource.own_behavior().api, target.resource.short_name().to_lowercase());
                Cow::Owned(format!("arn:${{Partition}}:{api}:r:a:{kind}/${{Id}}"))
            };
            return is_arn_like(value, &target.resource.arn_template.map_or_else(own, Cow::Borrowed));
        }
        if let Some(prefix) = names::prefix(target.resource.name) {
            return value.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'));
        }
        match (target.resource.name, target.attribute) {
            ("AWS::KMS::Key", "KeyId") => value.len() == 36 && value.matches('-').count() == 4,
            ("AWS::KMS::Alias", _) => value.starts_with("alias/"),
            (_, attribute) => target.resource.own_name() == Some(attribute),
        }
    }
}

fn arn_account(value: &str) -> Option<&str> {
    value.strip_prefix("arn:")?.split(':').nth(3)
}

/// Returns whether an ARN fits the template: the same service, and the same words before the first name.
fn is_arn_like(arn: &str, template: &str) -> bool {
    let parts = |text: &str| {
        let mut parts = text.splitn(6, ':').map(str::to_owned).skip(2);
        Some((parts.next()?, parts.nth(2)?))
    };
    let template = template.replace("${Partition}", "aws").replace("${Region}", "r").replace("${Account}", "a");
    match (parts(arn), parts(&template)) {
        (Some((service, rest)), Some((expected, form))) => {
            service == expected && rest.starts_with(form.split("${").next().unwrap_or_default())
        }
        _ => false,
    }
}
