//! Which resources name which others in their properties as they were applied, by reference or by text.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use super::claims;
use crate::model::{ResourceState, State};
use crate::provider::Identity;

/// Resources of a state by the texts that may identify them.
pub(crate) struct Named<'s> {
    by_text: BTreeMap<&'s str, Vec<(&'s Path, &'s ResourceState)>>,
    identity: &'s Identity,
}

impl<'s> Named<'s> {
    /// Of the resources of these paths.
    pub(crate) fn new(state: &'s State, identity: &'s Identity, paths: impl Iterator<Item = &'s Path>) -> Self {
        let mut by_text: BTreeMap<&str, Vec<(&Path, &ResourceState)>> = BTreeMap::new();
        for (path, resource) in paths.filter_map(|path| state.resources.get_key_value(path)) {
            let outputs = resource.outputs.values().filter_map(|value| value.as_str());
            let properties = resource.properties.values().filter_map(Value::as_str);
            let mut texts: Vec<&str> = outputs.chain(properties).chain([resource.id.as_str()]).collect();
            texts.sort_unstable();
            texts.dedup();
            for text in texts {
                by_text.entry(text).or_default().push((path, resource));
            }
        }
        Self { by_text, identity }
    }

    /// The resources that this text identifies, where it is the value at a place of `holder`, as in
    /// `VpcConfig.SubnetIds`.
    pub(crate) fn at(&self, holder: &ResourceState, place: &str, text: &str) -> Vec<(&'s Path, &'s ResourceState)> {
        let (Some(known), Some(schema)) = (self.by_text.get(text), lookup(&holder.type_name)) else {
            return Vec::new();
        };
        let relations = schema.relations(place);
        let identifies = |(_, named): &&(&'s Path, &'s ResourceState)| {
            let Some(target) = lookup(&named.type_name) else { return false };
            let relates = relations.iter().any(|relation| {
                let is_it = || {
                    named.id == text
                        || named.value_of(relation.attribute).is_some_and(|value| value.as_str() == Some(text))
                };
                relation.resource == named.type_name && target.is_identified_by(relation.attribute) && is_it()
            });
            relates && self.is_within_reach(holder, named)
        };
        known.iter().filter(identifies).copied().collect()
    }

    /// Whether a name that `holder` has is one of the place where `named` is: two regions can have the same
    /// name. What claims no name has an identifier of its own.
    fn is_within_reach(&self, holder: &ResourceState, named: &ResourceState) -> bool {
        if self.identity.account_of(&holder.environment) != self.identity.account_of(&named.environment) {
            return false;
        }
        let here = claims::kept(named, &holder.environment, &named.properties, self.identity, &|_, _| None);
        holder.environment.region == named.environment.region || here == claims::held(named, self.identity)
    }
}

/// Visits what has no parts within a value, with its place; a position in a list is left out.
pub(crate) fn each_leaf<'v>(place: &str, value: &'v Value, visit: &mut dyn FnMut(&str, &'v Value)) {
    match value {
        Value::List(items) => items.iter().for_each(|item| each_leaf(place, item, visit)),
        Value::Map(entries) => {
            entries.iter().for_each(|(key, value)| each_leaf(&format!("{place}.{key}"), value, visit));
        }
        leaf => visit(place, leaf),
    }
}
