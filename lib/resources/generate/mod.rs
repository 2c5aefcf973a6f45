//! The generator of the service modules, run by `build.rs` and looked at by the tests.
//!
//! One module for each service, named like its SDK crate (`ec2`, `secretsmanager`). In it a struct
//! for each resource type, the typed ids, and for each resource a module with its nested types and
//! its `Attributes`.

mod emit;
mod ids;
mod kinds;
pub(crate) mod names;

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
