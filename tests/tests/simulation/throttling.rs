//! APIs that take so many calls a second, on virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use groundplan::{Assembly, Environment};
use groundplan_engine::Provider;
use groundplan_engine::detect::drift;
use groundplan_engine::execute::{Cancellation, ExecuteOptions, Outcome, ProgressEvent, execute};
use groundplan_engine::planning::{self, PlanOptions};
use groundplan_engine::provider::{
    Accepted, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Owner, Properties, ProviderError, Status, UpdateRequest,
};
use groundplan_engine::store::{MemoryStore, load};
use groundplan_simulator::{Calls, Faults, Limit, Simulator};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::programs::assembled;
use crate::world::virtually;

/// The duration of a call.
const LATENCY: Duration = Duration::from_millis(100);

/// An API with one bucket.
macro_rules! bucket {
    ($api:literal, $capacity:literal, $refill:literal) => {
        &[Limit {
            api: $api,
            calls: Calls::All,
            per_action: false,
            per_region: false,
            capacity: $capacity,
            refill: $refill,
        }]
    };
}

/// As Route 53 has it; slower, and burstier, and as EC2 has it for calls that change something.
const BUCKETS: [(&[Limit], f64); 4] = [
    (bucket!("sns", 5, 5.0), 5.0),
    (bucket!("sns", 2, 2.0), 2.0),
    (bucket!("sns", 50, 5.0), 5.0),
    (bucket!("sns", 100, 20.0), 20.0),
];

fn topics(count: usize) -> Vec<(String, &'static str, serde_json::Value)> {
    let topic = |number| (format!("topic-{number:04}"), "AWS::SNS::Topic", json!({"TopicName": format!("t{number}")}));
    (0..count).map(topic).collect()
}

fn log_groups(count: usize) -> Vec<(String, &'static str, serde_json::Value)> {
    let group =
        |number| (format!("logs-{number:04}"), "AWS::Logs::LogGroup", json!({"LogGroupName": format!("l{number}")}));
    (0..count).map(group).collect()
}

