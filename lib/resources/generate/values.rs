//! The types of published values.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{Kind, Property, ResourceType};

use super::kinds::shape;
use super::names;

/// The types of the published values of a resource type, which are in its module.
pub(crate) struct Values {
    /// The name of the type, by nested type (empty for the resource itself) and property.
    names: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
    /// Each type with the property that it is called after, and its values.
    pub(crate) types: BTreeMap<String, (&'static str, Vec<&'static str>)>,
}

impl Values {
    pub(crate) fn new(resource: &'static ResourceType) -> Self {
        let own = [("", &resource.properties)];
        let nested = resource.types.iter().map(|(name, properties)| (*name, properties));
        let structs = resource.types.keys().map(|name| names::nested(name));
        let mut taken: BTreeSet<_> = structs.flat_map(|name| [names::required(&name), name]).collect();
        taken.insert("Attributes".into());
        taken.extend(names::OF_STD.map(str::to_owned));
        let mut values = Self { names: BTreeMap::new(), types: BTreeMap::new() };
        for (nested, properties) in own.into_iter().chain(nested) {
            for (name, property) in properties {
                let Some(published) = published(property) else { continue };
                let short = names::camel(name);
                let long = names::camel(nested) + &short;
                let candidates = [short, long.clone(), long + "Value"];
                let same = |candidate: &&String| {
                    values.types.get(*candidate).is_some_and(|(called, values)| called == name && *values == published)
                };
                let known = candidates.iter().find(same).cloned();
                let name_of_type = known.unwrap_or_else(|| {
                    let free = candidates.into_iter().find(|candidate| taken.insert(candidate.clone()));
                    free.expect("a name with `Value` is free")
                });
                values.types.entry(name_of_type.clone()).or_insert((name, published));
                values.names.entry(nested).or_default().insert(name, name_of_type);
            }
        }
        values
    }

    /// The type of the values of a property, if AWS publishes any.
    pub(crate) fn of_property(&self, nested: &str, name: &str) -> Option<&str> {
        self.names.get(nested)?.get(name).map(String::as_str)
    }
}

/// The texts that a property, or each of its elements, takes.
fn published(property: &'static Property) -> Option<Vec<&'static str>> {
    let is_text = *shape(&property.kind).element() == Kind::String && !property.sensitive;
    let texts: Option<Vec<_>> = property.allowed.iter().map(|value| value.as_str()).collect();
    texts.filter(|texts| is_text && !texts.is_empty())
}

/// The names of constants for the values: `db.t3.micro` as `DB_T3_MICRO`.
pub(crate) fn constants<'a>(values: &[&'a str]) -> BTreeMap<&'a str, String> {
    names::distinct(values.iter().copied().collect::<BTreeSet<_>>(), constant)
}

fn constant(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = |distance: usize| letters.get(at + distance).copied().unwrap_or('_');
        // `TLSv1` is one word.
        let begins = after(1).is_ascii_lowercase() && !(after(1) == 'v' && after(2).is_ascii_digit());
        let is_boundary = letter.is_ascii_uppercase()
            && before.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_alphanumeric() && begins);
        match letter {
            '*' => name.push_str("ANY"),
            letter if letter.is_ascii_alphanumeric() => {
                if is_boundary {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            _ if name.is_empty() || name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "EMPTY".into(),
        Some(first) if first.is_ascii_digit() => format!("V{name}"),
        Some(_) => name.into(),
    }
}
