//! Programs whose second version renames, replaces or changes what others use, deployed one after the
//! other into a simulated account.

use std::collections::BTreeMap;

use groundplan::{Assembly, Environment, Path, ResourceEntry, Value};
use groundplan_engine::execute::{Cancellation, ExecuteOptions, execute};
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::store::MemoryStore;
use groundplan_engine::{Error, State, load};
use groundplan_simulator::Simulator;
use serde_json::{Value as Json, json};

struct World {
    cloud: Simulator,
    store: MemoryStore,
}

impl World {
    fn new() -> Self {
        Self { cloud: Simulator::in_memory(0), store: MemoryStore::new() }
    }

    async fn plan(&self, program: &Assembly) -> Result<Planned, Error> {
        let loaded = load(&self.store, &program.app).await?;
        planning::deploy(program, &loaded.state, &self.cloud, &PlanOptions::default()).await
    }

    /// Deploys, and sees that nothing is left to do afterwards.
    async fn deploy(&self, program: &Assembly) -> (Planned, State) {
        let loaded = load(&self.store, &program.app).await.expect("the state can be read");
        let planned = self.plan(program).await.unwrap_or_else(|error| panic!("{error}"));
        let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
        let options = ExecuteOptions { delete_data: true, ..options };
        let run = execute(&planned.plan, loaded, &self.cloud, &self.store, &options, &(), &cancellation);
        let outcome = run.await.expect("the plan can be executed");
        assert!(outcome.succeeded(), "{:?}\n{}", outcome.failed, planned.plan.render());
        let again = self.plan(program).await.expect("a plan");
        assert!(again.plan.is_empty(), "{}", again.plan.render());
        (planned, outcome.state)
    }

    /// Both versions, one after the other.
    async fn versions(before: &Assembly, after: &Assembly) -> (Planned, State) {
        let world = Self::new();
        world.deploy(before).await;
        world.deploy(after).await
    }
}

fn program<'a>(resources: impl IntoIterator<Item = (&'a str, &'a str, Json)>) -> Assembly {
    let entry = |(name, type_name, properties): (&str, &str, Json)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties) else { panic!("{name} has no properties") };
        (Path::new(format!("a/{name}")), ResourceEntry::new(type_name, properties))
    };
    Assembly {
        format: Assembly::FORMAT,
        app: "order".into(),
        state: None,
        stacks: BTreeMap::from([("a".to_owned(), Environment::new("us-east-1"))]),
        outputs: BTreeMap::new(),
        resources: resources.into_iter().map(entry).collect(),
        lookups: BTreeMap::new(),
    }
}

fn to(name: &str, attribute: &str) -> Json {
    json!({"$ref": format!("a/{name}#{attribute}")})
}

fn vpc() -> (&'static str, &'static str, Json) {
    ("vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}))
}

fn subnet<'a>(name: &'a str, block: &str) -> (&'a str, &'static str, Json) {
    (
        name,
        "AWS::EC2::Subnet",
        json!({"VpcId": to("vpc", "VpcId"), "CidrBlock": block, "AvailabilityZone": "us-east-1a"}),
    )
}

#[tokio::test(start_paused = true)]
async fn a_port_that_changes_in_place_reaches_all_that_use_it_in_the_same_deploy() {
    let version = |port: u16| {
        let cluster = json!({
            "Engine": "aurora-postgresql", "MasterUsername": "root", "ManageMasterUserPassword": true, "Port": port,
        });
        let url = json!({"$template": ["postgres://", to("db", "Endpoint.Address"), ":", to("db", "Endpoint.Port")]});
        let mut program = program([
            ("db", "AWS::RDS::DBCluster", cluster),
            ("url", "AWS::SSM::Parameter", json!({"Name": "url", "Type": "String", "Value": url})),
        ]);
        program.outputs.insert("port".into(), Value::from_json(to("db", "Endpoint.Port")).expect("a reference"));
        program
    };
    let (planned, state) = World::versions(&version(5432), &version(5433)).await;
    assert_eq!(planned.changes.count().may_update, 1);
    let url = state.resources["a/url"].properties["Value"].as_str();
    assert!(url.is_some_and(|url| url.ends_with(":5433")), "{url:?}");
    assert_eq!(state.outputs["port"].to_string().trim_matches('"'), "5433");
}

#[tokio::test(start_paused = true)]
async fn a_database_takes_the_new_password_in_the_same_deploy() {
    let version = |length: u16| {
        let password = json!({"$secret": {"secrets_manager": {"secret": to("secret", "Id")}}});
        let generated = json!({"PasswordLength": length, "ExcludePunctuation": true});
        let database = json!({
            "DBInstanceIdentifier": "db", "Engine": "postgres", "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": "20", "MasterUsername": "root", "MasterUserPassword": password,
        });
        program([
            ("secret", "AWS::SecretsManager::Secret", json!({"Name": "db", "GenerateSecretString": generated})),
            ("db", "AWS::RDS::DBInstance", database),
        ])
    };
    let world = World::new();
    let (_, before) = world.deploy(&version(20)).await;
    let (planned, after) = world.deploy(&version(30)).await;
    assert_eq!((planned.changes.count().update, planned.changes.count().may_update), (1, 1));
    let digest = |state: &State| state.resources["a/db"].secrets["MasterUserPassword"].clone();
    assert_ne!(digest(&before), digest(&after));
}

