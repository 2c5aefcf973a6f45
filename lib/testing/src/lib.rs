//! Unit tests for programs: build the assembly of an app, and deploy the app into a simulated account,
//! in milliseconds and without AWS.
//!
//! ```
//! use groundplan_core::{App, Environment};
//! use groundplan_resources::s3;
//! use groundplan_testing::{Cloud, assembly};
//!
//! let app = App::new("shop");
//! let stack = app.stack("shop", Environment::new("eu-west-1"));
//! let bucket = stack.add("media", s3::Bucket::new());
//! stack.export("bucket", bucket.bucket_name());
//!
//! // Check the declared resources.
//! assert_eq!(assembly(&app).find::<s3::Bucket>().len(), 1);
//!
//! // Check the result of a deploy.
//! let cloud = Cloud::new();
//! let deployed = cloud.deploy(&app);
//! assert!(deployed.output("bucket").as_str().is_some());
//! assert!(cloud.plan(&app).is_empty());
//! ```
//!
//! A test supplies the outputs of other apps with their types, as below, or deploys these apps into the
//! same account. Apps that the program names with [`App::upstream`] are deployed automatically.
//!
//! ```
//! use groundplan_core::{App, Environment, Export};
//! use groundplan_resources::route53::{HostedZoneId, RecordSet, RecordSetArgs};
//! use groundplan_testing::Cloud;
//!
//! const ZONE_ID: Export<HostedZoneId> = Export::new("account", "zone-id");
//!
//! let app = App::new("shop");
//! let stack = app.stack("shop", Environment::new("eu-west-1"));
//! stack.add("record", RecordSet::new(RecordSetArgs { name: "shop.example.com", type_: "A" }).hosted_zone_id(ZONE_ID));
//!
//! let deployed = Cloud::new().given(ZONE_ID, HostedZoneId::new("Z123")).deploy(&app);
//! assert_eq!(deployed.resource("shop/record").properties["HostedZoneId"].as_str(), Some("Z123"));
//! ```
//!
//! A lookup finds what the simulated account has, or what the test states:
//!
//! ```
//! use groundplan_constructs::lookup::{Lookup, VpcAnswer};
//! use groundplan_constructs::network::SecurityGroup;
//! use groundplan_core::{App, Environment};
//! use groundplan_testing::Cloud;
//!
//! let app = App::new("shop");
//! let stack = app.stack("shop", Environment::new("eu-west-1"));
//! let shared = stack.add("shared", Lookup::vpc().tag("Name", "shared"));
//! stack.add("group", SecurityGroup::new(&shared, "Bastion"));
//!
//! let cloud = Cloud::new().answers(Lookup::vpc().tag("Name", "shared"), VpcAnswer::new("vpc-0a1b2c3d"));
//! assert_eq!(cloud.deploy(&app).resource("shop/group").properties["VpcId"].as_str(), Some("vpc-0a1b2c3d"));
//! ```
//!
//! | to assert | use |
//! |---|---|
//! | which resources are declared, with which properties | [`assembly`], then [`Assembly::find`] and [`Assembly::get`] |
//! | that a change replaces or deletes nothing | [`Cloud::plan`], then [`Changes::replaced`] and [`Changes::deleted`] |
//! | the whole plan from one version to the next | the text of [`Changes`], in a snapshot |
//! | what roles, users and groups may do | [`permissions`] |
//! | how an environment differs from another one | [`differences`], in a snapshot |
//! | that a deploy works, and how long it takes | [`Cloud::deploy`], [`Deployed`] |
//!
//! All functions panic on errors with a detailed message, so that the test fails.

mod changes;
mod differences;
mod permissions;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use groundplan_core::lookup::Lookup;
use groundplan_core::secret::SecretSource;
use groundplan_core::{App, Assembly, Data, Environment, Export, Path, Value};
use groundplan_engine::detect::drift;
use groundplan_engine::drift::Drift;
use groundplan_engine::execute::{Cancellation, ExecuteError, ExecuteOptions, Outcome};
use groundplan_engine::model::{Loaded, LockOwner};
use groundplan_engine::planning::{PlanOptions, Planned};
use groundplan_engine::session::{Goal, Run, Session, StartOptions};
use groundplan_engine::store::{MemoryStore, StateStore};
use groundplan_engine::upstream::UpstreamError;
use groundplan_engine::{Error, ResourceState, State, Variables, load, nearest};
use groundplan_simulator::{AccountRef, Accounts, Simulator};
use serde_json::Value as Json;

