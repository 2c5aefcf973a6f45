//! Resources that a program names by text instead of passing their outputs.
//!
//! If the same program has a role named `"worker"`, then `"worker"` as the role of a policy means that role: the policy
//! is created after it and deleted before it, as with a reference.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{ResourceType, lookup};

use crate::assembly::Assembly;
use crate::environment::Environment;
use crate::path::Path;
use crate::value::Value;

/// A resource that names another one by text instead of passing an output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByText {
    /// The resource.
    pub path: Path,
    /// The resource that it names.
    pub named: Path,
    /// The place of the name, as in `LoggingConfiguration.DestinationBucketName`.
    pub place: String,
    /// The name.
    pub text: String,
}

/// Returns each resource with those that it names by text.
pub fn by_text(assembly: &Assembly) -> BTreeSet<ByText> {
    Named::new(assembly).found(assembly)
}

/// Adds to each resource what it names by text, as something that it is made after. What would make a cycle
/// is left out: two buckets may log into each other. Whether both can be made is the planner's to say, since
/// one of them may exist.
pub(crate) fn dependencies(assembly: &mut Assembly) {
    for ByText { path, named, .. } in by_text(assembly) {
        if !assembly.dependencies(&path).contains(&named)
            && !is_made_after(assembly, &named, &path)
            && let Some(entry) = assembly.resources.get_mut(&path)
        {
            entry.depends_on.insert(named);
        }
    }
}

/// Returns whether `path` is `other`, or depends on it directly or indirectly.
pub fn is_made_after(assembly: &Assembly, path: &Path, other: &Path) -> bool {
    let mut seen = BTreeSet::from([path.clone()]);
    let mut open = vec![path.clone()];
    while let Some(path) = open.pop() {
        if path == *other {
            return true;
        }
        open.extend(assembly.dependencies(&path).into_iter().filter(|next| seen.insert(next.clone())));
    }
    false
}

/// The resources whose names the program states, by those.
struct Named {
    by_text: BTreeMap<String, Vec<Identified>>,
}

/// A resource and the property that names it.
struct Identified {
    path: Path,
    schema: &'static ResourceType,
    property: &'static str,
}

impl Named {
    fn new(assembly: &Assembly) -> Self {
        let mut by_text: BTreeMap<String, Vec<Identified>> = BTreeMap::new();
        for (path, entry) in &assembly.resources {
            let named = lookup(&entry.type_name).and_then(|schema| Some((schema, schema.own_name()?)));
            let Some((schema, property)) = named else { continue };
            if let Some(name) = entry.properties.get(property).and_then(Value::as_str) {
                let identified = Identified { path: path.clone(), schema, property };
                by_text.entry(name.to_owned()).or_default().push(identified);
            }
        }
        Self { by_text }
    }

    fn found(&self, assembly: &Assembly) -> BTreeSet<ByText> {
        let mut found = BTreeSet::new();
        if self.by_text.is_empty() {
            return found;
        }
        for (path, entry) in &assembly.resources {
            let Some(schema) = lookup(&entry.type_name) else { continue };
            for (property, value) in &entry.properties {
                value.walk_leaves(property, &mut |place, leaf| {
                    let Some(text) = leaf.as_str() else { return };
                    let by_name = self.by_text.get(text).into_iter().flatten();
                    let by_name = by_name.filter(|named| named.is_meant_by(schema, place)).filter(|named| {
                        let environments = [path, &named.path].map(|path| assembly.environment(path));
                        share_names(environments, named.schema)
                    });
                    let by_arn = self.by_arn(assembly, schema, place, text);
                    for named in by_name.chain(by_arn).filter(|named| named.path != *path) {
                        let (named, place, text) = (named.path.clone(), place.to_owned(), text.to_owned());
                        found.insert(ByText { path: path.clone(), named, place, text });
                    }
                });
            }
        }
        found
    }

    /// Those that a place names by an ARN, which says the account: that has to be known to be theirs.
    fn by_arn(&self, assembly: &Assembly, holder: &ResourceType, place: &str, arn: &str) -> Vec<&Identified> {
        if !arn.starts_with("arn:") {
            return Vec::new();
        }
        let types: BTreeSet<&str> = holder.relations(place).into_iter().map(|relation| relation.resource).collect();
        let parts = types.into_iter().filter_map(lookup).filter_map(|schema| Some((schema, schema.in_arn(arn)?)));
        let named = parts.flat_map(|(schema, parts)| {
            let named = self.by_text.get(parts.name).into_iter().flatten();
            named.filter(move |named| {
                let there = assembly.environment(&named.path);
                named.schema.name == schema.name
                    && there.is_some_and(|there| {
                        let is_there = parts.region.is_empty() || parts.region == there.region;
                        is_there && there.account.as_deref() == Some(parts.account)
                    })
            })
        });
        named.collect()
    }
}

impl Identified {
    /// Returns whether the value at a place, as in `VpcConfig.SubnetIds`, may refer to this resource.
    fn is_meant_by(&self, holder: &ResourceType, place: &str) -> bool {
        let mut relations = holder.relations(place).into_iter();
        relations.any(|relation| relation.resource == self.schema.name && relation.attribute == self.property)
    }
}

/// Returns whether a name means the same in both environments.
fn share_names(environments: [Option<&Environment>; 2], schema: &ResourceType) -> bool {
    let [Some(a), Some(b)] = environments else { return false };
    a.account == b.account && (schema.is_global() || a.region == b.region)
}

#[cfg(test)]
#[path = "named_tests.rs"]
mod tests;
