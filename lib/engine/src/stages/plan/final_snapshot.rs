//! The final snapshots of stateful resources.

use groundplan_core::{Path, Value};
use groundplan_schema::{ResourceType, lookup};
use sha2::{Digest, Sha256};

use super::{Plan, Step, Work};
use crate::Error;
use crate::model::{ResourceState, State, hex};
use crate::stages::plan::PlanError;

impl Plan {
    /// Gives each deletion of a stateful resource the name of its final snapshot, if its type has one. The name is the
    /// same for every repetition of the deletion, and a different one for the next resource at the path.
    ///
    /// # Errors
    /// [`PlanError::Stale`] if the plan was not made from `state`.
    pub fn with_final_snapshots(mut self, state: &State) -> Result<Self, Error> {
        let state = self.before_changes(state)?;
        let (app, lineage) = (self.app.clone(), self.lineage);
        for step in &mut self.steps {
            let Work::Delete { id, generation, final_snapshot } = &mut step.work else { continue };
            let Some(resource) = state.incarnation(&step.path, id, *generation) else { continue };
            let seed = format!("{app}\n{lineage}\n{}\n{}", step.path, resource.generation);
            *final_snapshot = name(resource, &hex(&Sha256::digest(seed))[..8]);
        }
        Ok(self)
    }

    /// Returns the final snapshots that are taken: the path and identifier of each resource, and the name of the
    /// snapshot.
    pub fn final_snapshots(&self) -> impl Iterator<Item = ((&Path, &str), &str)> {
        self.named()
            .filter(|(step, ..)| by_hand(&step.type_name).is_none())
            .map(|(step, id, name)| ((&step.path, id), name))
    }

    /// Refuses to delete what a snapshot can be taken of by hand alone. A plan of what is to go without one names
    /// none.
    ///
    /// # Errors
    /// [`PlanError::NoFinalSnapshot`].
    pub(super) fn permit_without_snapshots(&self) -> Result<(), Error> {
        let command = |(step, id, name): (&Step, &str, &str)| {
            Some((step.path.clone(), lookup(&step.type_name)?.final_snapshot()?.command(id, name)?))
        };
        let commands: Vec<_> = self.named().filter_map(command).collect();
        if commands.is_empty() { Ok(()) } else { Err(PlanError::NoFinalSnapshot { commands }.into()) }
    }

    /// The deletions that name a snapshot, with the resource's identifier.
    fn named(&self) -> impl Iterator<Item = (&Step, &str, &str)> {
        self.steps.iter().filter_map(|step| match &step.work {
            Work::Delete { id, final_snapshot: Some(name), .. } => Some((step, id.as_str(), name.as_str())),
            _ => None,
        })
    }
}

/// The command that takes a snapshot of a resource of this type, where no provider takes it.
fn by_hand(type_name: &str) -> Option<&'static str> {
    lookup(type_name)?.final_snapshot()?.by_hand
}

