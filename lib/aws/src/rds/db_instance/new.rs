//! The first reboot of a database.
//!
//! RDS starts a new database with the parameters that it knows of the group at that moment. Those of a group
//! that was made or filled minutes ago, and those of a group that a replica gets after it was made, may come
//! later; static ones then wait for a reboot, which RDS shows as `pending-reboot`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Live, status};
use crate::error::Result;
use crate::handler::Cx;

/// The databases that this process has made and not seen ready, and whether it has asked for their reboot. One
/// that another process has made may be in use.
#[derive(Debug, Default)]
pub(crate) struct NewDatabases(Mutex<BTreeMap<String, bool>>);

impl NewDatabases {
    pub(super) fn add(&self, id: &str) {
        self.with(|new| new.insert(id.to_owned(), false));
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, bool>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reboots a database that works for the first time and has not got all of its parameters. Gives what is waited
/// for; none where that is nothing.
pub(super) async fn first_reboot(cx: &Cx, instance: &Live, id: &str) -> Result<Option<String>> {
    let new = &cx.new_databases;
    let Some(asked) = new.with(|new| new.get(id).copied()) else { return Ok(None) };
    match status::parameters(instance) {
        Some((group, "applying")) => Ok(Some(format!("available, and {group} is being applied"))),
        Some((group, "pending-reboot")) => {
            if !asked {
                cx.rds.reboot_db_instance().db_instance_identifier(id).send().await?;
                new.with(|new| new.insert(id.to_owned(), true));
            }
            Ok(Some(format!("rebooting, so that the static parameters of {group} apply")))
        }
        _ => {
            new.with(|new| new.remove(id));
            Ok(None)
        }
    }
}