fn program(resources: &[(String, &'static str, serde_json::Value)]) -> Assembly {
    assembled(resources.iter().map(|(name, type_name, properties)| (&**name, *type_name, properties.clone())))
}

fn cloud(limits: &'static [Limit]) -> Simulator {
    Simulator::in_memory(1).with_limits(limits).with_faults(Faults { latency: LATENCY, ..Faults::default() })
}

/// Returns the number of throttled calls so far, and of all.
fn throttled(cloud: &Simulator) -> (usize, usize) {
    let calls = cloud.calls();
    (calls.iter().filter(|call| call.error == Some(ErrorClass::Throttled)).count(), calls.len())
}

async fn deploy(
    program: &Assembly,
    provider: &dyn Provider,
    store: &MemoryStore,
    parallelism: usize,
    told: &(dyn Fn(&ProgressEvent) + Send + Sync),
) -> Outcome {
    let loaded = load(store, &program.app).await.expect("the store is in memory");
    let planned = planning::deploy(program, &loaded.state, provider, &PlanOptions::default()).await;
    let planned = planned.expect("the cloud answers");
    let options = ExecuteOptions { parallelism, ..ExecuteOptions::default() };
    let cancellation = Cancellation::new();
    let outcome = execute(&planned.plan, loaded, provider, store, &options, &told, &cancellation).await;
    let outcome = outcome.expect("the store is in memory");
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    outcome
}

#[test]
fn a_deploy_takes_as_long_as_the_bucket_gives_and_is_seldom_refused() {
    for (limits, rate) in BUCKETS {
        let count = 600;
        let (adaptive, refused, calls) = virtually(async {
            let (cloud, told) = (cloud(limits), Mutex::new(0));
            let count_told = |event: &ProgressEvent| {
                *told.lock().expect("nobody panics") += usize::from(matches!(event, ProgressEvent::Throttled { .. }));
            };
            let took = deploy(&program(&topics(count)), &cloud, &MemoryStore::new(), 10, &count_told).await.elapsed;
            assert_eq!(told.into_inner().expect("nobody panics"), 1, "it is told once");
            let (refused, calls) = throttled(&cloud);
            (took, refused, calls)
        });
        let (fixed, fixed_refused, fixed_calls) = virtually(async {
            let fixed = Fixed { cloud: cloud(limits), slots: Semaphore::new(10) };
            let took = deploy(&program(&topics(count)), &fixed, &MemoryStore::new(), 10_000, &|_| ()).await.elapsed;
            let (refused, calls) = throttled(&fixed.cloud);
            (took, refused, calls)
        });
        let least = Duration::from_secs_f64(count as f64 / rate);
        println!(
            "{count} resources, a bucket of {} and {rate} a second, at most 10 calls of {LATENCY:?} at once: paced \
             {adaptive:.1?}, {refused} of {calls} calls refused; not paced {fixed:.1?}, {fixed_refused} of \
             {fixed_calls} refused; the bucket gives them in {least:.1?}",
            limits[0].capacity,
        );
        assert!(adaptive <= least.mul_f64(1.1) + LATENCY, "{adaptive:?}, and {least:?} is possible");
        assert!(refused * 20 <= calls, "{refused} of {calls} calls were refused");
    }
}

#[test]
fn an_api_that_throttles_does_not_slow_down_another() {
    let took = |with: usize| {
        virtually(async {
            let (cloud, last) = (cloud(BUCKETS[0].0), Mutex::new(Duration::ZERO));
            let begun = Instant::now();
            let mut resources = log_groups(200);
            resources.extend(topics(with));
            let told = |event: &ProgressEvent| {
                if let ProgressEvent::StepDone { path, .. } = event
                    && path.as_str().starts_with("a/logs")
                {
                    *last.lock().expect("nobody panics") = begun.elapsed();
                }
            };
            deploy(&program(&resources), &cloud, &MemoryStore::new(), 10, &told).await;
            last.into_inner().expect("nobody panics")
        })
    };
    let (alone, beside) = (took(0), took(200));
    println!("200 log groups beside 200 topics of an API that throttles: {beside:?}, alone {alone:?}");
    // Until the other API throttles, and then at its pace, its calls take a share of the ten.
    assert!(beside <= alone.mul_f64(1.1) + 5 * LATENCY, "{beside:?}, and alone it takes {alone:?}");
}

#[test]
fn the_looks_of_drift_are_paced_too() {
    virtually(async {
        let (program, store) = (program(&topics(1_000)), MemoryStore::new());
        let cloud = cloud(&[]);
        deploy(&program, &cloud, &store, 10, &|_| ()).await;
        let cloud = cloud.with_limits(BUCKETS[3].0);
        let (begun, before) = (Instant::now(), cloud.calls().len());
        let state = load(&store, &program.app).await.expect("the store is in memory").state;
        assert!(drift(&state, &cloud, 10).await.is_empty());
        let (refused, took) = (throttled(&cloud).0, begun.elapsed());
        let calls = cloud.calls().len() - before;
        println!("drift of 1000 resources at 20 a second: {took:?}, {refused} of {calls} calls refused");
        assert!(took <= Duration::from_secs(55), "{took:?}");
        assert!(refused * 20 <= calls, "{refused} of {calls} calls were refused");
    });
}

#[test]
fn what_has_the_longest_path_before_it_goes_first_at_an_api_that_throttles() {
    virtually(async {
        // The last one by name, and the beginning of a chain.
        let mut resources = topics(100);
        resources.push(("zone".into(), "AWS::SNS::Topic", json!({"TopicName": "first"})));
        let alarm = |before: &str, name: &str| json!({"TopicName": name, "DisplayName": {"$ref": format!("a/{before}#TopicArn")}});
        resources.push(("zone-2".into(), "AWS::SNS::Topic", alarm("zone", "second")));
        resources.push(("zone-3".into(), "AWS::SNS::Topic", alarm("zone-2", "third")));
        let order = Mutex::new(Vec::new());
        let told = |event: &ProgressEvent| {
            if let ProgressEvent::StepStarted { path, .. } = event {
                order.lock().expect("nobody panics").push(path.to_string());
            }
        };
        deploy(&program(&resources), &cloud(BUCKETS[1].0), &MemoryStore::new(), 10, &told).await;
        let order = order.into_inner().expect("nobody panics");
        let position = |path: &str| order.iter().position(|started| started == path);
        assert_eq!(position("a/zone"), Some(0), "{order:?}");
        assert!(position("a/zone-2") < Some(20), "{order:?}");
    });
}

/// An engine that only waits before it repeats a call: ten calls at a time, and half a second, doubled each time up to
/// twenty.
struct Fixed {
    cloud: Simulator,
    slots: Semaphore,
}

#[async_trait]
impl Provider for Fixed {
    fn consistency_window(&self) -> Duration {
        Duration::from_secs(12)
    }

    fn time(&self) -> Option<u64> {
        None
    }

    async fn owner(&self, _resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        Ok(None)
    }

    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn secret_output(
        &self,
        _resource: &Existing,
        _attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        Ok(None)
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.cloud.identity().await
    }

    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError> {
        self.cloud.identity_in(environment).await
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        self.cloud.repeats(type_name, property)
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        self.cloud.owned(app, environments).await
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.cloud.advance(resource, new).await
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.cloud.behavior(type_name)
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        self.cloud.check(type_name, properties)
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        for attempt in 0_u32.. {
            let slot = self.slots.acquire().await.expect("it is never closed");
            let answer = self.cloud.create(request).await;
            drop(slot);
            match answer {
                Err(error) if error.class == ErrorClass::Throttled => {
                    let path = request.address.path.as_str();
                    let jitter = path.bytes().fold(attempt, |sum, byte| sum.wrapping_mul(31) + u32::from(byte)) % 100;
                    let longest = Duration::from_millis((500 << attempt.min(6)).min(20_000));
                    tokio::time::sleep(longest / 2 + longest / 200 * jitter).await;
                }
                answer => return answer,
            }
        }
        unreachable!("the attempts do not end")
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        self.cloud.look_up(request).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.cloud.read(resource).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        self.cloud.update(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.cloud.delete(request).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.cloud.status(resource).await
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.cloud.find(request).await
    }

    async fn secret(
        &self,
        entry: &groundplan_core::secret::SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<zeroize::Zeroizing<String>, ProviderError> {
        self.cloud.secret(entry, environment).await
    }
}