fn name(resource: &ResourceState, unique: &str) -> Option<String> {
    let schema = lookup(&resource.type_name).filter(|_| resource.is_stateful());
    let fact = schema.and_then(ResourceType::final_snapshot)?;
    let text = |property: &str| resource.properties.get(property).and_then(Value::as_str);
    if fact.copy_by(|property| resource.properties.contains_key(property)).is_some() || fact.has_none(text) {
        return None;
    }
    let end = format!("-final-{unique}");
    let start: String = resource.id.chars().take(fact.longest_name - end.len()).collect();
    Some(format!("{}{end}", start.trim_end_matches('-')))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use groundplan_core::Environment;

    use super::*;
    use crate::hint::{Hint, Hints as _};
    use crate::model::{Imports, ResourceStatus};
    use crate::provider::{Identity, Outputs};
    use crate::stages::plan::StepId;

    const DATABASE: &str = "AWS::RDS::DBInstance";

    fn resource(type_name: &str, id: &str, generation: u32, properties: &[&str]) -> ResourceState {
        ResourceState {
            type_name: type_name.into(),
            id: id.into(),
            environment: Environment::new("eu-central-1"),
            generation,
            status: ResourceStatus::Ready,
            former: None,
            incomplete: false,
            properties: properties.iter().map(|name| ((*name).to_owned(), Value::from("x"))).collect(),
            secrets: BTreeMap::new(),
            outputs: Outputs::new(),
            dependencies: BTreeSet::new(),
            lifecycle: Default::default(),
        }
    }

    fn deletion(state: &State, path: &str, resource: &ResourceState) -> Plan {
        let work =
            Work::Delete { id: resource.id.clone(), generation: Some(resource.generation), final_snapshot: None };
        let type_name = resource.type_name.clone();
        let step = Step { id: StepId(0), path: path.into(), type_name, work, dependencies: BTreeSet::new(), weight: 1 };
        Plan {
            format: Plan::FORMAT,
            app: state.app.clone(),
            lineage: state.lineage,
            serial: 0,
            journal: None,
            identity: Identity { account: "111122223333".into(), partition: "aws".into() },
            observed: Vec::new(),
            steps: vec![step],
            outputs: BTreeMap::new(),
            outputs_change: false,
            imports: Imports::new(),
            kept_imports: Imports::new(),
            imports_change: false,
            lookups_change: false,
            assembly: None,
            overview: None,
            replaced_outputs: BTreeMap::new(),
            loses_data: Vec::new(),
            protected: Vec::new(),
        }
    }

    fn snapshot(resource: ResourceState) -> Option<String> {
        let mut state = State::new("shop");
        state.lineage = uuid::Uuid::nil();
        let plan = deletion(&state, "shop/db", &resource);
        state.resources.insert("shop/db".into(), resource);
        plan.with_final_snapshots(&state).unwrap().final_snapshots().next().map(|(_, name)| name.to_owned())
    }

    #[test]
    fn a_database_is_deleted_after_a_snapshot_whose_name_is_its_own_for_ever() {
        let first = snapshot(resource(DATABASE, "orders", 1, &[])).expect("a database has one");
        assert!(first.starts_with("orders-final-") && first.len() == "orders-final-".len() + 8, "{first}");
        assert_eq!(snapshot(resource(DATABASE, "orders", 1, &[])), Some(first.clone()));
        assert_ne!(snapshot(resource(DATABASE, "orders", 2, &[])), Some(first));
    }

    #[test]
    fn what_a_step_deletes_is_told_from_others_of_the_same_name_and_found_where_the_plan_moves_it() {
        let mut state = State::new("shop");
        let (orders, replica) =
            (resource(DATABASE, "orders", 1, &[]), resource(DATABASE, "orders", 1, &["SourceDBInstanceIdentifier"]));
        state.resources.insert("shop/a".into(), replica);
        state.resources.insert("shop/old".into(), orders.clone());
        let mut plan = deletion(&state, "shop/db", &orders);
        let moved = Step { work: Work::Move { from: "shop/old".into() }, ..plan.steps[0].clone() };
        plan.steps.insert(0, moved);
        let plan = plan.with_final_snapshots(&state).unwrap();
        let snapshots: Vec<_> = plan.final_snapshots().map(|(resource, _)| resource).collect();
        assert_eq!(snapshots, [(&"shop/db".into(), "orders")]);
        let copy = deletion(&state, "shop/a", &orders).with_final_snapshots(&state).unwrap();
        assert_eq!(copy.final_snapshots().next(), None);
    }

    #[test]
    fn a_copy_of_the_data_of_others_and_what_holds_none_have_no_snapshot() {
        assert_eq!(snapshot(resource(DATABASE, "replica", 1, &["SourceDBInstanceIdentifier"])), None);
        assert_eq!(snapshot(resource(DATABASE, "member", 1, &["DBClusterIdentifier"])), None);
        assert_eq!(snapshot(resource("AWS::S3::Bucket", "media", 1, &[])), None);
        let failed = ResourceState { status: ResourceStatus::Tainted, ..resource(DATABASE, "orders", 1, &[]) };
        assert_eq!(snapshot(failed), None);
    }

    #[test]
    fn what_no_snapshot_is_taken_of_is_deleted_only_where_that_was_said() {
        let (cache, cluster) = ("AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster");
        let plan = |type_name: &str, engine: &str| {
            let mut resource = resource(type_name, "sessions", 1, &[]);
            resource.properties.insert("Engine".into(), Value::from(engine));
            let mut state = State::new("shop");
            let plan = deletion(&state, "shop/cache", &resource);
            state.resources.insert("shop/cache".into(), resource);
            (plan.clone(), plan.with_final_snapshots(&state).unwrap())
        };
        for (type_name, engine) in [(cache, "valkey"), (cluster, "redis"), ("AWS::Redshift::Cluster", "")] {
            let (skipping, taking) = plan(type_name, engine);
            assert_eq!(taking.final_snapshots().next(), None, "{type_name}: no plan promises one");
            let refused = taking.permit(true).unwrap_err();
            assert_eq!(refused.hints(), [Hint::SkipFinalSnapshot]);
            let (refused, said) = (refused.to_string(), ["`shop/cache`", "sessions-final-", "aws "]);
            assert!(said.iter().all(|part| refused.contains(part)), "{refused}");
            skipping.permit(true).unwrap();
        }
        plan(cluster, "memcached").1.permit(true).unwrap();
        for type_name in ["AWS::EC2::Volume", "AWS::RDS::DBCluster", "AWS::Neptune::DBCluster"] {
            let (_, taking) = plan(type_name, "");
            assert_eq!(taking.final_snapshots().count(), 1, "{type_name}");
            taking.permit(true).unwrap();
        }
    }

    #[test]
    fn the_name_of_a_snapshot_is_no_longer_than_aws_takes() {
        let long = snapshot(resource(DATABASE, &"a".repeat(300), 1, &[])).expect("a database has one");
        assert_eq!(long.len(), 255);
        assert!(!snapshot(resource(DATABASE, "a-", 1, &[])).expect("it has one").contains("--"));
    }
}
