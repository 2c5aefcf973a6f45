use groundplan_core::lookup::HostedZoneQuery;
use serde_json::json;

use super::*;
use crate::fake::{Answer as Response, Fake, LOG_GROUP, SUBNET, VPC, assembly, vpc};
use crate::model::FailedLookups;
use crate::provider::{ErrorClass, Match, Outputs};
use crate::run::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions, Planned};
use crate::run::reader::ReadError;
use crate::run::store::{self, MemoryStore};
use crate::stages::plan::PlanError;

struct World {
    fake: Fake,
    store: MemoryStore,
}

fn image() -> Query {
    Query::PublicParameter { name: "/aws/service/image".into() }
}

fn shared() -> Query {
    let tags = [("Name".to_owned(), "shared".to_owned())].into();
    Query::Vpc(VpcQuery { tags, ..VpcQuery::default() })
}

fn outputs(outputs: Json) -> Outputs {
    outputs.as_object().cloned().expect("it is a map")
}

fn found(id: &str, answer: Json) -> Match {
    Match { description: format!("{id} (Name=shared)"), outputs: outputs(answer) }
}

/// A program that looks up an image and makes a log group whose name is the id of the image.
fn program(lookups: &[(&str, Query)]) -> Assembly {
    let lookups: BTreeMap<Path, Query> = lookups.iter().map(|(path, query)| ((*path).into(), query.clone())).collect();
    let image = lookups.iter().find(|(_, query)| **query == image()).map(|(path, _)| format!("{path}#Value"));
    let name = image.map_or(json!("none"), |image| json!({"$template": ["image-", {"$ref": image}]}));
    Assembly { lookups, ..assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": name}))]) }
}

impl World {
    fn new() -> Self {
        Self { fake: Fake::default(), store: MemoryStore::new().beside("shop") }
    }

    fn finds(&self, query: Query, matches: Vec<Match>) {
        self.fake.cloud().found.insert(query, Matches { matches, ..Matches::default() });
    }

    /// The image has this id from now on.
    fn has_image(&self, id: &str) {
        let matches = vec![Match { description: id.into(), outputs: outputs(json!({"Value": id})) }];
        self.finds(image(), matches);
    }

    async fn plan(&self, assembly: &Assembly, options: PlanOptions) -> Result<Planned, Error> {
        let loaded = store::load(&self.store, &assembly.app).await?;
        planning::deploy(assembly, &loaded.state, &self.fake, &options).await
    }

    async fn execute(&self, planned: &Planned) -> Outcome {
        let loaded = store::load(&self.store, "shop").await.unwrap();
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        execute(&planned.plan, loaded, &self.fake, &self.store, &options, &(), &Cancellation::new()).await.unwrap()
    }

    async fn deploy(&self, assembly: &Assembly, options: PlanOptions) -> Outcome {
        let planned = self.plan(assembly, options).await.unwrap();
        self.execute(&planned).await
    }

    async fn failures(&self, assembly: &Assembly) -> Vec<(Path, LookupProblem)> {
        match self.plan(assembly, PlanOptions::default()).await {
            Err(Error::Lookups(FailedLookups { failed })) => {
                failed.into_iter().map(|it| (it.path, it.problem)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn state(&self) -> State {
        store::load(&self.store, "shop").await.unwrap().state
    }

    fn lookups(&self) -> Vec<String> {
        let mut cloud = self.fake.cloud();
        let calls = std::mem::take(&mut cloud.calls);
        calls.into_iter().filter(|call| call.starts_with("look up")).collect()
    }
}

fn refreshing() -> PlanOptions {
    PlanOptions { refresh: true, ..PlanOptions::default() }
}

fn name(outcome: &Outcome) -> &Value {
    &outcome.state.resources["a/logs"].properties["LogGroupName"]
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_shown_in_the_plan_used_in_the_deploy_and_kept_in_the_state() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-1");
    let planned = world.plan(&program, PlanOptions::default()).await.unwrap();
    let change = LookupChange { from: Rendered::Absent, to: Rendered::Known(json!({"Value": "ami-1"})) };
    assert_eq!(planned.changes.lookups, [("a/image".into(), change)].into());
    let saved = planned.to_json(Some(&program), &store::load(&world.store, "shop").await.unwrap());
    let outcome = world.execute(&Planned::from_json(&saved).unwrap()).await;
    assert_eq!(name(&outcome), &Value::from("image-ami-1"));
    let answer = &outcome.state.lookups["a/image"];
    assert_eq!((answer.region.as_str(), answer.account.as_str(), answer.serial), ("us-east-1", "111122223333", 1));
    let again = world.plan(&program, PlanOptions::default()).await.unwrap();
    assert!(again.plan.is_empty() && again.changes.is_empty() && again.plan.observed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_stands_until_a_refresh_whatever_the_cloud_would_answer() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-1");
    world.deploy(&program, PlanOptions::default()).await;
    world.has_image("ami-2");
    assert_eq!(world.lookups().len(), 1);
    assert!(world.plan(&program, PlanOptions::default()).await.unwrap().changes.is_empty());
    assert_eq!(world.lookups(), Vec::<String>::new(), "nobody is asked");
    let planned = world.plan(&program, refreshing()).await.unwrap();
    let (from, to) = (json!({"Value": "ami-1"}), json!({"Value": "ami-2"}));
    let changed = super::changed(&program, &world.state().await, &world.fake, 1).await.unwrap();
    assert_eq!(changed, (planned.changes.lookups.clone(), Vec::new()));
    assert_eq!(
        planned.changes.lookups["a/image"],
        LookupChange { from: Rendered::Known(from), to: Rendered::Known(to) }
    );
    let outcome = world.execute(&planned).await;
    assert_eq!((name(&outcome), outcome.state.lookups["a/image"].serial), (&Value::from("image-ami-2"), 2));
    // The same answer again is no change, and keeps the run that has found it.
    let same = world.plan(&program, refreshing()).await.unwrap();
    assert!(same.plan.is_empty() && same.plan.observed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lookup_with_a_new_path_keeps_its_answer_and_one_of_something_else_or_elsewhere_is_read() {
    let world = World::new();
    world.has_image("ami-1");
    world.deploy(&program(&[("a/image", image())]), PlanOptions::default()).await;
    world.has_image("ami-2");
    let moved = world.plan(&program(&[("a/base/image", image())]), PlanOptions::default()).await.unwrap();
    assert!(moved.changes.is_empty() && moved.plan.steps.is_empty());
    let outcome = world.execute(&moved).await;
    assert_eq!(outcome.state.lookups.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/base/image"]);
    let mut elsewhere = program(&[("a/base/image", image())]);
    elsewhere.stacks.insert("a".into(), Environment::new("eu-west-1"));
    let planned = world.plan(&elsewhere, PlanOptions::default()).await.unwrap();
    assert_eq!(planned.changes.lookups["a/base/image"].to, Rendered::Known(json!({"Value": "ami-2"})));
}

#[tokio::test(start_paused = true)]
async fn an_answer_goes_with_its_lookup_and_with_the_app() {
    let world = World::new();
    world.has_image("ami-1");
    world.deploy(&program(&[("a/image", image())]), PlanOptions::default()).await;
    let planned = world.plan(&program(&[]), PlanOptions::default()).await.unwrap();
    assert_eq!(planned.changes.lookups["a/image"].to, Rendered::Absent);
    assert_eq!(world.execute(&planned).await.state.lookups, Answers::new());
    world.deploy(&program(&[("a/image", image())]), PlanOptions::default()).await;
    let loaded = store::load(&world.store, "shop").await.unwrap();
    let options = PlanOptions { delete_data: true, ..PlanOptions::default() };
    let destroyed = planning::destroy(&loaded.state, &world.fake, &options).await.unwrap();
    assert_eq!(world.execute(&destroyed).await.state.lookups, Answers::new());
}

#[tokio::test(start_paused = true)]
async fn none_several_and_a_resource_of_the_app_itself_are_errors_that_say_what_exists() {
    let world = World::new();
    let program = program(&[("a/image", image()), ("a/shared", shared())]);
    world.has_image("ami-1");
    let others = vec!["vpc-7 (Name=prod)".to_owned()];
    world.fake.cloud().found.insert(shared(), Matches { others: others.clone(), ..Matches::default() });
    assert_eq!(world.failures(&program).await, [("a/shared".into(), LookupProblem::NotFound { others })]);
    world.finds(shared(), vec![found("vpc-8", json!({})), found("vpc-9", json!({}))]);
    let matches = vec!["vpc-8 (Name=shared)".to_owned(), "vpc-9 (Name=shared)".to_owned()];
    assert_eq!(world.failures(&program).await, [("a/shared".into(), LookupProblem::Ambiguous { matches })]);

    let own = world.deploy(&assembly(&[vpc("10.0.0.0/16")]), PlanOptions::default()).await;
    let id = &own.state.resources["a/vpc"].id;
    world.finds(shared(), vec![found(id, json!({"VpcId": id}))]);
    let problem = LookupProblem::Own { resource: "a/vpc".into(), found: id.clone() };
    assert_eq!(world.failures(&program).await, [("a/shared".into(), problem)]);
    assert_eq!(world.fake.cloud().resources.len(), 1, "nothing was touched");
}

#[tokio::test(start_paused = true)]
async fn an_output_that_the_answer_lacks_is_an_error_that_names_who_uses_it() {
    let world = World::new();
    let subnet = json!({"VpcId": {"$ref": "a/shared#VpcId"}, "CidrBlock": {"$ref": "a/shared#CidrBlock"}});
    let program = Assembly {
        lookups: [("a/shared".into(), shared())].into(),
        outputs: [("first".to_owned(), Value::from(Reference::new("a/shared", "PrivateSubnetIds.0")))].into(),
        ..assembly(&[("a/subnet", SUBNET, subnet)])
    };
    let answer = outputs(json!({"VpcId": "vpc-1"}));
    world.finds(shared(), vec![found("vpc-1", json!({"VpcId": "vpc-1"}))]);
    let lacks = |output: &str, user: &str| {
        let (output, users) = (output.to_owned(), vec![user.to_owned()]);
        ("a/shared".into(), LookupProblem::Lacking { output, users, found: answer.clone() })
    };
    let failures = world.failures(&program).await;
    assert_eq!(failures, [lacks("CidrBlock", "a/subnet"), lacks("PrivateSubnetIds.0", "the output `first`")]);

    let whole = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "PrivateSubnetIds": ["subnet-1", "subnet-2"]});
    world.finds(shared(), vec![found("vpc-1", whole)]);
    let outcome = world.deploy(&program, PlanOptions::default()).await;
    assert_eq!(outcome.state.resources["a/subnet"].properties["VpcId"], Value::from("vpc-1"));
    assert_eq!(outcome.state.outputs["first"], "subnet-1");
}

#[tokio::test(start_paused = true)]
async fn lookups_of_the_same_are_read_once_and_a_throttled_read_is_repeated() {
    let world = World::new();
    world.has_image("ami-1");
    let throttled = || Response::Refused(crate::ProviderError::new(ErrorClass::Throttled, "slow down"));
    world.fake.cloud().errors.insert("look up a/image".into(), vec![throttled(), throttled()]);
    let twice = program(&[("a/image", image()), ("a/other", image())]);
    let outcome = world.deploy(&twice, PlanOptions::default()).await;
    assert_eq!(world.lookups(), ["look up a/image"; 3]);
    assert_eq!(outcome.state.lookups["a/image"], outcome.state.lookups["a/other"]);
    let denied = Response::Refused(crate::ProviderError::new(ErrorClass::Denied, "you may not"));
    world.fake.cloud().errors.insert("look up a/image".into(), vec![denied]);
    let error = world.plan(&twice, refreshing()).await.unwrap_err();
    assert!(matches!(&error, Error::Read(ReadError { path: Some(path), .. }) if path.as_str() == "a/image"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_a_part_reads_only_the_lookups_that_the_part_is_made_from() {
    let world = World::new();
    world.has_image("ami-1");
    world.finds(shared(), vec![found("vpc-1", json!({"VpcId": "vpc-1"}))]);
    let subnet = json!({"VpcId": {"$ref": "a/shared#VpcId"}, "CidrBlock": "10.0.1.0/24"});
    let mut program = program(&[("a/image", image()), ("a/shared", shared())]);
    program.resources.extend(assembly(&[("a/subnet", SUBNET, subnet)]).resources);
    world.deploy(&program, PlanOptions::default()).await;
    world.lookups();
    let only = PlanOptions { only: ["a/subnet".into()].into(), ..refreshing() };
    world.has_image("ami-2");
    let planned = world.plan(&program, only).await.unwrap();
    assert_eq!(world.lookups(), ["look up a/shared"]);
    let outcome = world.execute(&planned).await;
    assert_eq!(outcome.state.lookups["a/image"].outputs["Value"], "ami-1");
}

#[tokio::test(start_paused = true)]
async fn the_program_of_an_import_has_the_answers_of_the_state() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-1");
    let outcome = world.deploy(&program, PlanOptions::default()).await;
    world.has_image("ami-2");
    let resolved = resolve(Cow::Borrowed(&program), &outcome.state, &"a/logs".into(), &world.fake, 1).await.unwrap();
    assert_eq!(resolved.resources["a/logs"].properties["LogGroupName"], Value::from("image-ami-1"));
    let new = crate::fake::state();
    let resolved = resolve(Cow::Borrowed(&program), &new, &"a/logs".into(), &world.fake, 1).await.unwrap();
    assert_eq!(resolved.resources["a/logs"].properties["LogGroupName"], Value::from("image-ami-2"));
    let without = assembly(&[("a/vpc", VPC, json!({}))]);
    assert!(matches!(
        resolve(Cow::Borrowed(&without), &new, &"a/logs".into(), &world.fake, 1).await.unwrap(),
        Cow::Borrowed(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn what_another_app_may_create_is_pending_and_several_are_still_an_error() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    let expecting =
        || PlanOptions { upstream: crate::upstream::Upstream::NONE.expecting("network", []), ..refreshing() };
    let planned = world.plan(&program, expecting()).await.unwrap();
    let pending = LookupChange { from: Rendered::Absent, to: Rendered::Unknown };
    assert_eq!(planned.changes.lookups, [("a/image".into(), pending)].into());
    let two = [1, 2].map(|at| Match { description: format!("ami-{at}"), outputs: Outputs::new() });
    world.finds(image(), two.into());
    assert!(matches!(world.plan(&program, expecting()).await, Err(Error::Lookups(_))));
}

#[tokio::test(start_paused = true)]
async fn a_part_and_an_import_ask_only_for_what_they_use() {
    let (world, program) = (World::new(), program(&[("a/image", image()), ("a/shared", shared())]));
    world.has_image("ami-1");
    let only = PlanOptions { only: ["a/logs".into()].into(), ..PlanOptions::default() };
    let outcome = world.deploy(&program, only).await;
    assert_eq!(outcome.state.lookups.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/image"]);
    assert_eq!(world.lookups(), ["look up a/image"]);
    let resolved = resolve(Cow::Borrowed(&program), &world.state().await, &"a/logs".into(), &world.fake, 1).await;
    assert!(resolved.is_ok() && world.lookups().is_empty());
    let elsewhere = resolve(Cow::Borrowed(&program), &world.state().await, &"a/shared".into(), &world.fake, 1).await;
    assert!(matches!(elsewhere, Err(Error::Lookups(_))));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_beside_another_one_gets_no_old_answer() {
    let world = World::new();
    world.has_image("ami-1");
    world.deploy(&program(&[("a/image", image())]), PlanOptions::default()).await;
    world.has_image("ami-2");
    let planned = world.plan(&program(&[("a/image", image()), ("a/new", image())]), PlanOptions::default()).await;
    let lookups = planned.unwrap().changes.lookups;
    assert_eq!(lookups.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/new"]);
    assert_eq!(lookups["a/new"].to, Rendered::Known(json!({"Value": "ami-2"})));
}

#[tokio::test(start_paused = true)]
async fn earlier_answers_come_back_where_they_are_given() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-1");
    let first = world.deploy(&program, PlanOptions::default()).await.state.lookups;
    world.has_image("ami-2");
    assert_eq!(name(&world.deploy(&program, refreshing()).await), &Value::from("image-ami-2"));
    let back = world.deploy(&program, PlanOptions { answers: first.clone(), ..PlanOptions::default() }).await;
    assert_eq!((name(&back), &back.state.lookups), (&Value::from("image-ami-1"), &first));
}

#[tokio::test(start_paused = true)]
async fn an_answer_stays_while_a_destroy_keeps_something() {
    let world = World::new();
    world.has_image("ami-1");
    let mut program = program(&[("a/image", image())]);
    program.resources.extend(assembly(&[("a/db", crate::fake::DATABASE, json!({}))]).resources);
    let state = world.deploy(&program, PlanOptions::default()).await.state;
    let kept = planning::destroy(&state, &world.fake, &PlanOptions::default()).await.unwrap();
    assert!(kept.changes.lookups.is_empty() && kept.plan.observed.is_empty());
    let options = PlanOptions { delete_data: true, ..PlanOptions::default() };
    let gone = planning::destroy(&state, &world.fake, &options).await.unwrap();
    assert_eq!(gone.changes.lookups["a/image"].to, Rendered::Absent);
}

#[tokio::test(start_paused = true)]
async fn the_resources_of_the_app_are_no_part_of_an_answer_and_a_lookup_without_one_is_told_beside_the_others() {
    let world = World::new();
    world.has_image("ami-1");
    world.finds(shared(), vec![found("vpc-1", json!({"VpcId": "vpc-1"}))]);
    let program = program(&[("a/image", image()), ("a/shared", shared())]);
    world.deploy(&program, PlanOptions::default()).await;
    assert!(world.fake.cloud().own.is_empty());
    world.finds(shared(), Vec::new());
    world.has_image("ami-2");
    let (changes, failed) = super::changed(&program, &world.state().await, &world.fake, 1).await.unwrap();
    assert_eq!(changes.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/image"]);
    assert_eq!(failed.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["a/shared"]);
    let logs = world.state().await.resources["a/logs"].id.clone();
    assert_eq!(world.fake.cloud().own, [logs].into());
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_uses_the_answers_that_it_shows() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-1");
    let planned = world.plan(&program, PlanOptions::default()).await.unwrap();
    let loaded = store::load(&world.store, "shop").await.unwrap();
    let read = |planned: &Planned| Planned::from_json(&planned.to_json(Some(&program), &loaded));
    assert!(read(&planned).is_ok());
    let mut other = planned.clone();
    other.changes.lookups.get_mut("a/image").unwrap().to = Rendered::Known(json!({"Value": "ami-2"}));
    let error = read(&other).unwrap_err().to_string();
    assert!(error.contains("another answer of the lookup `a/image`"), "{error}");
    let mut hidden = planned;
    hidden.changes.lookups.clear();
    assert!(matches!(read(&hidden), Err(Error::Plan(PlanError::Corrupt { .. }))));
}

#[tokio::test(start_paused = true)]
async fn what_was_made_just_before_is_found_by_a_later_read_and_a_whole_answer_is_read_once() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    let made = async |after: u64| {
        tokio::time::sleep(std::time::Duration::from_secs(after)).await;
        world.has_image("ami-1");
    };
    let (planned, ()) = tokio::join!(world.plan(&program, PlanOptions::default()), made(4));
    assert_eq!(planned.unwrap().changes.lookups["a/image"].to, Rendered::Known(json!({"Value": "ami-1"})));
    assert_eq!(world.lookups().len(), 3);
    world.plan(&program, PlanOptions::default()).await.unwrap();
    assert_eq!(world.lookups().len(), 1);
    world.finds(image(), Vec::new());
    let (planned, ()) = tokio::join!(world.plan(&program, PlanOptions::default()), made(60));
    assert!(matches!(planned, Err(Error::Lookups { .. })));
    assert_eq!(world.lookups().len(), 3, "nothing found is believed before long");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_which_the_cloud_still_makes_a_part_is_read_again() {
    let (world, program) = (World::new(), program(&[("a/image", image())]));
    world.has_image("ami-young");
    world.fake.cloud().found.get_mut(&image()).unwrap().unfinished = true;
    let finish = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        world.has_image("ami-whole");
    };
    let (planned, ()) = tokio::join!(world.plan(&program, PlanOptions::default()), finish);
    assert_eq!(planned.unwrap().changes.lookups["a/image"].to, Rendered::Known(json!({"Value": "ami-whole"})));
    assert_eq!(world.lookups().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_state_that_lacks_what_the_program_uses_by_now_is_read_again() {
    let world = World::new();
    let using = |output: &str| {
        let lookups = [("a/shared".into(), shared())].into();
        let outputs = [("it".to_owned(), Value::from(Reference::new("a/shared", output)))].into();
        Assembly { lookups, outputs, ..assembly(&[("a/logs", LOG_GROUP, json!({}))]) }
    };
    world.finds(shared(), vec![found("vpc-1", json!({"VpcId": "vpc-1"}))]);
    world.deploy(&using("VpcId"), PlanOptions::default()).await;
    world.finds(shared(), vec![found("vpc-1", json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}))]);
    world.lookups();
    assert!(world.plan(&using("VpcId"), PlanOptions::default()).await.unwrap().changes.is_empty());
    assert_eq!(world.lookups(), Vec::<String>::new());
    let outcome = world.deploy(&using("CidrBlock"), PlanOptions::default()).await;
    assert_eq!((&outcome.state.outputs["it"], outcome.state.lookups["a/shared"].serial), (&json!("10.0.0.0/16"), 2));
}

/// A program with a subnet group and a load balancer of a type in the private subnets of a VPC that is looked up.
fn in_private_subnets(balancer: Option<&str>) -> Assembly {
    let subnets = |output: &str| json!({"$ref": format!("a/shared#{output}")});
    let mut properties = json!({"Subnets": subnets("PrivateSubnetIdPerZone")});
    if let Some(kind) = balancer {
        properties["Type"] = kind.into();
    }
    Assembly {
        lookups: [("a/shared".into(), shared())].into(),
        ..assembly(&[
            ("a/group", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": subnets("PrivateSubnetIds")})),
            ("a/balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", properties),
            ("a/eks", "AWS::EKS::Cluster", json!({"ResourcesVpcConfig": {"SubnetIds": subnets("PrivateSubnetIds")}})),
        ])
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_two_zones_is_refused_in_subnets_of_one() {
    let world = World::new();
    let answer = json!({
        "VpcId": "vpc-1", "PrivateSubnetIds": ["subnet-1", "subnet-2"], "PrivateSubnetIdPerZone": ["subnet-1"],
    });
    world.finds(shared(), vec![found("vpc-1", answer.clone())]);
    let too_few = |output: &str, users: &[&str]| {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        let problem = LookupProblem::TooFewZones { output: output.to_owned(), users, found: outputs(answer.clone()) };
        ("a/shared".into(), problem)
    };
    let group = || too_few("PrivateSubnetIds", &["a/eks", "a/group"]);
    let balancer = || too_few("PrivateSubnetIdPerZone", &["a/balancer"]);
    assert_eq!(world.failures(&in_private_subnets(None)).await, [balancer(), group()]);
    assert_eq!(world.failures(&in_private_subnets(Some("network"))).await, [group()]);
    let text = world.plan(&in_private_subnets(None), PlanOptions::default()).await.unwrap_err().to_string();
    let named = "`PrivateSubnetIdPerZone` of the VPC with the tag `Name` = `shared` in us-east-1 is in one zone";
    assert!(text.contains(named), "{text}");

    let two = json!({"PrivateSubnetIds": ["subnet-1", "subnet-2"], "PrivateSubnetIdPerZone": ["subnet-1", "subnet-2"]});
    let answer = Answer {
        query: shared(),
        region: "us-east-1".into(),
        account: "111122223333".into(),
        serial: 1,
        outputs: outputs(two),
    };
    let uses = Uses::of(&in_private_subnets(None));
    assert_eq!(uses.unmet(&[("a/shared".into(), answer.clone())].into()), []);
    // An answer of the state that is in one zone is read again: the VPC may have more subnets by now.
    let one = Answer { outputs: outputs(json!({"PrivateSubnetIdPerZone": ["subnet-1"]})), ..answer };
    assert!(!uses.are_met(&"a/shared".into(), &one.query, &one.outputs));
}

#[test]
fn the_region_is_no_part_of_what_is_said_of_a_global_service() {
    let zone = HostedZoneQuery { domain: "example.com".into(), ..HostedZoneQuery::default() };
    let failed = |query| FailedLookup {
        path: "a/it".into(),
        query,
        region: "eu-west-1".into(),
        problem: LookupProblem::NotFound { others: vec!["Z1".to_owned()] },
    };
    let text = failed(Query::HostedZone(zone)).to_string();
    assert_eq!(text, "there is no public hosted zone `example.com` in the account; found: Z1");
    assert!(failed(image()).to_string().contains("in eu-west-1"));
}
