//! Values that are typed ids, and the names of the ids.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{Kind, Property, Reference, ResourceType, lookup};

use super::named::Named;
use super::{names, resources};

/// All typed ids, and the unions of several.
pub(crate) struct Ids {
    /// The name of the id that an attribute is.
    names: BTreeMap<Reference, Id>,
    unions: BTreeMap<BTreeSet<Reference>, Id>,
    /// The targets of properties and attributes, maybe those of another service.
    related: BTreeSet<Reference>,
    meanings: Meanings,
}

/// The meanings of texts, by the schema's relations and by their names.
pub(crate) struct Meanings(Named);

/// A type in a service's module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    /// The module.
    pub(crate) service: String,
    /// The type's name.
    pub(crate) name: String,
}

impl Ids {
    pub(crate) fn new() -> Self {
        let meanings = Meanings::new();
        let mut targets = BTreeSet::new();
        let mut related = BTreeSet::new();
        let mut unions: BTreeMap<BTreeSet<Reference>, Id> = BTreeMap::new();
        for resource in resources() {
            targets.extend(own(resource).map(|target| meanings.meant(target)));
            related.extend(meanings.led_elsewhere(resource));
            for (nested, name, property) in properties(resource) {
                let set = meanings.of_property(resource, nested, name, property);
                related.extend(set.iter().cloned());
                if set.len() > 1 {
                    let place = |nested: &str| if nested.is_empty() { String::new() } else { names::nested(nested) };
                    let name = format!("{}{}{}", names::resource(resource), place(nested), names::camel(name));
                    unions.entry(set).or_insert_with(|| Id { service: names::module(resource), name });
                }
            }
        }
        targets.extend(related.iter().cloned());
        let structs = resources().flat_map(|resource| {
            let name = names::resource(resource);
            [names::required(&name), name].map(|name| (names::module(resource), name))
        });
        let mut taken: BTreeSet<_> = structs.collect();
        let mut claim = |service: &str, candidates: [String; 3]| {
            let free = candidates.into_iter().find(|name| taken.insert((service.to_owned(), name.clone())));
            Id { service: service.to_owned(), name: free.expect("a name with `Value` is free") }
        };
        let named = targets.into_iter().map(|target| {
            let resource = find(&target);
            let short = names::id(resource.short_name(), target.attribute);
            let long = names::camel(resource.short_name()) + &names::camel(target.attribute);
            let last = format!("{long}Value");
            (target, claim(&names::module(resource), [short, long, last]))
        });
        let names: BTreeMap<_, _> = named.collect();
        let unions = unions.into_iter().map(|(set, user)| {
            let id = union(&set, &names, user);
            let last = [format!("{}Value", id.name), format!("{}Union", id.name)];
            let [second, third] = last;
            (set, claim(&id.service, [id.name, second, third]))
        });
        Self { unions: unions.collect(), names, related, meanings }
    }

    /// The typed id that a text property takes, or the union of several.
    pub(crate) fn of_property(
        &self,
        resource: &ResourceType,
        nested: &str,
        name: &str,
        property: &Property,
    ) -> Option<&Id> {
        let set = self.meanings.of_property(resource, nested, name, property);
        match set.len() {
            0 => None,
            1 => set.first().and_then(|only| self.names.get(only)),
            _ => self.unions.get(&set),
        }
    }

    /// Returns the targets of a property by its name, if no relation of it counts.
    #[cfg(test)]
    pub(crate) fn by_name(
        &self,
        resource: &ResourceType,
        nested: &str,
        name: &str,
        property: &Property,
    ) -> BTreeSet<Reference> {
        let meanings = &self.meanings;
        let stated = meanings.stated(resource, nested, name, property);
        if stated.is_some() { BTreeSet::new() } else { meanings.of_property(resource, nested, name, property) }
    }

    /// The typed id that an attribute or property of a resource is.
    pub(crate) fn of_attribute(&self, resource: &ResourceType, attribute: &str) -> Option<&Id> {
        let (name, _) = resource
            .attributes
            .get_key_value(attribute)
            .map(|(name, _)| (*name, ()))
            .or_else(|| resource.properties.get_key_value(attribute).map(|(name, _)| (*name, ())))?;
        self.names.get(&self.meanings.meant(Reference { resource: resource.name, attribute: name }))
    }

    /// The ids of a service, or of them what others refer to, each with the attribute that it is.
    pub(crate) fn of_service(&self, service: &str, all: bool) -> impl Iterator<Item = (&Id, &Reference)> {
        let ids = self.names.iter().filter(|(target, _)| all || self.related.contains(target));
        let ids = ids.map(|(target, id)| (id, target));
        let mut ids: Vec<_> = ids.filter(|(id, _)| id.service == service).collect();
        ids.sort();
        ids.into_iter()
    }

    /// The unions of a service, each with its members.
    pub(crate) fn unions_of_service(&self, service: &str) -> impl Iterator<Item = (&Id, Vec<&Id>)> {
        let unions = self.unions.iter().filter(|(_, id)| id.service == service);
        let mut unions: Vec<_> =
            unions.map(|(set, id)| (id, set.iter().map(|target| &self.names[target]).collect())).collect();
        unions.sort();
        unions.into_iter()
    }