pub use changes::Changes;
pub use differences::differences;
pub use groundplan_engine::diff::{Action, Change, ChangeSet, Order, PropertyChange, Reason, Rendered};
pub use permissions::{Permission, permissions};

/// Returns the assembly of the app.
///
/// # Panics
/// If the program is not valid. The message contains every diagnostic.
#[track_caller]
pub fn assembly(app: &App) -> Assembly {
    match app.synth() {
        Ok(synthesis) => synthesis.assembly,
        Err(diagnostics) => panic!("`{}` is not valid:\n\n{diagnostics}", app.name()),
    }
}

/// A simulated account, with the states of the apps that are deployed into it.
///
/// Time is virtual: a deploy that would take twenty minutes takes milliseconds.
pub struct Cloud {
    accounts: Accounts,
    /// The location of the states. Each app has a separate store beside this one.
    place: MemoryStore,
    runtime: tokio::runtime::Runtime,
}

impl Default for Cloud {
    fn default() -> Self {
        Self::new()
    }
}

impl Cloud {
    /// Creates an empty account with the number `123456789012`.
    pub fn new() -> Self {
        Self::with(Simulator::in_memory(0))
    }

    /// Creates an account from a simulator, for example with another account number or with faults.
    ///
    /// # Panics
    /// If the process cannot start a runtime.
    pub fn with(simulator: Simulator) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let other = |account: &str| Ok(Simulator::in_memory(0).with_account(account));
        let runtime = runtime.expect("a runtime without threads starts");
        Self { accounts: Accounts::new(simulator, other), place: MemoryStore::new(), runtime }
    }

    /// Supplies the value of an output of another app, as if that app had been deployed into this account.
    /// Resources that the value names are assumed to exist.
    ///
    /// # Panics
    /// If the value is not known, as is the case for outputs.
    #[must_use]
    #[track_caller]
    pub fn given<T: Data>(self, export: Export<T>, value: T) -> Self {
        let value = value.into_value();
        assert!(value.is_known(), "the value of {export:?} has to be known");
        value.walk(&mut |value| {
            if let Some(id) = value.as_str() {
                self.simulator().assume(id);
            }
        });
        let store = self.place.beside(export.app());
        let loaded = self.runtime.block_on(load(&store, export.app()));
        let mut state = sure(loaded, |error| format!("the state of {export:?} cannot be read: {error}")).state;
        state.outputs.insert(export.name().to_owned(), value.to_json());
        sure(self.runtime.block_on(store.save(&state)), |error| format!("{export:?} cannot be given: {error}"));
        self
    }

    /// States what a lookup finds in this account, from now on and in all regions. Resources that the answer names are
    /// assumed to exist. A lookup without a stated answer finds what the account has; images, availability zones and
    /// prefix lists of AWS have answers that are made up.
    #[must_use]
    pub fn answers<L: Lookup>(self, lookup: L, answer: impl Into<L::Answer>) -> Self {
        self.simulator().answer_lookup(lookup.query(), L::outputs(answer.into()));
        self
    }

    /// Returns the changes that a deploy of `app` would make.
    ///
    /// # Panics
    /// If the program is not valid or cannot be planned.
    #[track_caller]
    pub fn plan(&self, app: &App) -> Changes {
        let loaded = self.load(app);
        Changes(self.planned(app, &loaded).changes)
    }

    /// Deploys `app` and waits until all resources are ready.
    ///
    /// # Panics
    /// If the program is not valid, or if a step fails. The message lists the failed steps.
    #[track_caller]
    pub fn deploy(&self, app: &App) -> Deployed {
        let (outcome, took) = self.try_deploy(app);
        if !outcome.succeeded() {
            panic!("`{}` was not deployed whole:{}", app.name(), failures(&outcome));
        }
        Deployed { state: outcome.state, took }
    }

    /// Deploys `app` and returns the outcome, even if steps failed, and the virtual time that the deploy took.
    ///
    /// # Panics
    /// If the program is not valid or cannot be planned.
    #[track_caller]
    pub fn try_deploy(&self, app: &App) -> (Outcome, Duration) {
        let loaded = self.load(app);
        let planned = self.planned(app, &loaded);
        self.execute(app, Some(&assembly(app)), &planned, loaded)
    }

    /// Deletes all resources of `app`, including stateful ones.
    ///
    /// # Panics
    /// If a step fails. The message lists the failed steps.
    #[track_caller]
    pub fn destroy(&self, app: &App) {
        let loaded = self.load(app);
        let options = PlanOptions { delete_data: true, ..PlanOptions::default() };
        let store = self.place.beside(app.name());
        let session = Session::new(app.name(), &store, &self.accounts);
        let planned = self.runtime.block_on(session.plan(Goal::Nothing, &loaded, &options));
        let planned = sure(planned, |error| format!("`{}` cannot be destroyed: {error}", app.name()));
        let (outcome, _) = self.execute(app, None, &planned, loaded);
        if !outcome.succeeded() {
            panic!("`{}` was not destroyed whole:{}", app.name(), failures(&outcome));
        }
    }

    /// Returns the differences between the account and the state of `app`.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[track_caller]
    pub fn drift(&self, app: &App) -> Vec<(Path, Drift)> {
        let loaded = self.load(app);
        self.runtime.block_on(drift(&loaded.state, &self.accounts, 10)).into_iter().collect()
    }

    /// Returns the simulated account, for reading or changing resources outside of a deploy.
    pub fn simulator(&self) -> &Simulator {
        self.accounts.own()
    }

    /// Returns the simulated account of the stacks with this environment. It differs from
    /// [`simulator`](Self::simulator) if the environment names a role.
    ///
    /// # Panics
    /// If the role of the environment is not valid.
    #[track_caller]
    pub fn account(&self, environment: &Environment) -> AccountRef<'_> {
        sure(self.accounts.of(environment), |error| format!("no such account: {error}"))
    }

    #[track_caller]
    fn load(&self, app: &App) -> Loaded {
        let (assembly, store) = (assembly(app), self.place.beside(app.name()));
        let session = Session::new(app.name(), &store, &self.accounts);
        let started = self.runtime.block_on(session.start(&assembly, StartOptions::default()));
        sure(started, |error| format!("the state of `{}` cannot be read: {error}", app.name())).loaded
    }

    #[track_caller]
    fn planned(&self, app: &App, loaded: &Loaded) -> Planned {
        for upstream in app.upstreams() {
            if self.load(&upstream).base.is_none() {
                self.deploy(&upstream);
            }
        }
        let (assembly, store) = (assembly(app), self.place.beside(app.name()));
        let session = Session::new(app.name(), &store, &self.accounts);
        let options = PlanOptions { variables: variables(&assembly), ..PlanOptions::default() };
        let planned = self.runtime.block_on(session.plan(Goal::Program(&assembly), loaded, &options));
        sure(planned, |error| {
            let help = match &error {
                Error::Upstream(UpstreamError::Missing { .. }) => {
                    "\nsay what they publish with `Cloud::given`, or deploy them into the same `Cloud`"
                }
                Error::Lookups(_) => {
                    "\nstate what lookups find with `Cloud::answers`, or deploy it into the same `Cloud`"
                }
                _ => "",
            };
            format!("`{}` cannot be planned: {error}{help}", app.name())
        })
    }

    #[track_caller]
    fn execute(&self, app: &App, program: Option<&Assembly>, planned: &Planned, loaded: Loaded) -> (Outcome, Duration) {
        let (store, owner) = (self.place.beside(app.name()), LockOwner::new("a test"));
        let run = Run {
            plan: &planned.plan,
            assembly: program,
            owner: &owner,
            options: ExecuteOptions {
                delete_data: true,
                variables: variables(&assembly(app)),
                ..ExecuteOptions::default()
            },
            progress: &(),
            cancellation: &Cancellation::new(),
        };
        let (executed, took) = self.runtime.block_on(async {
            let start = tokio::time::Instant::now();
            let executed = async {
                let lock = store.lock(&owner).await?;
                let executed = Session::new(app.name(), &store, &self.accounts).execute(run, loaded).await?;
                lock.release().await?;
                Ok::<_, ExecuteError>(executed)
            };
            (executed.await, start.elapsed())
        });
        (sure(executed, |error| format!("the plan cannot be executed: {error}")).outcome, took)
    }
}

