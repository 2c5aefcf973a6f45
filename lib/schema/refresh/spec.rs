//! The database of `@aws-cdk/aws-service-spec`, reduced to one line for each resource type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::registry::{Place, Schema};
use crate::sensitive::{Facts, is_sensitive};
use crate::{Result, facts};

/// Relationships whose target the database spells in another way than the target itself, as
/// (type, attribute named, type, attribute meant).
const SPELLINGS: [(&str, &str, &str, &str); 6] = [
    ("AWS::EC2::SecurityGroup", "Id", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::VPC", "DefaultSecurityGroup", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::Glue::Registry", "RegistryName", "AWS::Glue::Registry", "Name"),
    ("AWS::Lambda::Alias", "Arn", "AWS::Lambda::Alias", "AliasArn"),
    ("AWS::Lambda::Version", "Arn", "AWS::Lambda::Version", "FunctionArn"),
    ("AWS::RDS::DBCluster", "Arn", "AWS::RDS::DBCluster", "DBClusterArn"),
];

pub(crate) struct Spec<'a> {
    resources: BTreeMap<&'a str, Resource<'a>>,
    nested: BTreeMap<&'a str, &'a Value>,
}

#[derive(Clone, Copy)]
pub(crate) struct Resource<'a> {
    pub(crate) name: &'a str,
    entity: &'a Value,
    uses: &'a Value,
}

impl<'a> Spec<'a> {
    pub(crate) fn new(database: &'a Value) -> Result<Self> {
        let schema = &database["schema"];
        let list = |name: &str| schema[name]["entities"].as_array().ok_or(format!("no {name}"));
        let mut resources = BTreeMap::new();
        for entity in list("resource")? {
            let name = entity["cloudFormationType"].as_str().ok_or("a resource without a type")?;
            let id = entity["$id"].as_str().ok_or("a resource without an id")?;
            let uses = &schema["usesType"]["forward"][id];
            resources.insert(name, Resource { name, entity, uses });
        }
        let nested = list("typeDefinition")?;
        let nested = nested.iter().filter_map(|entity| Some((entity["$id"].as_str()?, entity))).collect();
        Ok(Self { resources, nested })
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'a>> {
        self.resources.values().copied()
    }

    /// The line of one resource type.
    pub(crate) fn entry(
        &self,
        resource: Resource<'a>,
        schema: Option<Schema>,
        refused: &mut BTreeSet<String>,
    ) -> Value {
        let entity = resource.entity;
        let top = schema.as_ref().map(Schema::top);
        let mut writer = Writer { spec: self, resource: resource.name, refused, places: BTreeMap::new() };
        let properties = writer.properties(&entity["properties"], top.clone());
        let attributes = writer.attributes(&entity["attributes"], top);
        let types = writer.types(resource.uses);
        let mut replacing: Vec<Value> =
            entity["additionalReplacementProperties"].as_array().cloned().unwrap_or_default();
        replacing.sort_by_key(Value::to_string);
        replacing.dedup();
        let tags = &entity["tagInformation"];
        let tags = tags.is_object().then(|| json!([tags["tagPropertyName"], tags["variant"]]));
        let mut entry = Map::new();
        entry.insert("name".into(), resource.name.into());
        entry.extend(facts([
            ("id", entity["primaryIdentifier"].clone()),
            ("ref", entity["cfnRefIdentifier"].clone()),
            ("arn", entity["arnTemplate"].clone()),
            ("stateful", entity["isStateful"].clone()),
            ("tags", tags.unwrap_or(Value::Null)),
            ("transform", entity["cloudFormationTransform"].clone()),
            ("scrutiny", scrutiny(entity)),
            ("delete_first", schema.as_ref().is_some_and(Schema::deletes_first).into()),
            ("handlers", schema.as_ref().map(Schema::handlers).into()),
            ("replacing", replacing.into()),
            ("properties", properties.into()),
            ("types", types.into()),
            ("attributes", attributes.into()),
        ]));
        entry.into()
    }
}

