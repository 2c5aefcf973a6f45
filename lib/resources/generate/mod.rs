//! The generator of the service modules, run by `build.rs` and checked by the tests.
//!
//! One module for each service, named like its SDK crate (`ec2`, `secretsmanager`). In it a struct
//! for each resource type, the typed ids, and for each resource a module with its nested types and
//! its `Attributes`.

mod emit;
mod ids;
mod kinds;
mod named;
pub(crate) mod names;
pub(crate) mod values;

use std::collections::BTreeMap;

use groundplan_schema::ResourceType;

/// The code of each service's module, by the module's name. Without its feature a module has no
/// more than the ids that other services refer to.
pub(crate) fn services(enabled: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let ids = ids::Ids::new();
    let mut services: BTreeMap<String, Vec<&'static ResourceType>> = BTreeMap::new();
    for resource in resources() {
        services.entry(names::module(resource)).or_default().push(resource);
    }
    let code = services.into_iter().map(|(service, resources)| {
        let code = emit::service(&service, &resources, &ids, enabled(&service));
        (service, code)
    });
    code.collect()
}

/// All resource types, sorted by name.
pub(crate) fn resources() -> impl Iterator<Item = &'static ResourceType> {
    groundplan_schema::all().filter_map(groundplan_schema::lookup)
}

/// Returns the meanings of property names without a relation, as `ec2 KeyName: AWS::EC2::KeyPair KeyName (4)`.
#[cfg(test)]
pub(crate) fn said_by_names() -> Vec<String> {
    let ids = ids::Ids::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for resource in resources() {
        for (nested, name, property) in ids::properties(resource) {
            for target in ids.by_name(resource, nested, name, property) {
                let line = format!("{} {name}: {} {}", resource.service(), target.resource, target.attribute);
                *counts.entry(line).or_default() += 1;
            }
        }
    }
    counts.into_iter().map(|(line, count)| format!("{line} ({count})")).collect()
}
