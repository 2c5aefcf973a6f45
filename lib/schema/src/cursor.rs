//! Traverses a document along the schema.

use std::sync::LazyLock;

use serde_json::Value;

use crate::kind::Kind;
use crate::property::{Properties, Property, Replacement};
use crate::resource::ResourceType;

/// A place in the schema of a resource type. Code that descends into a document of any type moves it along:
/// [`key`](Self::key) into an object or map, [`item`](Self::item) into a list.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    resource: &'a ResourceType,
    /// The kind of the value here; `None` at the top and if the schema does not define it.
    kind: Option<&'a Kind>,
    property: Option<&'a Property>,
    /// The names of the properties on the way, without keys of maps.
    names: Vec<&'a str>,
    top: bool,
    replacement: Replacement,
    sensitive: bool,
    write_only: bool,
}

/// A value found by [`ResourceType::walk`].
#[derive(Debug)]
pub struct Visit<'a, 'v> {
    /// The path, as in `Listeners.0.Port`.
    pub path: String,
    /// The place in the schema.
    pub cursor: Cursor<'a>,
    /// The value.
    pub value: &'v Value,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(resource: &'a ResourceType) -> Self {
        Self {
            resource,
            kind: None,
            property: None,
            names: Vec::new(),
            top: true,
            replacement: Replacement::Never,
            sensitive: false,
            write_only: false,
        }
    }

    /// Returns the facts about the property here. Elements of a list and entries of a map belong to the property that
    /// contains them. `None` if the schema has no such property.
    pub fn property(&self) -> Option<&'a Property> {
        self.property
    }

    /// Returns the type of the value here; `None` at the top, and if the schema has no such property.
    pub fn kind(&self) -> Option<&'a Kind> {
        self.kind
    }

    /// Returns the effect of a change here on the resource: the strongest effect of the properties on the path.
    pub fn replacement(&self) -> Replacement {
        self.replacement
    }

    /// Returns whether a property on the path holds a secret.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Returns whether AWS accepts this value but never returns it.
    pub fn is_write_only(&self) -> bool {
        self.write_only
    }

    /// Returns the resource type of this place.
    pub fn resource(&self) -> &'a ResourceType {
        self.resource
    }

    /// Returns the names of the properties on the path, without keys of maps.
    pub fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// Returns the properties of the structure here; `None` if this is not a nested type of the resource.
    pub fn fields(&self) -> Option<&'a Properties> {
        match self.kind? {
            Kind::Type(nested) => self.resource.types.get(nested),
            _ => None,
        }
    }

    /// Returns whether a list is expected here.
    pub fn is_list(&self) -> bool {
        self.list().is_some()
    }

    /// Returns the place of an entry of the object or map here. Lists are skipped.
    pub fn key(&self, name: &str) -> Self {
        if self.top {
            return self.enter(self.resource.properties.get_key_value(name));
        }
        match self.kind {
            Some(kind) => self.key_in(kind, name).unwrap_or_else(|| self.lost()),
            None => self.lost(),
        }
    }

    /// Returns the place of the elements of the list here.
    pub fn item(&self) -> Self {
        match (self.list(), self.kind) {
            (Some(element), _) => self.with(element),
            (None, Some(Kind::Json)) => self.clone(),
            _ => self.lost(),
        }
    }

    fn key_in(&self, kind: &'a Kind, name: &str) -> Option<Self> {
        match kind {
            Kind::Type(nested) => {
                let properties = self.resource.types.get(nested)?;
                properties.get_key_value(name).map(|found| self.enter(Some(found)))
            }
            Kind::Map(element) => Some(self.with(element)),
            Kind::List(element) => self.key_in(element, name),
            Kind::Json => Some(self.with(kind)),
            Kind::Tag => TAG.iter().find(|(key, _)| *key == name).map(|(key, part)| self.enter(Some((key, part)))),
            Kind::Union(kinds) => kinds.iter().find_map(|kind| self.key_in(kind, name)),
            _ => None,
        }
    }

    fn list(&self) -> Option<&'a Kind> {
        match self.kind? {
            Kind::List(element) => Some(element),
            Kind::Union(kinds) => kinds.iter().find_map(|kind| match kind {
                Kind::List(element) => Some(&**element),
                _ => None,
            }),
            _ => None,
        }
    }

    /// The same property, a level deeper.
    fn with(&self, kind: &'a Kind) -> Self {
        Self { kind: Some(kind), ..self.clone() }
    }

    fn enter(&self, found: Option<(&&'a str, &'a Property)>) -> Self {
        let Some((name, property)) = found else { return self.lost() };
        let mut names = self.names.clone();
        names.push(name);
        let listed = if self.resource.replaces(&names) { Replacement::Always } else { property.replacement };
        Self {
            resource: self.resource,
            kind: Some(&property.kind),
            property: Some(property),
            names,
            top: false,
            replacement: self.replacement.max(listed),
            sensitive: self.sensitive || property.sensitive,
            write_only: self.write_only || property.write_only,
        }
    }

    fn lost(&self) -> Self {
        Self { kind: None, property: None, top: false, ..self.clone() }
    }
}

impl ResourceType {
    /// Returns a cursor at the top of the document.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self)
    }

    /// Returns the property at a path, as in `VpcConfig.SubnetIds` or `Listeners.0.Port`. Positions in lists may be
    /// left out.
    pub fn property(&self, path: &str) -> Option<&Property> {
        self.at(path).property()
    }

    /// Returns the type of the property at a path.
    pub fn property_type(&self, path: &str) -> Option<&Kind> {
        self.property(path).map(|property| &property.kind)
    }

    /// Returns whether the property at a path must be set if the object around it is set.
    pub fn is_required(&self, path: &str) -> bool {
        self.property(path).is_some_and(|property| property.required)
    }

    /// Returns whether the property at a path, or one around it, holds a secret.
    pub fn is_sensitive(&self, path: &str) -> bool {
        self.at(path).is_sensitive()
    }

    /// Returns the effect of a change at a path on the resource: the strongest effect of the properties on the path.
    pub fn replacement(&self, path: &str) -> Replacement {
        self.at(path).replacement()
    }

    /// Returns the cursor at a path.
    pub fn at(&self, path: &str) -> Cursor<'_> {
        path.split('.').fold(self.cursor(), |cursor, step| match step.parse::<usize>() {
            Ok(_) if cursor.is_list() => cursor.item(),
            _ => cursor.key(step),
        })
    }

    /// Returns every value in the properties of a resource, with objects and lists before their contents.
    pub fn walk<'v>(&self, properties: &'v Value) -> Vec<Visit<'_, 'v>> {
        let mut visits = Vec::new();
        descend(&self.cursor(), "", properties, &mut visits);
        visits
    }
}

fn descend<'a, 'v>(cursor: &Cursor<'a>, path: &str, value: &'v Value, visits: &mut Vec<Visit<'a, 'v>>) {
    let join = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    let mut visit = |path: String, cursor: Cursor<'a>, value: &'v Value| {
        visits.push(Visit { path: path.clone(), cursor: cursor.clone(), value });
        descend(&cursor, &path, value, visits);
    };
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| visit(join(key), cursor.key(key), value));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(position, value)| visit(join(&position.to_string()), cursor.item(), value));
        }
        _ => {}
    }
}

static TAG: LazyLock<[(&str, Property); 2]> =
    LazyLock::new(|| ["Key", "Value"].map(|name| (name, Property { required: true, ..Property::of(Kind::String) })));