/// Properties that AWS's own API changes in place, though the database says that a change replaces the
/// resource.
///
/// `RouteTableId`: ReplaceRouteTableAssociation moves a subnet to another table in one call, and gives the
/// association another identifier.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>
const IN_PLACE: [(&str, &str); 1] = [("AWS::EC2::SubnetRouteTableAssociation", "RouteTableId")];

struct Writer<'s, 'a> {
    spec: &'s Spec<'a>,
    resource: &'a str,
    refused: &'s mut BTreeSet<String>,
    /// The place at which the registry describes each nested type: the first property that has it.
    places: BTreeMap<&'a str, Place<'s>>,
}

impl<'s, 'a> Writer<'s, 'a> {
    /// Sorted by name: the order in AWS's files changes without meaning.
    fn properties(&mut self, properties: &'a Value, place: Option<Place<'s>>) -> Map<String, Value> {
        let properties: BTreeMap<_, _> = properties.as_object().into_iter().flatten().collect();
        let mut written = Map::new();
        for (name, property) in properties {
            let place = place.as_ref().map(|place| place.property(name));
            self.visit_types(&property["type"], place.as_ref());
            written.insert(name.clone(), self.property(name, property, place));
        }
        written
    }

    fn property(&mut self, name: &str, property: &'a Value, place: Option<Place<'s>>) -> Value {
        let kind = self.kind(&property["type"]);
        let write_only = place.as_ref().is_some_and(Place::write_only);
        let allowed = place.as_ref().map(Place::allowed).unwrap_or_default();
        let unordered = kind.contains('[') && place.as_ref().is_some_and(Place::unordered);
        let secrecy = Facts { write_only, enumerated: !allowed.is_empty() };
        let sensitive = is_sensitive(self.resource, name, &kind, secrecy);
        let in_place = IN_PLACE.contains(&(self.resource, name));
        let replaces = property["causesReplacement"].as_str().filter(|replaces| *replaces != "no" && !in_place);
        let deprecated = property["deprecated"].as_str().is_some_and(|state| state != "NONE");
        let default = property["defaultValue"].as_str();
        // The database has defaults as JSON texts.
        let default = default.map(|text| serde_json::from_str(text).unwrap_or(Value::from(text)));
        let mut refs = self.references(&property["relationshipRefs"], place.as_ref());
        if name.ends_with("GroupName") && refs == json!([["AWS::EC2::SecurityGroup", "GroupId"]]) {
            // The name of a security group, which the database takes for its id.
            refs = Value::Null;
        }
        let facts = facts([
            ("type", kind.clone().into()),
            ("required", property["required"].clone()),
            ("replaces", replaces.into()),
            ("sensitive", sensitive.into()),
            ("write_only", write_only.into()),
            ("unordered", unordered.into()),
            ("deprecated", deprecated.into()),
            ("scrutiny", scrutiny(property)),
            ("default", default.unwrap_or(Value::Null)),
            ("enum", allowed.into()),
            ("refs", refs),
        ]);
        if facts.len() == 1 { kind.into() } else { facts.into() }
    }

    fn attributes(&mut self, attributes: &'a Value, place: Option<Place<'s>>) -> Map<String, Value> {
        let attributes: BTreeMap<_, _> = attributes.as_object().into_iter().flatten().collect();
        let mut written = Map::new();
        for (name, attribute) in attributes {
            let place =
                place.as_ref().map(|place| name.split('.').fold(place.clone(), |place, part| place.property(part)));
            self.visit_types(&attribute["type"], place.as_ref());
            let kind = self.kind(&attribute["type"]);
            let mut refs = self.references(&attribute["relationshipRefs"], place.as_ref());
            let same = SPELLINGS.iter().find(|known| (known.0, known.1) == (self.resource, name));
            if let Some((_, _, target, meant)) = same {
                refs = json!([[target, meant]]);
            }
            let facts = facts([("type", kind.clone().into()), ("refs", refs)]);
            written.insert(name.clone(), if facts.len() == 1 { kind.into() } else { facts.into() });
        }
        written
    }

