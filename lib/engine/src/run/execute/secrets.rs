//! Checks that the environment provides the secrets that a plan needs.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::secret::{SecretOutput, SecretSource};
use groundplan_core::{Path, Value};

use crate::Error;
use crate::model::State;
use crate::provider::Provider;
use crate::secret::{self, SecretError, Sources, Told, Variables};
use crate::stages::plan::{Plan, Step, Work};
use crate::stages::resolve::{reveal, substitute};

/// Refuses a plan that needs the values of environment variables that are not set.
///
/// # Errors
/// [`MissingSecrets`], and as [`unset_variables`].
pub(super) async fn are_set(
    plan: &Plan,
    state: &State,
    provider: &dyn Provider,
    variables: &Variables,
) -> Result<(), Error> {
    let names = unset_variables(plan, state, provider, variables).await?;
    if names.is_empty() { Ok(()) } else { Err(MissingSecrets { names: names.into_iter().collect() }.into()) }
}

/// Returns the environment variables whose values a plan needs and that are not set.
///
/// # Errors
/// [`PlanError::Stale`](crate::plan::PlanError::Stale), if the plan does not fit the state.
pub(crate) async fn unset_variables(
    plan: &Plan,
    state: &State,
    provider: &dyn Provider,
    variables: &Variables,
) -> Result<BTreeSet<String>, Error> {
    let lacking: Vec<_> = plan.steps.iter().flat_map(|step| lacking(step, variables)).collect();
    if lacking.is_empty() {
        return Ok(BTreeSet::new());
    }
    let state = plan.before_changes(state)?;
    let made = |step: &&Step| matches!(step.work, Work::Create { .. } | Work::Update { .. });
    let changing: BTreeSet<&Path> = plan.steps.iter().filter(made).map(|step| &step.path).collect();
    let mut names = BTreeSet::new();
    for Lacking { step, name, value, unset } in lacking {
        // What this run makes or changes may give another value, so that it is not known yet.
        let known = substitute(value, &|reference| {
            if changing.contains(&reference.path) { None } else { state.value_of(reference) }
        });
        if matches!(step.work, Work::Create { .. })
            || is_sent(&state, &step.path, name, known, provider, variables).await
        {
            names.extend(unset);
        }
    }
    Ok(names)
}

/// A property with secrets from variables that are not set.
struct Lacking<'a> {
    step: &'a Step,
    name: &'a str,
    value: &'a Value,
    unset: Vec<String>,
}

fn lacking<'a>(step: &'a Step, variables: &Variables) -> Vec<Lacking<'a>> {
    let (Work::Create { desired, .. } | Work::Update { desired }) = &step.work else { return Vec::new() };
    let properties = desired.properties.iter().map(|(name, value)| (name, value, unset(value, variables)));
    let properties = properties.filter(|(.., unset)| !unset.is_empty());
    properties.map(|(name, value, unset)| Lacking { step, name, value, unset }).collect()
}

fn unset(value: &Value, variables: &Variables) -> Vec<String> {
    let mut unset = Vec::new();
    value.walk(&mut |value| {
        if let Value::Secret(source) = value
            && let SecretSource::Environment(name) = source.origin()
            && variables.get(name).is_none()
        {
            unset.push(name.clone());
        }
    });
    unset
}

/// Returns whether an update sends this property, instead of leaving it unchanged. Other reasons why its secrets
/// are unavailable are reported by the step.
async fn is_sent(
    state: &State,
    path: &Path,
    name: &str,
    value: Value,
    provider: &dyn Provider,
    variables: &Variables,
) -> bool {
    let Some(prior) = state.resources.get(path) else { return true };
    let property = BTreeMap::from([(name.to_owned(), value)]);
    let (told, maker) = (&Told::default(), &|output: &SecretOutput| secret::maker(state, output));
    let sources = Sources { provider, variables, told, maker };
    let revealed = reveal(&property, Some(prior), &state.digest_key, &prior.environment, sources).await;
    matches!(revealed, Err(SecretError::Unset(_)))
}

/// Environment variables that secrets are read from are not set.
#[derive(Debug, thiserror::Error)]
#[error("set the environment {}, which secrets are read from", variables(names))]
pub struct MissingSecrets {
    /// The variables.
    pub names: Vec<String>,
}

fn variables(names: &[String]) -> String {
    let plural = if names.len() == 1 { "variable" } else { "variables" };
    format!("{plural} {}", names.join(", "))
}