/// A value for each environment variable that a secret of the program comes from, so that a test depends on none of
/// the machine it runs on.
fn variables(assembly: &Assembly) -> Variables {
    let mut names = BTreeSet::new();
    for value in assembly.resources.values().flat_map(|entry| entry.properties.values()) {
        value.walk(&mut |value| {
            if let Value::Secret(source) = value
                && let SecretSource::Environment(name) = source.origin()
            {
                names.insert(name.clone());
            }
        });
    }
    names.into_iter().map(|name| (name.clone(), format!("value-of-{name}"))).collect()
}

/// The value, or a panic where the test has called: one in a closure would name a line of this file.
#[track_caller]
fn sure<T, E>(result: Result<T, E>, message: impl FnOnce(E) -> String) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}", message(error)),
    }
}

fn failures(outcome: &Outcome) -> String {
    let mut text = String::new();
    for failed in &outcome.failed {
        let _ = write!(text, "\n  {} {}: {}", failed.verb, failed.path, failed.error);
    }
    let _ = write!(text, "\n  {} steps skipped because of it", outcome.skipped.len());
    text
}

/// The result of a successful deploy into a simulated account.
pub struct Deployed {
    /// The state after the deploy.
    pub state: State,
    /// The virtual time that the deploy took.
    pub took: Duration,
}