    /// The unions that hold all of what `id` does and more.
    pub(crate) fn wider(&self, id: &Id) -> impl Iterator<Item = &Id> {
        let set = self.unions.iter().find(|(_, other)| *other == id).map(|(set, _)| set);
        let unions = self.unions.iter();
        unions.filter(move |(other, _)| set.is_some_and(|set| set.is_subset(other) && set != *other)).map(|(_, id)| id)
    }

    /// Returns whether all possible values of an id are ARNs.
    pub(crate) fn is_arn(&self, id: &Id) -> bool {
        let single =
            self.names.iter().find(|(_, other)| *other == id).map(|(target, _)| BTreeSet::from([target.clone()]));
        let set = single.or_else(|| self.unions.iter().find(|(_, other)| *other == id).map(|(set, _)| set.clone()));
        set.is_some_and(|set| set.iter().all(is_arn))
    }

    /// Returns the attribute with the ARN that a handle of the resource provides if any ARN is accepted.
    pub(crate) fn arn(&self, resource: &ResourceType) -> Option<&'static str> {
        let first = Reference { resource: resource.name, attribute: "" };
        let own = self.names.range(first..).map(|(target, _)| target);
        let arns = own.take_while(|target| target.resource == resource.name).filter(|target| is_arn(target));
        arns.map(|target| target.attribute).min_by_key(|attribute| rank(resource, attribute))
    }

    /// Returns the ids that a handle of the resource can provide, each with its attribute.
    pub(crate) fn identifying(&self, resource: &ResourceType) -> BTreeMap<&Id, &'static str> {
        let mut found = BTreeMap::new();
        let first = Reference { resource: resource.name, attribute: "" };
        for (target, id) in self.names.range(first..).take_while(|(target, _)| target.resource == resource.name) {
            found.insert(id, target.attribute);
        }
        for (set, id) in &self.unions {
            let own = set.iter().filter(|target| target.resource == resource.name);
            if let Some(best) = own.min_by_key(|target| rank(resource, target.attribute)) {
                found.insert(id, best.attribute);
            }
        }
        found
    }
}

/// An ARN says the most, then an id.
fn rank(resource: &ResourceType, attribute: &str) -> usize {
    let endings = ["arn", "id"];
    let name = attribute.to_lowercase();
    let ending = endings.iter().position(|ending| name.ends_with(ending)).unwrap_or(endings.len());
    2 * ending + usize::from(!resource.primary_identifier.contains(&attribute))
}

/// Every property, after the nested type that it is in, with its name.
pub(crate) fn properties(
    resource: &'static ResourceType,
) -> impl Iterator<Item = (&'static str, &'static str, &'static Property)> {
    let types = resource.types.iter().map(|(nested, properties)| (*nested, properties));
    std::iter::once(("", &resource.properties))
        .chain(types)
        .flat_map(|(nested, properties)| properties.iter().map(move |(name, property)| (nested, *name, property)))
}

/// The attributes that identify a resource: its primary identifiers and its ARN. Of a primary
/// identifier of several parts, those that are made with the resource.
fn own(resource: &'static ResourceType) -> impl Iterator<Item = Reference> {
    let single = resource.primary_identifier.len() == 1;
    let primary = resource.primary_identifier.iter();
    let primary = primary.filter(move |name| single || resource.attributes.contains_key(**name));
    let stated = resource.reference() != resource.primary_identifier;
    let referred = resource.reference().iter().filter(move |_| stated);
    let arns = resource.attributes.keys().filter(|name| is_own_arn(resource, name));
    let targets = primary.chain(referred).chain(arns);
    let targets = targets.map(|attribute| Reference { resource: resource.name, attribute });
    targets.filter(is_text)
}

fn is_own_arn(resource: &ResourceType, attribute: &str) -> bool {
    let (resource, attribute) = (names::snake(resource.short_name()), names::snake(attribute));
    let known: Vec<_> = resource.split('_').collect();
    let Some(rest) = attribute.strip_suffix("arn") else { return false };
    rest.split('_').filter(|word| !word.is_empty()).all(|word| known.contains(&word))
}

impl Meanings {
    pub(crate) fn new() -> Self {
        Self(Named::new(resources().flat_map(own)))
    }

    /// Returns the targets of a text property. The schema's relations count if the property's name fits every target:
    /// AWS's relationships are possibilities, and a value that may also be a domain name, an address or the id of a
    /// type that is not listed is plain text. If they do not count, the name may.
    pub(crate) fn of_property(
        &self,
        resource: &ResourceType,
        nested: &str,
        name: &str,
        property: &Property,
    ) -> BTreeSet<Reference> {
        if *property.kind.element() != Kind::String || property.sensitive {
            return BTreeSet::new();
        }
        let found = match self.stated(resource, nested, name, property) {
            Some(stated) => stated,
            None if property.allowed.is_empty() => self.0.of_property(resource, nested, name),
            None => Vec::new(),
        };
        found.into_iter().map(|target| self.meant(target)).collect()
    }

