//! The outputs that apps use of each other.
//!
//! The state of an app contains the values of its outputs. Before a program is compared with its own state,
//! [`Upstream`] replaces its cross-app references by the values that other apps publish. The state of an app records
//! the outputs that it uses, so that the removal of an output can be refused without the program that uses it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::value::CrossAppReference;
use groundplan_core::{Assembly, Deferred, Path, Reference, Value};
use serde_json::Value as Json;

use crate::Error;
use crate::model::{Imported, Imports, Missing, Problem, ResourceState, State, Use};
use crate::nearest::nearest;
use crate::run::store::{self, StateStore, StoreError};
use crate::stages::diff::existing::{Incarnation, all};
use crate::stages::diff::published::taken_from;
use crate::stages::diff::{Action, ChangeSet, ImportChange};
use crate::stages::plan::{Plan, PlanError, Work};
use crate::stages::resolve::substitute;
use crate::text::bullet;

/// The outputs of other apps that a program uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upstream {
    apps: BTreeMap<String, Published>,
    /// `true` if other apps are deployed before the plan is executed.
    coming: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Published {
    /// The location of the app's state, even if there is none yet.
    place: String,
    /// None where it was never deployed.
    outputs: Option<BTreeMap<String, Json>>,
    /// The outputs that it will publish when it is deployed, before the app that uses it.
    expected: BTreeSet<String>,
}

/// Returns the apps whose outputs `assembly` uses.
pub fn used(assembly: &Assembly) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    each_import(assembly, |import, _| used.extend([import.app.clone()]));
    used
}

impl Upstream {
    /// No outputs.
    pub const NONE: Self = Self { apps: BTreeMap::new(), coming: false };

    /// Reads the outputs of the apps that `assembly` uses, from their states in the location of `store`.
    ///
    /// # Errors
    /// A state cannot be read.
    pub async fn read(assembly: &Assembly, store: &dyn StateStore) -> Result<Self, Error> {
        Self::read_apps(used(assembly).into_iter(), store).await
    }

    async fn read_apps(apps: impl Iterator<Item = String>, store: &dyn StateStore) -> Result<Self, Error> {
        let mut upstream = Self::NONE;
        for app in apps {
            let beside = store.of(&app);
            let place = beside.as_ref().map_or_else(|| store.place(), |beside| beside.place());
            let state = match &beside {
                Some(beside) => settled(&**beside, &app).await?,
                None => None,
            };
            let (outputs, expected) = (state.map(|state| state.outputs), BTreeSet::new());
            upstream.apps.insert(app, Published { place, outputs, expected });
        }
        Ok(upstream)
    }

    /// Expects `app` to be deployed first and to publish `outputs`: those that it does not publish yet are unknown
    /// values, like the outputs of a new resource. A plan with such values can only be shown, not executed.
    #[must_use]
    pub fn expecting(mut self, app: &str, outputs: impl IntoIterator<Item = String>) -> Self {
        self.coming = true;
        if let Some(published) = self.apps.get_mut(app) {
            published.expected.extend(outputs);
        }
        self
    }

    /// Returns whether another app is deployed before the plan is executed.
    pub(crate) fn is_expecting(&self) -> bool {
        self.coming
    }

