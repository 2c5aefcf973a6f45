//! One app in several accounts, each reached as a role.

use groundplan::resources::{route53, s3, sqs};
use groundplan::{App, AssumeRole, Environment};
use groundplan_testing::{Cloud, assembly};

const DNS_ACCOUNT: &str = "444455556666";

fn dns(role: &str) -> Environment {
    let role = AssumeRole::new(format!("arn:aws:iam::{DNS_ACCOUNT}:role/{role}")).external_id("shop");
    Environment::new("us-east-1").assume_role(role)
}

fn shop(role: &str) -> App {
    let app = App::new("shop");
    let zone = app.stack("dns", dns(role)).add("zone", route53::HostedZone::new().name("example.com"));
    let own = app.stack("shop", Environment::new("eu-west-1"));
    own.add("media", s3::Bucket::new());
    own.export("zone", zone.id());
    app
}

fn items(cloud: &Cloud, environment: &Environment) -> Vec<String> {
    let inventory = cloud.account(environment).inventory().expect("the account is in memory");
    inventory.into_iter().map(|item| item.type_name).collect()
}

#[test]
fn each_stack_is_deployed_to_the_account_of_its_role() {
    let (app, cloud) = (shop("deploy"), Cloud::new());
    let deployed = cloud.deploy(&app);
    assert!(deployed.output("zone").as_str().is_some(), "an output of another account is one of the app");
    assert_eq!(items(&cloud, &dns("deploy")), ["AWS::Route53::HostedZone"]);
    assert_eq!(items(&cloud, &Environment::new("eu-west-1")), ["AWS::S3::Bucket"]);
    assert!(cloud.plan(&app).is_empty());
    assert!(cloud.drift(&app).is_empty());
    cloud.destroy(&app);
    assert!(items(&cloud, &dns("deploy")).is_empty());
    assert!(items(&cloud, &Environment::new("eu-west-1")).is_empty());
}

#[test]
fn the_account_of_a_stack_with_a_role_is_known_to_the_program() {
    let app = App::new("shop");
    let stack = app.stack("dns", dns("deploy"));
    stack.export("account", stack.account_id());
    assert_eq!(assembly(&app).outputs["account"].as_str(), Some(DNS_ACCOUNT));
}

#[test]
fn a_stack_that_is_removed_is_deleted_as_the_role_that_the_state_has() {
    let cloud = Cloud::new();
    cloud.deploy(&shop("deploy"));
    let without = App::new("shop");
    without.stack("shop", Environment::new("eu-west-1")).add("media", s3::Bucket::new());
    cloud.deploy(&without);
    assert!(items(&cloud, &dns("deploy")).is_empty());
}

#[test]
fn another_role_of_the_same_account_replaces_nothing_and_is_kept_for_later_runs() {
    let cloud = Cloud::new();
    cloud.deploy(&shop("deploy"));
    let renamed = shop("release");
    let counts = cloud.plan(&renamed).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 0, 0, 0));
    let state = cloud.deploy(&renamed).state;
    let role = state.resources["dns/zone"].environment.role.as_ref().map(|role| role.arn.as_str());
    assert_eq!(role, Some("arn:aws:iam::444455556666:role/release"));
    assert!(state.resources["shop/media"].environment.role.is_none());
}

#[test]
fn a_stack_that_moves_to_another_account_is_replaced() {
    let app = |environment: Environment| {
        let app = App::new("shop");
        app.stack("jobs", environment).add("queue", sqs::Queue::new());
        app
    };
    let cloud = Cloud::new();
    cloud.deploy(&app(Environment::new("us-east-1")));
    assert_eq!(cloud.plan(&app(dns("deploy"))).count().replace, 1, "an unpinned stack is in the credentials' account");
    cloud.deploy(&app(dns("deploy")));
    assert_eq!(items(&cloud, &dns("deploy")), ["AWS::SQS::Queue"]);
    assert!(items(&cloud, &Environment::new("us-east-1")).is_empty());
}

#[test]
fn a_stack_that_is_pinned_to_the_account_that_it_is_in_stays_and_gets_its_role() {
    let app = |environment: Environment| {
        let app = App::new("shop");
        app.stack("jobs", environment).add("queue", sqs::Queue::new());
        app
    };
    let cloud = Cloud::new();
    let region = || Environment::new("us-east-1");
    let account = cloud.deploy(&app(region())).state.identity.expect("it was deployed").account;
    assert!(cloud.plan(&app(region().account(&*account))).is_empty());
    let role = AssumeRole::new(format!("arn:aws:iam::{account}:role/deploy"));
    let with_role = region().assume_role(role);
    let counts = cloud.plan(&app(with_role.clone())).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 0, 0, 0));
    let state = cloud.deploy(&app(with_role.clone())).state;
    assert_eq!(state.resources["jobs/queue"].environment, with_role);
    assert!(cloud.plan(&app(region())).is_empty());
    let state = cloud.deploy(&app(region())).state;
    assert_eq!(state.resources["jobs/queue"].environment, region());
}

#[test]
fn a_role_that_cannot_be_one_is_refused_where_the_stack_is_added() {
    let refused = |environment: Environment| {
        let app = App::new("shop");
        app.stack("dns", environment);
        let diagnostics = app.synth().expect_err("the role is wrong").to_string();
        assert!(diagnostics.contains("GP0107") && diagnostics.contains(file!()), "{diagnostics}");
        diagnostics
    };
    let region = || Environment::new("us-east-1");
    let text = refused(region().assume_role(AssumeRole::new("arn:aws:iam::444455556666:user/deploy")));
    assert!(text.contains("is not the ARN of a role"), "{text}");
    let text =
        refused(region().account("111122223333").assume_role(AssumeRole::new("arn:aws:iam::444455556666:role/a")));
    assert!(text.contains("pinned to account 111122223333"), "{text}");
    let text = refused(region().assume_role(AssumeRole::new("arn:aws:iam::444455556666:role/a").external_id("a b")));
    assert!(text.contains("external ID"), "{text}");
    let text = refused(region().assume_role(AssumeRole::new("arn:aws:iam::444455556666:role/a").session_name("x")));
    assert!(text.contains("session name"), "{text}");
}