    /// The relations of a property, where they count.
    fn stated(&self, resource: &ResourceType, nested: &str, name: &str, property: &Property) -> Option<Vec<Reference>> {
        let path = if nested.is_empty() { name.to_owned() } else { format!("{nested}.{name}") };
        let stated = resource.relations_of(property, &path);
        let counts = |target: &Reference| is_identifier(target) && is_named(name, target);
        (!stated.is_empty() && stated.iter().all(counts)).then_some(stated)
    }

    /// The attribute that a reference leads to in the end: a subnet's `VpcId` is the `VpcId` of a VPC.
    fn meant(&self, target: Reference) -> Reference {
        let resource = find(&target);
        let attribute = resource.attributes.get(target.attribute).map(|attribute| &attribute.references);
        let property = resource.properties.get(target.attribute);
        let stated = attribute.filter(|stated| !stated.is_empty()).cloned();
        let stated = stated
            .or_else(|| property.map(|property| resource.relations_of(property, target.attribute)))
            .unwrap_or_default();
        let next = match &stated[..] {
            [next] if is_identifier(next) && (next.resource == target.resource || is_named(target.attribute, next)) => {
                Some(next.clone())
            }
            _ => {
                let attribute = resource.attributes.contains_key(target.attribute);
                // An identifier that AWS makes is the resource's own, whatever it is called.
                let made = attribute && own(resource).any(|own| own == target);
                let named = match property {
                    _ if made => Vec::new(),
                    Some(property) if !property.allowed.is_empty() => Vec::new(),
                    Some(_) if !attribute => self.0.of_property(resource, "", target.attribute),
                    _ => self.0.of_attribute(resource, target.attribute),
                };
                <[_; 1]>::try_from(named).ok().map(|[next]| next)
            }
        };
        match next {
            Some(next) if next != target => self.meant(next),
            _ => target,
        }
    }

    /// Returns the targets of a resource's attributes that belong to another resource.
    fn led_elsewhere(&self, resource: &'static ResourceType) -> impl Iterator<Item = Reference> {
        let names = resource.attributes.keys().chain(resource.properties.keys());
        let own = names.map(|attribute| Reference { resource: resource.name, attribute }).filter(is_text);
        own.map(|target| (target.clone(), self.meant(target))).filter(|(from, to)| from != to).map(|(_, to)| to)
    }
}

/// Returns whether an identifier is an ARN.
fn is_arn(target: &Reference) -> bool {
    // Which is called `Id`.
    names::is_arn(target.attribute) || target.resource == "AWS::SecretsManager::Secret" && target.attribute == "Id"
}

/// Returns whether the name of a property contains a word of its target.
fn is_named(name: &str, target: &Reference) -> bool {
    const SAY_NOTHING: [&str; 4] = ["arn", "id", "identifier", "name"];
    let resource = find(target);
    let mut known = words(resource.short_name());
    known.extend(words(target.attribute));
    known.insert(resource.service().to_lowercase());
    // What the names of AWS's do not say.
    match target.resource {
        "AWS::EC2::Subnet" => _ = known.insert("zone".into()),
        "AWS::KMS::Alias" => _ = known.insert("key".into()),
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => _ = known.insert("function".into()),
        _ => {}
    }
    words(name).iter().any(|word| known.contains(word) && !SAY_NOTHING.contains(&word.as_str()))
}

/// The words of a name, in the singular.
fn words(name: &str) -> BTreeSet<String> {
    let words = names::snake(name);
    words.split('_').map(|word| word.trim_end_matches('s').to_owned()).collect()
}

fn is_identifier(target: &Reference) -> bool {
    let resource = find(target);
    let name = target.attribute;
    let stated = resource.primary_identifier.contains(&name) || resource.reference().contains(&name);
    let endings = ["Arn", "ARN", "Id", "Identifier", "Name", "Url"];
    let named = endings.iter().any(|ending| name.ends_with(ending)) && !name.ends_with("DomainName");
    is_text(target) && (stated || (named && name != "DNSName" && name != "ProviderName"))
}

pub(crate) fn is_text(target: &Reference) -> bool {
    let resource = find(target);
    let attribute = resource.attributes.get(target.attribute).map(|attribute| &attribute.kind);
    let property = resource.properties.get(target.attribute).map(|property| &property.kind);
    attribute.or(property) == Some(&Kind::String)
}

pub(crate) fn find(target: &Reference) -> &'static ResourceType {
    lookup(target.resource).expect("the schema's tests look every target up")
}

/// `KeyArnOrKeyId` in the first member's module, or the place of the first property that takes it.
fn union(set: &BTreeSet<Reference>, names: &BTreeMap<Reference, Id>, user: Id) -> Id {
    let members: Vec<_> = set.iter().map(|target| &names[target]).collect();
    let joined = members.iter().map(|id| id.name.as_str()).collect::<Vec<_>>().join("Or");
    let same = members.iter().any(|id| members.iter().filter(|other| other.name == id.name).count() > 1);
    if members.len() > 3 || joined.len() > 50 || same {
        return user;
    }
    Id { service: members[0].service.clone(), name: joined }
}