    /// Returns the assembly with its cross-app references replaced by values, and the outputs that it uses.
    ///
    /// # Errors
    /// [`UpstreamError::Missing`], with every cross-app reference that has no value or one of another type.
    pub fn resolve<'a>(&self, assembly: &'a Assembly) -> Result<(Cow<'a, Assembly>, Imports), Error> {
        let mut imports = Imports::new();
        let mut missing: BTreeMap<CrossAppReference, Missing> = BTreeMap::new();
        each_import(assembly, |import, user| {
            let (resources, outputs) = match self.value_of(import) {
                Ok(None) => return,
                Ok(Some(value)) => {
                    let names = imports.entry(import.app.clone()).or_default();
                    let imported = names.entry(import.name.clone()).or_insert_with(|| Imported {
                        value,
                        resources: BTreeSet::new(),
                        outputs: BTreeSet::new(),
                    });
                    (&mut imported.resources, &mut imported.outputs)
                }
                Err(problem) => {
                    let missing = missing.entry(import.clone()).or_insert_with(|| Missing {
                        import: import.clone(),
                        problem,
                        resources: BTreeSet::new(),
                        outputs: BTreeSet::new(),
                    });
                    (&mut missing.resources, &mut missing.outputs)
                }
            };
            match user {
                User::Resource(path) => {
                    resources.insert(path.clone());
                }
                User::Output(name) => {
                    outputs.insert(name.to_owned());
                }
            }
        });
        if !missing.is_empty() {
            return Err(UpstreamError::Missing { missing: missing.into_values().collect() }.into());
        }
        if imports.is_empty() && self.apps.values().all(|published| published.expected.is_empty()) {
            return Ok((Cow::Borrowed(assembly), imports));
        }
        let mut resolved = assembly.clone();
        let properties = resolved.resources.values_mut().flat_map(|entry| entry.properties.values_mut());
        for value in properties.chain(resolved.outputs.values_mut()) {
            if value.imports().is_empty() {
                continue;
            }
            value.walk_mut(&mut |value| {
                if let Value::Deferred(Deferred::CrossApp(import)) = value {
                    let known = imports.get(&import.app).and_then(|names| names.get(&import.name));
                    *value = match known {
                        Some(imported) => imported.value.clone().into(),
                        None => Value::from(Reference::new(import.app.as_str(), import.name.as_str())),
                    };
                }
            });
            // Templates that are whole now become text.
            *value = substitute(value, &|_| None);
        }
        Ok((Cow::Owned(resolved), imports))
    }

    /// Returns the value; `None` if it has to be published first.
    fn value_of(&self, import: &CrossAppReference) -> Result<Option<Json>, Problem> {
        let published = self.apps.get(&import.app);
        let not_published = |names: BTreeSet<String>| {
            let paths: Vec<_> = names.iter().map(|name| Path::new(name.as_str())).collect();
            let nearest = nearest(&Path::new(import.name.as_str()), &paths).iter().map(Path::to_string).collect();
            Problem::NotPublished { published: names.into_iter().collect(), nearest }
        };
        if let Some(Published { outputs, expected, .. }) = published
            && !expected.is_empty()
            && !outputs.as_ref().is_some_and(|outputs| outputs.contains_key(&import.name))
        {
            let is_expected = expected.contains(&import.name);
            return if is_expected { Ok(None) } else { Err(not_published(expected.clone())) };
        }
        let Some(outputs) = published.and_then(|published| published.outputs.as_ref()) else {
            let place = published.map(|published| published.place.clone()).unwrap_or_default();
            return Err(Problem::NotDeployed { place });
        };
        match outputs.get(&import.name) {
            Some(value) if import.form.fits(value) => Ok(Some(value.clone())),
            Some(value) => Err(Problem::OtherForm { found: value.clone() }),
            None => Err(not_published(outputs.keys().cloned().collect())),
        }
    }
}