#[tokio::test(start_paused = true)]
async fn what_has_a_new_path_is_never_gone() {
    let role = json!({
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
        }]},
        "RoleName": "worker",
    });
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    ]});
    let policy = json!({"PolicyName": "read", "RoleName": to("role", "RoleName"), "PolicyDocument": document});
    let record = json!({
        "HostedZoneId": to("zone", "Id"), "Name": "www.example.com.", "Type": "CNAME", "TTL": "60",
        "ResourceRecords": ["target.example.net"],
    });
    let group = json!({"GroupDescription": "web", "VpcId": to("vpc", "VpcId")});
    let rule = json!({
        "GroupId": to("sg", "GroupId"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0",
    });
    let route = json!({
        "RouteTableId": to("table", "RouteTableId"), "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": to("gateway", "InternetGatewayId"),
    });
    let attachment = json!({"VpcId": to("vpc", "VpcId"), "InternetGatewayId": to("gateway", "InternetGatewayId")});
    let version = |suffix: &str| {
        let name = |name: &str| format!("{name}{suffix}");
        let names = [name("policy"), name("record"), name("rule"), name("route")];
        program([
            vpc(),
            ("role", "AWS::IAM::Role", role.clone()),
            (&*names[0], "AWS::IAM::RolePolicy", policy.clone()),
            ("zone", "AWS::Route53::HostedZone", json!({"Name": "example.com."})),
            (&*names[1], "AWS::Route53::RecordSet", record.clone()),
            ("sg", "AWS::EC2::SecurityGroup", group.clone()),
            (&*names[2], "AWS::EC2::SecurityGroupIngress", rule.clone()),
            ("gateway", "AWS::EC2::InternetGateway", json!({})),
            ("attachment", "AWS::EC2::VPCGatewayAttachment", attachment.clone()),
            ("table", "AWS::EC2::RouteTable", json!({"VpcId": to("vpc", "VpcId")})),
            (&*names[3], "AWS::EC2::Route", route.clone()),
        ])
    };
    let (planned, _) = World::versions(&version(""), &version("-2")).await;
    let verbs: Vec<_> = planned.plan.steps.iter().map(|step| step.work.verb()).collect();
    assert_eq!(verbs, ["move"; 4], "{}", planned.plan.render());
}

#[tokio::test(start_paused = true)]
async fn subnets_shift_swap_and_grow() {
    let version = |one: &str, two: &str| program([vpc(), subnet("one", one), subnet("two", two)]);
    let before = version("10.0.0.0/24", "10.0.1.0/24");
    for after in [
        version("10.0.1.0/24", "10.0.2.0/24"),
        version("10.0.1.0/24", "10.0.0.0/24"),
        version("10.0.0.0/23", "10.0.2.0/24"),
    ] {
        World::versions(&before, &after).await;
    }
}

#[tokio::test(start_paused = true)]
async fn names_change_places() {
    let queue = |name: &str| json!({"QueueName": name});
    let version = |one: &str, two: &str| {
        program([("one", "AWS::SQS::Queue", queue(one)), ("two", "AWS::SQS::Queue", queue(two))])
    };
    World::versions(&version("x", "y"), &version("y", "x")).await;
    World::versions(&version("x", "y"), &version("y", "z")).await;
}

#[tokio::test(start_paused = true)]
async fn a_replaced_group_gives_its_consumers_over_to_the_new_one() {
    let version = |description: &str| {
        let rule = json!({
            "GroupId": to("sg", "GroupId"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "CidrIp": "0.0.0.0/0",
        });
        let zone = |name: &str, block: &str, zone: &str| {
            (name.to_owned(), json!({"VpcId": to("vpc", "VpcId"), "CidrBlock": block, "AvailabilityZone": zone}))
        };
        let subnets = [zone("s0", "10.0.0.0/24", "us-east-1a"), zone("s1", "10.0.1.0/24", "us-east-1b")];
        let balancer = json!({
            "Subnets": [to("s0", "SubnetId"), to("s1", "SubnetId")], "SecurityGroups": [to("sg", "GroupId")],
            "Scheme": "internal",
        });
        let group = json!({"GroupDescription": description, "VpcId": to("vpc", "VpcId")});
        program([
            vpc(),
            (&*subnets[0].0, "AWS::EC2::Subnet", subnets[0].1.clone()),
            (&*subnets[1].0, "AWS::EC2::Subnet", subnets[1].1.clone()),
            ("sg", "AWS::EC2::SecurityGroup", group),
            ("https", "AWS::EC2::SecurityGroupIngress", rule),
            ("lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", balancer),
        ])
    };
    let (planned, _) = World::versions(&version("one"), &version("two")).await;
    let at = |path: &str, verb: &str| {
        let found = planned.plan.steps.iter().position(|it| it.path.as_str() == path && it.work.verb() == verb);
        found.unwrap_or_else(|| panic!("there is no {verb} {path}"))
    };
    assert!(at("a/https", "delete") > at("a/lb", "update"), "{}", planned.plan.render());
}
