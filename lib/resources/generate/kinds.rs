//! The Rust type of a kind.

use groundplan_schema::{Kind, Property, ResourceType};

use super::ids::{Id, Ids};
use super::names;
use super::values::Values;

/// A place in the generated code, and the names that are in scope there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) service: &'a str,
    pub(crate) resource: &'a ResourceType,
    /// `true` if it is in the resource's own module, beside the nested types.
    pub(crate) nested: bool,
    pub(crate) ids: &'a Ids,
    pub(crate) values: &'a Values,
}

impl Place<'_> {
    /// The type of a property.
    pub(crate) fn property(&self, nested: &str, name: &str, property: &Property) -> String {
        if property.sensitive && *shape(&property.kind).element() == Kind::String {
            return self.kind(&property.kind, "gp::Secret");
        }
        // The name that a resource is given makes the id; nobody has one before.
        let own = property.references.iter().any(|it| it.resource == self.resource.name && it.attribute == name);
        match self.ids.of_property(self.resource, nested, name, property) {
            Some(id) if !own => self.kind(&property.kind, &self.id(id)),
            None if names::is_arn(name) => self.kind(&property.kind, "crate::Arn"),
            _ => match self.values.of_property(nested, name) {
                Some(values) => self.kind(&property.kind, &format!("gp::OneOf<{}>", self.own(values))),
                None => self.kind(&property.kind, "String"),
            },
        }
    }

    /// The path of a type in the resource's own module.
    fn own(&self, name: &str) -> String {
        if self.nested { name.to_owned() } else { format!("{}::{name}", names::nested_module(self.resource)) }
    }

    /// The type of an attribute, or of a property that is read as an output.
    pub(crate) fn output(&self, name: &str, kind: &Kind) -> String {
        match (self.ids.of_attribute(self.resource, name), self.resource.properties.get(name)) {
            (Some(id), _) if *kind == Kind::String => self.id(id),
            (_, Some(property)) if property.kind == *kind => self.property("", name, property),
            _ if names::is_arn(name) => self.kind(kind, "crate::Arn"),
            _ => self.kind(kind, "String"),
        }
    }

    /// The type of a kind, with `text` for texts.
    fn kind(&self, kind: &Kind, text: &str) -> String {
        match shape(kind) {
            Kind::String | Kind::DateTime => text.into(),
            Kind::Integer => "i64".into(),
            Kind::Number => "f64".into(),
            Kind::Boolean => "bool".into(),
            Kind::Json | Kind::Union(_) => "gp::Json".into(),
            Kind::Tag => "crate::Tag".into(),
            Kind::List(element) => format!("gp::List<{}>", self.kind(element, text)),
            Kind::Map(element) => format!("gp::Map<{}>", self.kind(element, text)),
            Kind::Type(name) => self.own(&names::nested(name)),
        }
    }

    /// The path of an id.
    pub(crate) fn id(&self, id: &Id) -> String {
        match (id.service == self.service, self.nested) {
            (true, false) => id.name.clone(),
            (true, true) => format!("super::{}", id.name),
            (false, _) => format!("crate::{}::{}", id.service, id.name),
        }
    }
}

/// The one shape that is taken of a union: a list before an object before a map, untyped JSON where
/// there are several objects or one shape is JSON, and else text, which can hold a number, too.
pub(crate) fn shape(kind: &Kind) -> &Kind {
    let Kind::Union(kinds) = kind else { return kind };
    let find = |wanted: fn(&Kind) -> bool| kinds.iter().find(|kind| wanted(kind));
    let objects = kinds.iter().filter(|kind| matches!(kind, Kind::Type(_))).count();
    if let Some(list) = find(|kind| matches!(kind, Kind::List(_))) {
        return list;
    }
    match objects {
        0 => {}
        1 => return find(|kind| matches!(kind, Kind::Type(_))).unwrap_or(kind),
        _ => return kind,
    }
    find(|kind| matches!(kind, Kind::Map(_)))
        .or_else(|| find(|kind| matches!(kind, Kind::Json)))
        .unwrap_or(&Kind::String)
}