enum User<'a> {
    Resource(&'a Path),
    Output(&'a str),
}

fn each_import(assembly: &Assembly, mut visit: impl FnMut(&CrossAppReference, User<'_>)) {
    for (path, entry) in &assembly.resources {
        let imports = entry.properties.values().flat_map(Value::imports);
        imports.for_each(|import| visit(import, User::Resource(path)));
    }
    for (name, value) in &assembly.outputs {
        value.imports().into_iter().for_each(|import| visit(import, User::Output(name)));
    }
}

/// Returns the state of another app, perhaps during a run; `None` if it was never deployed.
///
/// A store reads state and journal one after the other, and a run that ends in between has merged the journal into the
/// state. So they are read until the saved state is the same twice: the journal that was read in between belongs to it.
async fn settled(store: &dyn StateStore, app: &str) -> Result<Option<State>, Error> {
    let mut before = store::load(store, app).await?;
    loop {
        let after = store::load(store, app).await?;
        if before.base == after.base {
            return Ok(before.base.is_some().then_some(before.state));
        }
        before = after;
    }
}

/// Returns the state of `app` beside `store`; the last one if it was moved elsewhere, `None` if the app was never
/// deployed.
pub(crate) async fn last_known(store: &dyn StateStore, app: &str) -> Result<Option<State>, Error> {
    let Some(beside) = store.of(app) else { return Ok(None) };
    match settled(&*beside, app).await {
        Err(Error::Store(StoreError::Moved { .. })) => left(&*beside).await,
        state => state,
    }
}

/// The last state that a store had before that was moved elsewhere.
async fn left(store: &dyn StateStore) -> Result<Option<State>, Error> {
    store.load().await?.map(|stored| stored.folded(store)).transpose()
}

/// Returns the outputs of other apps that the plan of `changes` uses, and those that stay in use by resources that are
/// left out, kept or retained. `imports` are the outputs that the whole program uses; `is_own` returns whether the plan
/// publishes an output as the program declares it.
pub(crate) fn split(
    state: &State,
    changes: &ChangeSet,
    mut imports: Imports,
    is_own: &dyn Fn(&str) -> bool,
) -> (Imports, Imports) {
    let left_alone = |path: &Path| match changes.changes.get(path) {
        Some(change) => matches!(change.action, Action::Keep | Action::Retain),
        None => state.resources.contains_key(path) || state.retained.iter().any(|old| old.path == *path),
    };
    retain(&mut imports, &|path| !left_alone(path) && changes.changes.contains_key(path), is_own);
    let mut kept = state.imports.clone();
    retain(&mut kept, &left_alone, &|name| {
        state.outputs.contains_key(name) && !is_own(name) && !changes.outputs.contains_key(name)
    });
    (imports, kept)
}

/// Leaves what is used by these resources and outputs.
fn retain(imports: &mut Imports, resource: &dyn Fn(&Path) -> bool, output: &dyn Fn(&str) -> bool) {
    for names in imports.values_mut() {
        for imported in names.values_mut() {
            imported.resources.retain(|path| resource(path));
            imported.outputs.retain(|name| output(name));
        }
        names.retain(|_, imported| !imported.is_unused());
    }
    imports.retain(|_, names| !names.is_empty());
}

/// Both; where both have a value, the one of `over`.
pub(crate) fn merged(under: &Imports, over: &Imports) -> Imports {
    let mut merged = under.clone();
    for (app, names) in over {
        for (name, imported) in names {
            let names = merged.entry(app.clone()).or_default();
            let entry = names.entry(name.clone()).or_insert_with(|| imported.clone());
            entry.value = imported.value.clone();
            entry.resources.extend(imported.resources.iter().cloned());
            entry.outputs.extend(imported.outputs.iter().cloned());
        }
    }
    merged
}

/// The imports whose values differ, as `account:zone-id`.
pub(crate) fn changes(before: &Imports, after: &Imports) -> BTreeMap<String, ImportChange> {
    let value = |imports: &Imports, app: &str, name: &str| Some(imports.get(app)?.get(name)?.value.clone());
    let all = before.iter().chain(after).flat_map(|(app, names)| names.keys().map(move |name| (app, name)));
    let all: BTreeSet<_> = all.collect();
    let change = |(app, name): (&String, &String)| {
        let (from, to) = (value(before, app, name), value(after, app, name));
        (from != to).then(|| (format!("{app}:{name}"), ImportChange { from, to }))
    };
    all.into_iter().filter_map(change).collect()
}

/// The outputs of `state` that `plan` takes away.
pub(crate) fn withdrawn(plan: &Plan, state: &State) -> BTreeSet<String> {
    state.outputs.keys().filter(|name| !plan.outputs.contains_key(*name)).cloned().collect()
}

/// The outputs of `state` whose values are of what `plan` deletes.
pub(crate) fn dying(plan: &Plan, state: &State) -> BTreeSet<String> {
    let deletes = plan.steps.iter().filter_map(|step| match &step.work {
        Work::Delete { id, generation, .. } => Some((step.type_name.as_str(), id.as_str(), (*generation)?)),
        _ => None,
    });
    let deletes: BTreeSet<_> = deletes.collect();
    let is_deleted = |it: &Incarnation<'_>| {
        let ResourceState { type_name, id, generation, .. } = it.resource;
        deletes.contains(&(type_name.as_str(), id.as_str(), *generation))
    };
    let deleted: Vec<_> = all(state).filter(is_deleted).collect();
    taken_from(state, &deleted).into_keys().map(str::to_owned).collect()
}

/// Checks that the outputs the plan was made with are still published, and that no other app uses an output or a
/// resource that the plan removes. Reads the states of other apps only if there are such outputs.
///
/// # Errors
/// [`PlanError::Stale`], [`UpstreamError::OutputsInUse`] and [`UpstreamError::ReplacedInUse`].
pub async fn permit(plan: &Plan, state: &State, store: &dyn StateStore) -> Result<(), Error> {
    agree(plan, &withdrawn(plan, state), store).await
}

pub(crate) async fn agree(plan: &Plan, withdrawn: &BTreeSet<String>, store: &dyn StateStore) -> Result<(), Error> {
    let upstream = Upstream::read_apps(plan.imports.keys().cloned(), store).await?;
    for (app, names) in &plan.imports {
        let outputs = upstream.apps.get(app).and_then(|published| published.outputs.as_ref());
        for (name, Imported { value, .. }) in names {
            let now = match outputs.and_then(|outputs| outputs.get(name)) {
                Some(now) if now == value => continue,
                Some(now) => format!("is {now} now"),
                None => "is no longer published".to_owned(),
            };
            let reason = format!("`{name}` of the app `{app}` was {value} when it was made, and {now}");
            return Err(PlanError::Stale { reason }.into());
        }
    }
    if withdrawn.is_empty() && plan.replaced_outputs.is_empty() {
        return Ok(());
    }
    let (mut uses, mut replaced) = (Vec::new(), Vec::new());
    for used in users(&plan.app, store).await? {
        if withdrawn.contains(&used.name) {
            uses.push(used);
        } else if let Some(path) = plan.replaced_outputs.get(&used.name).cloned() {
            replaced.push((used, path));
        }
    }
    if !uses.is_empty() {
        return Err(UpstreamError::OutputsInUse { uses }.into());
    }
    if replaced.is_empty() { Ok(()) } else { Err(UpstreamError::ReplacedInUse { uses: replaced }.into()) }
}

/// Returns the uses of outputs of `app` by the apps whose states are in the same location.
///
/// # Errors
/// One of these states cannot be read.
pub async fn users(app: &str, store: &dyn StateStore) -> Result<Vec<Use>, Error> {
    let (publisher, mut uses) = (app, Vec::new());
    for app in store.apps().await?.into_iter().filter(|app| app != publisher) {
        let Some(beside) = store.of(&app) else { continue };
        let (consumer, moved) = match settled(&*beside, &app).await {
            // What it uses now is written down elsewhere, where nothing of this app is.
            Err(Error::Store(StoreError::Moved { place, to })) => {
                let note = format!(
                    "as of the time when its state was moved to {to}; if it no longer uses them, delete {place}"
                );
                (left(&*beside).await?, Some(note))
            }
            consumer => (consumer?, None),
        };
        let Some(consumer) = consumer else { continue };
        for (name, imported) in consumer.imports.get(publisher).into_iter().flatten() {
            let resources = imported.resources.iter().map(Path::to_string);
            let outputs = imported.outputs.iter().map(|output| format!("its output `{output}`"));
            let places = resources.chain(outputs).chain(moved.clone()).collect();
            uses.push(Use { name: name.clone(), app: app.clone(), places });
        }
    }
    Ok(uses)
}

/// Apps do not publish what others use. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The program uses outputs of other apps that those apps do not publish. Nothing was changed.
    #[error("outputs of other apps are missing:{}", missing_outputs(missing))]
    Missing {
        /// The missing outputs, each with what uses it.
        missing: Vec<Missing>,
    },
    /// The plan removes outputs that other apps use.
    #[error(
        "the plan removes outputs that other apps use:{}\nfirst deploy those apps without these outputs, or destroy those apps",
        outputs_in_use(uses)
    )]
    OutputsInUse {
        /// Each use of such an output.
        uses: Vec<Use>,
    },
    /// The plan replaces or deletes resources whose outputs other apps use.
    #[error(
        "the plan deletes or replaces resources that other apps use:{}\nfirst publish a new resource under another name beside the old one, deploy those apps with the new output, and then remove the old resource",
        replaced_in_use(uses)
    )]
    ReplacedInUse {
        /// Each use of such an output, with the resource that is deleted.
        uses: Vec<(Use, Path)>,
    },
}

fn missing_outputs(missing: &[Missing]) -> String {
    missing.iter().map(|it| bullet(format_args!("{it}, used by {}", it.wanted_by()))).collect()
}

fn outputs_in_use(uses: &[Use]) -> String {
    let shown =
        |Use { name, app, places }: &Use| bullet(format_args!("`{name}` is used by `{app}`: {}", places.join(", ")));
    uses.iter().map(shown).collect()
}

fn replaced_in_use(uses: &[(Use, Path)]) -> String {
    let shown = |(Use { name, app, places }, path): &(Use, Path)| {
        bullet(format_args!("{path} (`{name}`) is used by `{app}`: {}", places.join(", ")))
    };
    uses.iter().map(shown).collect()
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
