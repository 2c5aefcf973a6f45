//! Updates that reboot an instance whose parameters change.

use std::collections::BTreeMap;

use groundplan_core::{Assembly, Path};
use groundplan_schema::lookup;

use super::{Action, Change};
use crate::stages::reboot::{is_at_once, takes};

/// Returns the source of the parameters for which a resource of the program has to be rebooted, if it is rebooted at
/// once.
pub(super) fn at_once(assembly: &Assembly, path: &Path, changes: &BTreeMap<Path, Change>) -> Option<Path> {
    let entry = assembly.resources.get(path).filter(|entry| is_at_once(&entry.type_name, &entry.properties))?;
    let schema = lookup(&entry.type_name)?;
    let waits = |source: &Path| {
        changes.get(source).is_some_and(|change| {
            let needs = |name: &str| lookup(&change.type_name).is_some_and(|it| it.needs_reboot(name).is_some());
            change.action == Action::Update && change.properties.iter().any(|property| needs(&property.property))
        })
    };
    schema.is_rebooted().then(|| takes(assembly, path, &waits)).flatten().cloned()
}
