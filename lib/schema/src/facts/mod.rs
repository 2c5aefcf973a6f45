//! The table of facts: the behavior of resource types that the schema does not describe.
//!
//! The schema and the rules of this module give the default of each fact; a row of the table
//! corrects it for one type and names its source. The AWS provider, the simulator and the planner
//! read the result with [`behavior`](crate::behavior) and the methods of [`ResourceType`]. Nothing
//! else states these facts.
//!
//! | file | what it holds |
//! |---|---|
//! | `network`, `compute`, `data`, `platform` | rows by group of services: recovery, waits, early outputs, coexistence |
//! | `native` | which types the provider manages through the API of their service, and how the others behave |
//! | `identity` | the name of a resource, and the parts that make a relation what it is |
//! | `api` | the API of each service |
//! | `relations` | which properties name other resources, and which of those they keep from being deleted |
//! | `bound` | what is a part of another resource for life |
//! | `occupants` | what holds another resource though it does not name it |
//! | `delivery` | what delivers to another resource whose policy has to allow that |
//! | `one_network` | what cannot follow its subnets to another VPC |
//! | `two_zones` | which subnets have to be in two availability zones |
//! | `protection` | which settings keep AWS from deleting a resource |
//! | `reboot` | which changes take effect only with a reboot |
//! | `final_snapshot` | which types have a snapshot taken when they are deleted |
//! | `stateful` | which types are stateful |
//! | `task_roles` | which types start tasks, and what gives these their roles |
//! | `support` | which types can be managed, and what to use instead of the others |
//! | `follows` | which outputs follow which property when it changes in place |
//!
//! # Sources
//!
//! `API_X` in a comment is the page of the operation X in the API reference of the type's service,
//! as in <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>. Whether
//! an operation takes a token or tags is stated there and in AWS's published service models
//! (`idempotencyToken`, `Tags`, `TagSpecifications`).
//!
//! Interval and timeout follow the waiters of AWS's SDKs where there is one for the type, as in
//! <https://docs.aws.amazon.com/boto3/latest/reference/services/ec2/waiter/NatGatewayAvailable.html>; the interval is
//! shorter if polls are cheap, and the timeout longer if that waiter is known to be too short.

mod api;
mod bound;
mod compute;
mod data;
mod delivery;
mod final_snapshot;
mod follows;
mod identity;
mod native;
mod network;
mod occupants;
mod one_network;
mod platform;
mod protection;
mod reboot;
mod relations;
mod stateful;
mod support;
mod task_roles;
mod told;
mod two_zones;

pub use told::OwnerQuota;

pub use final_snapshot::FinalSnapshot;
pub use follows::{SECRET_ENTRY, SecretEntry};
pub use occupants::{InVpc, public_types};
pub use protection::Protection;
pub use reboot::NeedsReboot;

use crate::behavior::{Behavior, OnDuplicate, Recovery, Wait};
use crate::resource::{Handler, ResourceType};

/// The groups of rows. A type has one row in one of them, or none.
const GROUPS: [&[Row]; 4] = [network::ROWS, compute::ROWS, data::ROWS, platform::ROWS];

/// Facts about one type beyond the schema.
#[derive(Clone, Copy, Debug)]
struct Row {
    type_name: &'static str,
    recovery: Option<Recovery>,
    alone: bool,
    wait: Wait,
    early: &'static [&'static str],
    on_duplicate: OnDuplicate,
}

/// A row that corrects nothing yet.
const fn row(type_name: &'static str) -> Row {
    Row { type_name, recovery: None, alone: false, wait: Wait::NONE, early: &[], on_duplicate: OnDuplicate::Refuses }
}

impl Row {
    /// A create is made exactly once in this way.
    const fn by(self, recovery: Recovery) -> Self {
        Self { recovery: Some(recovery), ..self }
    }

    /// Its successor cannot be made while it exists.
    const fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Its create call puts it in the place of the one with the same claim, without a word.
    const fn overwrites(self) -> Self {
        Self { on_duplicate: OnDuplicate::Overwrites, ..self }
    }

    /// Its create call returns the one with the same claim and settings as if it had made it.
    const fn returns(self) -> Self {
        Self { on_duplicate: OnDuplicate::Returns, ..self }
    }

    /// Sets the wait: a poll every `interval` seconds or more often, for `timeout` seconds.
    const fn waits(self, interval: u64, timeout: u64) -> Self {
        Self { wait: Wait::seconds(interval, timeout), ..self }
    }

    /// These outputs are known, and of use to others, before it is ready.
    const fn early(self, outputs: &'static [&'static str]) -> Self {
        Self { early: outputs, ..self }
    }
}