impl Deployed {
    /// Returns the output that the app exports under `name`.
    ///
    /// # Panics
    /// If the app has no such output.
    #[track_caller]
    pub fn output(&self, name: &str) -> &Json {
        let outputs = &self.state.outputs;
        let found = outputs.get(name).ok_or_else(|| outputs.keys().cloned().collect::<Vec<_>>().join(", "));
        sure(found, |known| {
            if known.is_empty() {
                format!("there is no output `{name}`: the app has none")
            } else {
                format!("there is no output `{name}`, only: {known}")
            }
        })
    }

    /// Returns the recorded state of the resource at `path`.
    ///
    /// # Panics
    /// If there is no such resource.
    #[track_caller]
    pub fn resource(&self, path: &str) -> &ResourceState {
        let resources = &self.state.resources;
        sure(resources.get(path).ok_or_else(|| nearest(&Path::new(path), resources.keys())), |alike| {
            let alike = alike.iter().filter(|path| resources.contains_key(*path)).map(|path| format!("`{path}`"));
            let alike = alike.collect::<Vec<_>>().join(" or ");
            let meant = if alike.is_empty() { String::new() } else { format!("; did you mean {alike}?") };
            format!("there is no resource at `{path}`{meant}")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::panic::{self, AssertUnwindSafe, Location};

    use groundplan_core::AssumeRole;
    use groundplan_core::Secret;
    use groundplan_resources::{ec2, s3, secretsmanager};

    use super::*;

    thread_local! {
        /// File and line of the last panic of this thread, and its message.
        static PANICKED: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    }

    /// Returns the message with which `work` panics, and asserts that the panic is at a line of the test: `here`.
    fn panicked<T>(here: &Location<'_>, work: impl FnOnce() -> T) -> String {
        panic::set_hook(Box::new(|info| {
            let at = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
            let message = info.payload_as_str().unwrap_or_default().to_owned();
            PANICKED.set(Some((at, message)));
        }));
        assert!(panic::catch_unwind(AssertUnwindSafe(work)).is_err(), "it does not panic");
        let _ = panic::take_hook();
        let (at, message) = PANICKED.take().expect("the hook was called");
        assert_eq!(at, format!("{}:{}", here.file(), here.line()), "{message}");
        message
    }

    /// The message of the panic of an expression, which has to be at its own line.
    macro_rules! panics {
        ($work:expr) => {
            panicked(Location::caller(), || $work)
        };
    }

    fn shop() -> App {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("eu-west-1"));
        stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        let media = stack.add("media", s3::Bucket::new());
        stack.export("bucket", media.bucket_name());
        app
    }

    #[test]
    fn a_secret_of_the_environment_needs_no_variable_of_the_machine() {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("eu-west-1"));
        let token = Secret::from_env("GROUNDPLAN_TEST_TOKEN");
        stack.add("token", secretsmanager::Secret::new().secret_string(token));
        let cloud = Cloud::new();
        cloud.deploy(&app);
        assert_eq!(cloud.plan(&app).to_string(), "");
    }

    #[test]
    fn a_wrong_call_panics_at_its_own_line_and_says_what_may_be_meant() {
        let (app, cloud) = (shop(), Cloud::new());
        let deployed = cloud.deploy(&app);
        assert_eq!(panics!(deployed.output("bukcet")), "there is no output `bukcet`, only: bucket");
        let message = "there is no resource at `shop/vcp`; did you mean `shop/vpc`?";
        assert_eq!(panics!(deployed.resource("shop/vcp")), message);
        assert_eq!(panics!(deployed.resource("shop/queue")), "there is no resource at `shop/queue`");
        let nobody = Environment::new("eu-west-1").assume_role(AssumeRole::new("nobody"));
        assert!(panics!(cloud.account(&nobody)).starts_with("no such account: "));
        let unnamed = App::new("a/b");
        unnamed.stack("shop", Environment::new("eu-west-1"));
        assert!(panics!(assembly(&unnamed)).contains("GP0106"));
        assert!(panics!(cloud.deploy(&unnamed)).contains("GP0106"));
    }
}