    /// The nested types, after all that is reachable has been given its place in the registry.
    fn types(&mut self, uses: &'a Value) -> Map<String, Value> {
        let ids = uses.as_array().into_iter().flatten().filter_map(|entry| entry["$id"].as_str());
        let mut types = BTreeMap::new();
        for id in ids {
            let entity = self.spec.nested[id];
            let name = entity["name"].as_str().unwrap_or_default();
            let place = self.places.get(id).cloned();
            types.insert(name, self.properties(&entity["properties"], place));
        }
        types.into_iter().map(|(name, properties)| (name.to_owned(), properties.into())).collect()
    }

    /// Remembers the place of the types that a property has, and of those within them.
    fn visit_types(&mut self, kind: &'a Value, place: Option<&Place<'s>>) {
        let Some(place) = place else { return };
        if let Some(id) = kind["reference"]["$ref"].as_str()
            && self.places.insert(id, place.clone()).is_none()
        {
            for (name, property) in self.spec.nested[id]["properties"].as_object().into_iter().flatten() {
                self.visit_types(&property["type"], Some(&place.property(name)));
            }
        }
        for part in kind.get("element").into_iter().chain(kind["types"].as_array().into_iter().flatten()) {
            self.visit_types(part, Some(place));
        }
    }

    /// `string`, `[string]` a list, `{string}` a map, `:Name` a nested type, `a|b` one of both.
    fn kind(&self, kind: &Value) -> String {
        match kind["type"].as_str().unwrap_or_default() {
            "array" => format!("[{}]", self.kind(&kind["element"])),
            "map" => format!("{{{}}}", self.kind(&kind["element"])),
            "union" => {
                let kinds: Vec<_> =
                    kind["types"].as_array().into_iter().flatten().map(|kind| self.kind(kind)).collect();
                kinds.join("|")
            }
            "ref" => {
                let id = kind["reference"]["$ref"].as_str().unwrap_or_default();
                format!(":{}", self.spec.nested[id]["name"].as_str().unwrap_or_default())
            }
            other => other.to_owned(),
        }
    }

    /// Returns the references of the property: the database's relationships, else the registry's formats.
    fn references(&mut self, relationships: &Value, place: Option<&Place<'_>>) -> Value {
        let mut found = BTreeSet::new();
        for relationship in relationships.as_array().into_iter().flatten() {
            let target = relationship["cloudFormationType"].as_str().unwrap_or_default();
            let attribute = relationship["propertyName"].as_str().unwrap_or_default();
            match self.target(target, attribute) {
                Some(meant) => _ = found.insert(meant),
                None => _ = self.refused.insert(format!("{target}.{attribute} in {}", self.resource)),
            }
        }
        if found.is_empty() {
            let formats = place.map(Place::identifies).unwrap_or_default();
            found = formats.into_iter().map(|(target, name)| (target.into(), name.into())).collect();
        }
        json!(found)
    }

    fn target(&self, target: &str, attribute: &str) -> Option<(String, String)> {
        if let Some(known) = SPELLINGS.iter().find(|known| (known.0, known.1) == (target, attribute)) {
            return Some((known.2.into(), known.3.into()));
        }
        let entity = self.spec.resources.get(target)?.entity;
        let has = |list: &str| entity[list].get(attribute).is_some();
        if has("attributes") || has("properties") {
            return Some((target.into(), attribute.into()));
        }
        match entity["primaryIdentifier"].as_array().map(Vec::as_slice) {
            Some([only]) if attribute == "Id" => Some((target.into(), only.as_str()?.into())),
            _ => None,
        }
    }
}

fn scrutiny(entity: &Value) -> Value {
    let stated = entity["scrutinizable"].as_str().filter(|stated| *stated != "None");
    stated.into()
}