fn find(type_name: &str) -> Option<&'static Row> {
    GROUPS.iter().copied().flatten().find(|row| row.type_name == type_name)
}

impl ResourceType {
    /// Returns the behavior of resources of this type as the provider manages them: through the API of their service
    /// where it has a handler for that, or through Cloud Control.
    pub fn behavior(&self) -> Behavior {
        *self.behavior.get_or_init(|| {
            let own = self.own_behavior();
            if self.is_native() { own } else { native::through_cloud_control(own) }
        })
    }

    /// Returns the behavior of resources of this type through the API of their service, whether or not the provider
    /// manages them so.
    pub fn own_behavior(&self) -> Behavior {
        let row = find(self.name);
        Behavior {
            recovery: row.and_then(|row| row.recovery).unwrap_or_else(|| self.default_recovery()),
            coexists: !self.deletes_first && !row.is_some_and(|row| row.alone),
            wait: row.map_or(Wait::NONE, |row| row.wait),
            early_outputs: row.map_or(&[], |row| row.early),
            api: api::of(self.service()),
        }
    }

    /// Returns the effect of a create if a resource with the same claim already exists.
    ///
    /// An existing bucket of the account counts as refusing, though S3 answers in us-east-1 as if it had created it: a
    /// create has to read the bucket before (API_CreateBucket).
    pub fn on_duplicate(&self) -> OnDuplicate {
        find(self.name).map_or(OnDuplicate::Refuses, |row| row.on_duplicate)
    }

    /// Returns how a create is made exactly once, as far as the schema determines it:
    /// - the resource is the relation of others, and its claims say which: by its parts;
    /// - its identifier is a name that the program sets: by that name;
    /// - else by a client token where Cloud Control manages it, every create through which takes one,
    ///   or where it cannot be tagged; by its tags otherwise.
    fn default_recovery(&self) -> Recovery {
        if self.is_relation() && !crate::claim_rules(self.name).is_empty() {
            return Recovery::ByParts;
        }
        match self.primary_identifier[..] {
            [name] if self.properties.contains_key(name) => Recovery::DeterministicName,
            _ if self.handles(Handler::Create) || self.tags.is_none() => Recovery::ClientToken,
            _ => Recovery::FindByTag,
        }
    }
}

/// Returns whether the table marks a type as stateful.
pub(crate) fn is_stateful(type_name: &str) -> bool {
    stateful::HOLDS.binary_search_by(|(name, _)| (*name).cmp(type_name)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_a_published_type_and_each_type_has_one_row() {
        let mut seen = BTreeSet::new();
        for row in GROUPS.iter().copied().flatten() {
            assert!(lookup(row.type_name).is_some(), "AWS publishes no {}", row.type_name);
            assert!(seen.insert(row.type_name), "{} has two rows", row.type_name);
        }
    }

    /// Checks that types that are found by their parts have claims that name them.
    #[test]
    fn what_is_found_by_its_parts_has_rules_that_name_them() {
        let by_parts =
            crate::all().filter(|name| lookup(name).expect("published").own_behavior().recovery == Recovery::ByParts);
        let without: Vec<_> = by_parts.filter(|name| crate::claim_rules(name).is_empty()).collect();
        assert_eq!(without, [""; 0], "a row of claim/ has to say what these are told apart by");
    }

    #[test]
    fn every_row_corrects_something() {
        let mut idle = Vec::new();
        for row in GROUPS.iter().copied().flatten() {
            let resource = lookup(row.type_name).expect("published");
            let waits = row.wait != Wait::NONE;
            let recovers = row.recovery.is_some_and(|it| it != resource.default_recovery());
            if !(waits || row.alone || row.on_duplicate != OnDuplicate::Refuses || recovers)
                || row.recovery.is_some() && !recovers
            {
                idle.push(row.type_name);
            }
            assert!(!row.alone || !resource.deletes_first, "the schema says of {} that it is alone", row.type_name);
            assert!(waits || row.early.is_empty(), "{} is ready at once: all its outputs are early", row.type_name);
        }
        assert!(idle.is_empty(), "what these rows say of recovery holds without them: {idle:?}");
    }

    #[test]
    fn early_outputs_are_published() {
        for row in GROUPS.iter().copied().flatten() {
            let resource = lookup(row.type_name).expect("published");
            for name in row.early {
                let known = resource.attributes.contains_key(name) || resource.properties.contains_key(name);
                assert!(known, "{} has no {name}", row.type_name);
            }
        }
    }
}
