//! Whole deploys into a simulated account, as a user's unit test makes them.

use std::collections::BTreeSet;

use apps::account::account;
use apps::checkout::{Settings, checkout};
use groundplan::data::{InstanceClass, PostgresDatabase, PostgresVersion};
use groundplan::network::Vpc;
use groundplan::resources::ec2::{self, VpcId};
use groundplan::resources::{autoscaling, iam};
use groundplan::{App, Environment, Export, cidr};
use groundplan_engine::drift::Drift;
use groundplan_engine::provider::Properties;
use groundplan_testing::{Cloud, assembly};
use serde_json::json;

#[test]
fn the_checkout_is_deployed_whole_and_a_second_plan_is_empty() {
    let app = checkout(&Settings::prod());
    let cloud = Cloud::new();
    let deployed = cloud.deploy(&app);
    assert_eq!(deployed.state.resources.len(), assembly(&app).resources.len());
    let inventory = cloud.simulator().inventory().expect("the account is in memory");
    let upstream = assembly(&account()).resources.len();
    assert_eq!(inventory.len(), deployed.state.resources.len() + upstream);
    assert!(deployed.output("vpc-id").as_str().is_some_and(|id| id.starts_with("vpc-")));
    assert!(cloud.plan(&app).is_empty());
    assert!(cloud.drift(&app).is_empty());
}

#[test]
fn every_subnet_has_its_own_ipv6_block_out_of_the_one_of_the_vpc() {
    let app = checkout(&Settings::stage());
    let deployed = Cloud::new().deploy(&app);
    let blocks: BTreeSet<String> = assembly(&app)
        .find::<ec2::Subnet>()
        .iter()
        .map(|subnet| {
            let properties = &deployed.resource(subnet.path.as_str()).properties;
            properties["Ipv6CidrBlock"].as_str().expect("resolved").to_owned()
        })
        .collect();
    assert_eq!(blocks.len(), 6);
    assert!(blocks.iter().all(|block| block.ends_with("::/64")), "{blocks:?}");
}

#[test]
fn a_changed_setting_changes_one_resource_in_place() {
    let cloud = Cloud::new();
    let mut settings = Settings::dev();
    cloud.deploy(&checkout(&settings));
    settings.database = InstanceClass::M6gLarge;
    let changed = checkout(&settings);
    let counts = cloud.plan(&changed).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 1, 0, 0));
    let deployed = cloud.deploy(&changed);
    let class = &deployed.resource("checkout/database").properties["DBInstanceClass"];
    assert_eq!(class.as_str(), Some("db.m6g.large"));
}

#[test]
fn another_version_of_a_database_is_an_update_that_takes_a_new_group_of_parameters() {
    let shop = |version: PostgresVersion| {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("us-east-1"));
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        stack.add("database", PostgresDatabase::new(&vpc).version(version));
        app
    };
    let cloud = Cloud::new();
    let before = cloud.deploy(&shop(PostgresVersion::V16));
    let counts = cloud.plan(&shop(PostgresVersion::V17)).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 1, 1, 0));
    let after = cloud.deploy(&shop(PostgresVersion::V17));
    let (database, parameters) = (after.resource("shop/database"), after.resource("shop/database/parameters"));
    assert_eq!(database.id, before.resource("shop/database").id);
    assert_ne!(parameters.id, before.resource("shop/database/parameters").id);
    assert_eq!(parameters.properties["Family"].as_str(), Some("postgres17"));
    assert_eq!(database.properties["DBParameterGroupName"].as_str(), Some(parameters.id.as_str()));
    assert!(after.state.deposed.is_empty() && cloud.plan(&shop(PostgresVersion::V17)).is_empty());
}

#[test]
fn what_takes_a_version_follows_it_in_the_same_deploy() {
    let workers = |image: &str| {
        let app = App::new("workers");
        let stack = app.stack("workers", Environment::new("us-east-1"));
        let data = ec2::launch_template::LaunchTemplateData::new().image_id(image);
        let template = stack.add("template", ec2::LaunchTemplate::new(data));
        let launch =
            autoscaling::auto_scaling_group::LaunchTemplateSpecification::new(template.latest_version_number())
                .launch_template_id(&template);
        stack.add(
            "group",
            autoscaling::AutoScalingGroup::new(autoscaling::AutoScalingGroupArgs { max_size: "3", min_size: "1" })
                .launch_template(launch),
        );
        app
    };
    let cloud = Cloud::new();
    let version = |image: &str| {
        let deployed = cloud.deploy(&workers(image));
        assert!(cloud.plan(&workers(image)).is_empty());
        deployed.resource("workers/group").properties["LaunchTemplate"].to_json()["Version"].clone()
    };
    assert_eq!(version("ami-0a1b2c3d"), "1");
    assert_eq!(version("ami-4e5f6071"), "2");
}

#[test]
fn destroying_leaves_nothing_but_what_another_app_owns() {
    let cloud = Cloud::new();
    let app = checkout(&Settings::dev());
    cloud.deploy(&app);
    cloud.destroy(&app);
    let upstream = assembly(&account()).resources.len();
    assert_eq!(cloud.simulator().inventory().expect("the account is in memory").len(), upstream);
}

#[test]
fn a_deploy_takes_no_longer_than_its_slowest_chain() {
    let deployed = Cloud::new().deploy(&checkout(&Settings::dev()));
    // The database, after its subnets: all else goes on beside it.
    assert!(deployed.took.as_secs() < 15 * 60, "{:?}", deployed.took);
}

/// The network of an environment, which has an app of its own.
const NETWORK: Export<VpcId> = Export::new("network-dev", "vpc-id");

fn service(environment: &str) -> App {
    let app = App::new(format!("service-{environment}"));
    let stack = app.stack("service", Environment::new("us-east-1"));
    stack.add("routes", ec2::RouteTable::new(NETWORK.of(format!("network-{environment}"))));
    app
}

#[test]
fn what_another_app_publishes_is_given_or_deployed_into_the_same_account() {
    let app = App::new("network-prod");
    let stack = app.stack("network", Environment::new("us-east-1"));
    let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
    stack.export(NETWORK.of("network-prod"), &vpc);
    let cloud = Cloud::new();
    let id = cloud.deploy(&app).output("vpc-id").clone();
    let deployed = cloud.deploy(&service("prod"));
    assert_eq!(deployed.resource("service/routes").properties["VpcId"].to_json(), id);

    let cloud = cloud.given(NETWORK, VpcId::new("vpc-0a1b2c3d"));
    let deployed = cloud.deploy(&service("dev"));
    assert_eq!(deployed.resource("service/routes").properties["VpcId"].as_str(), Some("vpc-0a1b2c3d"));
    assert!(cloud.plan(&service("dev")).is_empty());
}

#[test]
#[should_panic(expected = "say what they publish with `Cloud::given`")]
fn what_nobody_publishes_says_how_to_give_it() {
    Cloud::new().deploy(&service("dev"));
}

#[test]
fn what_was_added_by_hand_is_named_and_stays() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
    let group = stack.add("group", ec2::SecurityGroup::new("web").vpc_id(&vpc));
    stack.add(
        "https",
        ec2::SecurityGroupIngress::new("tcp").group_id(&group).cidr_ip("10.0.0.5/8").from_port(443).to_port(443),
    );
    stack.add("worker", iam::Role::new(json!({"Version": "2012-10-17", "Statement": []})));
    let cloud = Cloud::new();
    let deployed = cloud.deploy(&app);
    assert!(cloud.drift(&app).is_empty(), "a rule of the program is no addition: {:?}", cloud.drift(&app));

    let id = |path: &str| deployed.state.resources[path].id.clone();
    let rule =
        json!({"GroupId": id("shop/group"), "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"});
    let rule = rule.as_object().expect("it is one").clone();
    cloud.simulator().plant("AWS::EC2::SecurityGroupIngress", "us-east-1", rule).expect("the group is there");
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let attach = |role: &mut Properties| drop(role.insert("ManagedPolicyArns".into(), json!([admin])));
    cloud.simulator().tamper("AWS::IAM::Role", &id("shop/worker"), attach).expect("the role is there");
    let tags = json!([{"Key": "kubernetes.io/cluster/a", "Value": "owned"}, {"Key": "by-hand", "Value": "1"}]);
    let tag = |vpc: &mut Properties| drop(vpc.insert("Tags".into(), tags));
    cloud.simulator().tamper("AWS::EC2::VPC", &id("shop/vpc"), tag).expect("the VPC is there");

    let drifts = cloud.drift(&app);
    let said: Vec<_> = drifts
        .iter()
        .flat_map(|(path, drift)| match drift {
            Drift::Changed { properties, .. } => {
                properties.iter().map(|property| format!("{path} {} {}", property.property, property.added)).collect()
            }
            other => vec![format!("{path} {other:?}")],
        })
        .collect();
    assert_eq!(
        said,
        ["shop/group SecurityGroupIngress true", "shop/vpc Tags.by-hand true", "shop/worker ManagedPolicyArns true"]
    );
    assert!(cloud.plan(&app).is_empty());
}
