//! Creating, changing and deleting.

use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Value};
use groundplan_engine::provider::{ErrorClass, Existing, Provider, Status, UpdateRequest};
use groundplan_simulator::{Operation, Simulator};
use serde_json::json;

use super::common::{
    REGION, create, delete, existing, properties, read, refusal, request, token, try_create, try_delete, update,
};

#[tokio::test(start_paused = true)]
async fn properties_are_checked_before_anything_is_touched() {
    let cloud = Simulator::in_memory(1);
    let check = |type_name: &str, json| refusal(cloud.check(type_name, &properties(json)));
    assert_eq!(
        check("AWS::EC2::Subnet", json!({})),
        "MissingParameter: the property VpcId of AWS::EC2::Subnet is required"
    );
    assert_eq!(
        check("AWS::EC2::VPC", json!({"Cidrblock": "10.0.0.0/16"})),
        "InvalidParameterValue: AWS::EC2::VPC has no property Cidrblock; did you mean CidrBlock?"
    );
    assert_eq!(
        check("AWS::EC2::VPC", json!({"VpcId": "vpc-1"})),
        "InvalidParameterValue: VpcId of AWS::EC2::VPC is read-only: AWS sets it"
    );
    assert_eq!(
        check("AWS::EC2::VPC", json!({"EnableDnsSupport": "perhaps"})),
        "InvalidParameterValue: EnableDnsSupport of AWS::EC2::VPC takes true or false, not text"
    );
    assert_eq!(
        check("AWS::EC2::VPC", json!({"InstanceTenancy": "shared"})),
        "InvalidParameterValue: InstanceTenancy is shared; allowed are dedicated, default, host"
    );
    let nested = json!({"LoadBalancerArn": null, "DefaultActions": [{"Kind": "forward"}]});
    assert!(check("AWS::ElasticLoadBalancingV2::Listener", nested).contains("DefaultActions.0.Type"));
    // What is not known yet stands as null, and can be checked no further.
    cloud.check("AWS::EC2::Subnet", &properties(json!({"VpcId": null}))).unwrap();
    assert!(try_create(&cloud, "shop/a", "AWS::EC2::Subnet", json!({"VpcId": null})).await.is_err());
    assert_eq!(cloud.inventory().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_referred_to_has_to_exist() {
    let cloud = Simulator::in_memory(1);
    for (type_name, json, expected) in [
        ("AWS::EC2::Subnet", json!({"VpcId": "vpc-0123456789abcdef0"}), "InvalidVpcID.NotFound"),
        ("AWS::S3::BucketPolicy", json!({"Bucket": "nothing", "PolicyDocument": {}}), "NoSuchBucket"),
        ("AWS::KMS::Alias", json!({"AliasName": "alias/x", "TargetKeyId": "1234"}), ""),
        ("AWS::IAM::RolePolicy", json!({"PolicyName": "x", "RoleName": "nobody"}), "NoSuchEntity"),
        (
            "AWS::Lambda::Function",
            json!({"Code": {"ZipFile": "x"}, "Role": "arn:aws:iam::123456789012:role/nobody"}),
            "NoSuchEntity",
        ),
    ] {
        let result = try_create(&cloud, "shop/x", type_name, json).await;
        if expected.is_empty() {
            result.unwrap();
        } else {
            assert!(refusal(result).starts_with(expected), "{type_name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_outside_the_account_is_taken_as_it_is() {
    let cloud = Simulator::in_memory(1);
    let role = json!({
        "AssumeRolePolicyDocument": {},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::999999999999:policy/theirs"],
    });
    create(&cloud, "shop/role", "AWS::IAM::Role", role).await;
    let secret = json!({"KmsKeyId": "alias/aws/secretsmanager"});
    create(&cloud, "shop/secret", "AWS::SecretsManager::Secret", secret).await;
    let database = json!({"Engine": "postgres", "DBParameterGroupName": "default.postgres16"});
    create(&cloud, "shop/db", "AWS::RDS::DBInstance", database).await;
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_another_region_is_not_in_reach_but_a_global_one_is() {
    let cloud = Simulator::in_memory(1);
    let far = cloud.plant("AWS::EC2::VPC", "us-east-1", properties(json!({"CidrBlock": "10.0.0.0/16"}))).unwrap();
    assert!(try_create(&cloud, "shop/a", "AWS::EC2::Subnet", json!({"VpcId": far})).await.is_err());
    let role = cloud.plant("AWS::IAM::Role", "us-east-1", properties(json!({"AssumeRolePolicyDocument": {}}))).unwrap();
    let profile = json!({"Roles": [role]});
    create(&cloud, "shop/profile", "AWS::IAM::InstanceProfile", profile).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_while_something_depends_on_it() {
    let cloud = Simulator::in_memory(1);
    let role = json!({"RoleName": "task", "AssumeRolePolicyDocument": {}});
    let role = create(&cloud, "shop/role", "AWS::IAM::Role", role).await;
    let profile = json!({"InstanceProfileName": "task", "Roles": [role.id]});
    let profile = create(&cloud, "shop/profile", "AWS::IAM::InstanceProfile", profile).await.id;
    let error = try_delete(&cloud, "AWS::IAM::Role", &role.id).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(error.operation.as_deref(), Some("iam:DeleteRole"));
    assert_eq!(error.message, "task cannot be deleted: AWS::IAM::InstanceProfile task depends on it");
    delete(&cloud, "AWS::IAM::InstanceProfile", &profile).await;
    // A function names the role, too, and AWS does not ask it.
    let function = json!({"FunctionName": "f", "Role": role.outputs["Arn"], "Code": {}});
    create(&cloud, "shop/function", "AWS::Lambda::Function", function).await;
    delete(&cloud, "AWS::IAM::Role", &role.id).await;
    assert_eq!(try_delete(&cloud, "AWS::IAM::Role", &role.id).await.unwrap_err().class, ErrorClass::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_family_of_task_definitions_counts_its_revisions() {
    let cloud = Simulator::in_memory(1);
    let family = |path: &'static str, family: &str| {
        create(&cloud, path, "AWS::ECS::TaskDefinition", json!({"Family": family, "ContainerDefinitions": []}))
    };
    let arn = |revision: &str| format!("arn:aws:ecs:eu-central-1:123456789012:task-definition/{revision}");
    assert_eq!(family("shop/a", "web").await.id, arn("web:1"));
    assert_eq!(family("shop/b", "web").await.id, arn("web:2"));
    assert_eq!(family("shop/c", "worker").await.id, arn("worker:1"));
    delete(&cloud, "AWS::ECS::TaskDefinition", &arn("web:1")).await;
    assert_eq!(family("shop/d", "web").await.id, arn("web:3"), "a revision comes after the last one");
}

#[tokio::test(start_paused = true)]
async fn one_relation_of_the_schema_is_not_the_only_one() {
    let cloud = Simulator::in_memory(1);
    for (namespace, id, dimension) in [
        ("dynamodb", "table/orders", "dynamodb:table:ReadCapacityUnits"),
        ("ecs", "service/shop/web", "ecs:service:DesiredCount"),
    ] {
        let target = json!({
            "ServiceNamespace": namespace, "ResourceId": id, "ScalableDimension": dimension,
            "MinCapacity": 1, "MaxCapacity": 4,
        });
        create(&cloud, &format!("shop/{namespace}"), "AWS::ApplicationAutoScaling::ScalableTarget", target).await;
    }
    let cluster = "arn:aws:kafka:eu-central-1:123456789012:cluster/orders/5f1b6a3e-1";
    let target = json!({
        "ServiceNamespace": "kafka", "ResourceId": cluster, "ScalableDimension": "kafka:broker-storage:VolumeSize",
        "MinCapacity": 1, "MaxCapacity": 4,
    });
    let target = try_create(&cloud, "shop/kafka", "AWS::ApplicationAutoScaling::ScalableTarget", target).await;
    assert!(refusal(target).contains("there is no such AWS::MSK::Cluster"), "an ARN says what it is of");
}

#[tokio::test(start_paused = true)]
async fn arns_have_the_form_of_awss() {
    let cloud = Simulator::in_memory(1);
    let role = json!({"RoleName": "ops", "Path": "/team/", "AssumeRolePolicyDocument": {}});
    let role = create(&cloud, "shop/role", "AWS::IAM::Role", role).await.outputs["Arn"].clone();
    let topic = create(&cloud, "shop/topic", "AWS::SNS::Topic", json!({"TopicName": "orders"})).await.id;
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let mut subnets = Vec::new();
    for (zone, block) in [("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")] {
        let zone = format!("eu-central-1{zone}");
        let subnet = json!({"VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone});
        subnets.push(create(&cloud, &format!("shop/{zone}"), "AWS::EC2::Subnet", subnet).await.id);
    }
    let cluster = json!({"Name": "main", "RoleArn": role, "ResourcesVpcConfig": {"SubnetIds": subnets}});
    create(&cloud, "shop/eks", "AWS::EKS::Cluster", cluster).await;
    let balancer = json!({"Name": "web", "Subnets": subnets});
    let balancer = create(&cloud, "shop/alb", "AWS::ElasticLoadBalancingV2::LoadBalancer", balancer).await.id;
    let answer = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
    let listener = json!({"LoadBalancerArn": balancer, "Port": 80, "DefaultActions": answer});
    let listener = create(&cloud, "shop/listener", "AWS::ElasticLoadBalancingV2::Listener", listener).await.id;
    let rule = json!({"ListenerArn": listener, "Priority": 1, "Conditions": [], "Actions": answer});
    let rule = create(&cloud, "shop/rule", "AWS::ElasticLoadBalancingV2::ListenerRule", rule).await.id;
    let name = |arn: &str| arn.split(":loadbalancer/").last().unwrap().to_owned();
    let [start, of_balancer] = ["arn:aws:elasticloadbalancing:eu-central-1:123456789012", &name(&balancer)];
    assert!(listener.starts_with(&format!("{start}:listener/{of_balancer}/")), "{listener}");
    assert!(rule.starts_with(&format!("{start}:listener-rule/{of_balancer}/")), "{rule}");

    let acl = |scope: &str| {
        json!({
            "Name": "edge", "Scope": scope, "DefaultAction": {"Allow": {}},
            "VisibilityConfig": {"CloudWatchMetricsEnabled": true, "MetricName": "m", "SampledRequestsEnabled": true},
        })
    };
    let broker = json!({
        "BrokerName": "jobs", "EngineType": "RABBITMQ", "HostInstanceType": "mq.m7g.medium",
        "DeploymentMode": "SINGLE_INSTANCE", "PubliclyAccessible": false,
    });
    let cases = [
        ("AWS::WAFv2::WebACL", acl("REGIONAL"), "Arn", "wafv2:eu-central-1:123456789012:regional/webacl/edge/"),
        (
            "AWS::IAM::OIDCProvider",
            json!({"Url": "https://token.actions.githubusercontent.com"}),
            "Arn",
            "iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        ),
        (
            "AWS::EKS::Addon",
            json!({"ClusterName": "main", "AddonName": "vpc-cni"}),
            "Arn",
            "eks:eu-central-1:123456789012:addon/main/vpc-cni/",
        ),
        (
            "AWS::EKS::AccessEntry",
            json!({"ClusterName": "main", "PrincipalArn": role}),
            "AccessEntryArn",
            "eks:eu-central-1:123456789012:access-entry/main/role/123456789012/ops/",
        ),
        ("AWS::AmazonMQ::Broker", broker, "Arn", "mq:eu-central-1:123456789012:broker:jobs:b-"),
        (
            "AWS::SNS::Subscription",
            json!({"TopicArn": topic, "Protocol": "email"}),
            "Arn",
            "sns:eu-central-1:123456789012:orders:",
        ),
    ];
    let bus = create(&cloud, "shop/bus", "AWS::Events::EventBus", json!({"Name": "jobs"})).await.outputs["Arn"].clone();
    for (bus, name) in [(json!("default"), "of-bus"), (json!("jobs"), "jobs/of-bus"), (bus, "jobs/by-arn")] {
        let own = name.rsplit('/').next().unwrap();
        let rule = json!({"Name": own, "EventBusName": bus, "EventPattern": {"source": ["shop"]}});
        let arn = create(&cloud, &format!("shop/{name}"), "AWS::Events::Rule", rule).await.id;
        assert_eq!(arn, format!("arn:aws:events:eu-central-1:123456789012:rule/{name}"));
    }
    for (type_name, properties, attribute, expected) in cases {
        let path = format!("shop/{}", type_name.replace("::", "-"));
        let made = create(&cloud, &path, type_name, properties).await;
        let arn = made.outputs[attribute].as_str().unwrap();
        assert!(arn.starts_with(&format!("arn:aws:{expected}")), "{type_name}: {arn}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_token_gives_the_same_resource_and_refuses_another_request() {
    let cloud = Simulator::in_memory(1);
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let table = json!({"VpcId": vpc});
    let first = try_create(&cloud, "shop/rtb", "AWS::EC2::RouteTable", table.clone()).await.unwrap();
    let again = try_create(&cloud, "shop/rtb", "AWS::EC2::RouteTable", table).await.unwrap();
    assert_eq!(first, again);
    let other = json!({"VpcId": vpc, "Tags": [{"Key": "a", "Value": "b"}]});
    let other = try_create(&cloud, "shop/rtb", "AWS::EC2::RouteTable", other).await;
    assert!(refusal(other).starts_with("IdempotentParameterMismatch"));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_only_tags_identify_makes_another_one_and_both_are_found() {
    let cloud = Simulator::in_memory(1);
    let vpc = json!({"CidrBlock": "10.0.0.0/16"});
    let first = create(&cloud, "shop/vpc", "AWS::EC2::VPC", vpc.clone()).await.id;
    let found = cloud.find(&request("shop/vpc", "AWS::EC2::VPC", vpc.clone())).await.unwrap();
    assert_eq!(found.as_slice(), std::slice::from_ref(&first));
    let second = create(&cloud, "shop/vpc", "AWS::EC2::VPC", vpc.clone()).await.id;
    assert_ne!(first, second);
    assert_eq!(cloud.find(&request("shop/vpc", "AWS::EC2::VPC", vpc)).await.unwrap().len(), 2);
    assert_eq!(cloud.count(Operation::Create), 2);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_refused_and_found_only_by_who_took_it() {
    let cloud = Simulator::in_memory(1);
    let role = json!({"RoleName": "task", "AssumeRolePolicyDocument": {}});
    create(&cloud, "shop/role", "AWS::IAM::Role", role.clone()).await;
    let second = try_create(&cloud, "shop/other", "AWS::IAM::Role", role.clone()).await.unwrap_err();
    assert_eq!((second.class, second.code.as_deref()), (ErrorClass::AlreadyExists, Some("EntityAlreadyExists")));
    let [first, other] = ["shop/role", "shop/other"].map(|path| request(path, "AWS::IAM::Role", role.clone()));
    assert_eq!(cloud.find(&first).await.unwrap(), ["task"]);
    assert!(cloud.find(&other).await.unwrap().is_empty());
    let topic = json!({"TopicName": "orders"});
    create(&cloud, "shop/topic", "AWS::SNS::Topic", topic.clone()).await;
    let second = try_create(&cloud, "shop/other", "AWS::SNS::Topic", topic).await.unwrap_err();
    assert_eq!(second.class, ErrorClass::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_can_be_changed_in_place() {
    let cloud = Simulator::in_memory(1);
    let database =
        |class: &str, db: &str| json!({"DBInstanceIdentifier": "db", "DBInstanceClass": class, "DBName": db});
    create(&cloud, "shop/db", "AWS::RDS::DBInstance", database("db.m7g.large", "shop")).await;
    update(&cloud, "AWS::RDS::DBInstance", "db", database("db.m7g.xlarge", "shop")).await.unwrap();
    let status = cloud.status(&existing("shop/db", "AWS::RDS::DBInstance", "db")).await.unwrap();
    assert_eq!(status, Status::Pending("modifying".to_owned()));
    let live = read(&cloud, "AWS::RDS::DBInstance", "db").await.unwrap();
    assert_eq!(live.properties["DBInstanceClass"], "db.m7g.xlarge");
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    let replaced = update(&cloud, "AWS::RDS::DBInstance", "db", database("db.m7g.xlarge", "other")).await;
    assert_eq!(
        refusal(replaced),
        "InvalidParameterCombination: DBName of AWS::RDS::DBInstance cannot be changed: the resource has to be replaced"
    );
    let gone = update(&cloud, "AWS::RDS::DBInstance", "nothing", database("a", "b")).await.unwrap_err();
    assert_eq!(gone.class, ErrorClass::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_database_is_accepted_with_its_arn_and_ready_with_its_endpoint_eight_minutes_later() {
    let cloud = Simulator::in_memory(1);
    let database = json!({"DBInstanceIdentifier": "db", "Engine": "postgres", "DeletionProtection": true});
    let accepted = try_create(&cloud, "shop/db", "AWS::RDS::DBInstance", database).await.unwrap();
    assert_eq!(accepted.outputs["DBInstanceArn"], "arn:aws:rds:eu-central-1:123456789012:db:db");
    assert!(!accepted.outputs.contains_key("Endpoint.Address"));
    let before = tokio::time::Instant::now();
    let outputs = super::common::ready(&cloud, "shop/db", "AWS::RDS::DBInstance", "db").await;
    assert_eq!(before.elapsed().as_secs(), 480);
    assert_eq!(outputs["Endpoint.Port"], "5432");
    assert_eq!(outputs["Endpoint"]["Address"], outputs["Endpoint.Address"]);
    assert!(outputs["Endpoint.Address"].as_str().unwrap().ends_with(".eu-central-1.rds.amazonaws.com"));
    assert!(refusal(try_delete(&cloud, "AWS::RDS::DBInstance", "db").await).contains("protected"));
}

#[tokio::test(start_paused = true)]
async fn a_secret_has_the_value_that_was_given_and_shows_it_to_nobody_else() {
    let cloud = Simulator::in_memory(1);
    let secret = json!({"Name": "db", "SecretString": "{\"password\":\"hunter2\"}"});
    let secret = create(&cloud, "shop/secret", "AWS::SecretsManager::Secret", secret).await.id;
    let environment = Environment::new(REGION);
    let entry = |name: &str, key: Option<&str>| SecretsManagerEntry {
        secret: Box::new(Value::String(name.to_owned())),
        key: key.map(str::to_owned),
    };
    let value = cloud.secret(&entry(&secret, Some("password")), &environment).await.unwrap();
    assert_eq!(*value, "hunter2");
    assert_eq!(*cloud.secret(&entry("db", None), &environment).await.unwrap(), "{\"password\":\"hunter2\"}");
    assert!(cloud.secret(&entry("db", Some("user")), &environment).await.is_err());
    assert!(!format!("{:?}", cloud.inventory().unwrap()).contains("hunter2"));
    assert!(
        !read(&cloud, "AWS::SecretsManager::Secret", &secret).await.unwrap().properties.contains_key("SecretString")
    );
}

#[tokio::test(start_paused = true)]
async fn another_account_is_refused() {
    let cloud = Simulator::in_memory(1).with_account("210987654321");
    assert_eq!(cloud.identity().await.unwrap().account, "210987654321");
    let mut pinned = request("shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    pinned.address.environment = Environment::new(REGION).account("123456789012");
    assert_eq!(cloud.create(&pinned).await.unwrap_err().class, ErrorClass::Denied);
}

#[tokio::test(start_paused = true)]
async fn drift_is_read_back() {
    let cloud = Simulator::in_memory(1);
    let queue = create(&cloud, "shop/queue", "AWS::SQS::Queue", json!({"VisibilityTimeout": 30})).await.id;
    cloud
        .tamper("AWS::SQS::Queue", &queue, |properties| {
            properties.insert("VisibilityTimeout".to_owned(), json!(60));
        })
        .unwrap();
    let live = read(&cloud, "AWS::SQS::Queue", &queue).await.unwrap();
    assert_eq!(live.properties["VisibilityTimeout"], 60);
    cloud.vandalize("AWS::SQS::Queue", &queue).unwrap();
    assert!(read(&cloud, "AWS::SQS::Queue", &queue).await.is_none());
    assert_eq!(cloud.vandalize("AWS::SQS::Queue", &queue).unwrap_err().class, ErrorClass::NotFound);
}

#[tokio::test(start_paused = true)]
async fn what_an_update_says_nothing_about_stays() {
    let cloud = Simulator::in_memory(1);
    let database = |class: &str| json!({"DBInstanceIdentifier": "db", "DBInstanceClass": class});
    let mut made = database("db.m7g.large");
    made["MasterUserPassword"] = json!("hunter2");
    create(&cloud, "shop/db", "AWS::RDS::DBInstance", made).await;
    update(&cloud, "AWS::RDS::DBInstance", "db", database("db.m7g.xlarge")).await.unwrap();
    let item = cloud.inventory().unwrap().remove(0);
    assert_eq!(item.properties["DBInstanceClass"], "db.m7g.xlarge");
    assert!(item.properties.contains_key("MasterUserPassword"));
}

#[tokio::test(start_paused = true)]
async fn the_origin_of_a_cache_behavior_is_one_of_the_same_distribution() {
    let cloud = Simulator::in_memory(1);
    let origin = json!({"Id": "web", "DomainName": "web.example.com"});
    let behavior = json!({"TargetOriginId": "web", "ViewerProtocolPolicy": "https-only"});
    let config = json!({"Enabled": true, "Origins": [origin], "DefaultCacheBehavior": behavior});
    create(&cloud, "shop/cdn", "AWS::CloudFront::Distribution", json!({"DistributionConfig": config})).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_assumed_to_exist_may_be_referred_to() {
    let cloud = Simulator::in_memory(1);
    let table = || try_create(&cloud, "a/table", "AWS::EC2::RouteTable", json!({"VpcId": "vpc-0a1b2c3d"}));
    assert!(refusal(table().await).contains("there is no such AWS::EC2::VPC"));
    cloud.assume("vpc-0a1b2c3d");
    assert!(table().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_update_leaves_the_tags_rules_and_policies_that_others_have_added() {
    let cloud = Simulator::in_memory(1);
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let policy = |name: &str| json!({"PolicyName": name, "PolicyDocument": {}});
    let (mine, theirs) = ("arn:aws:iam::aws:policy/Mine", "arn:aws:iam::aws:policy/Theirs");
    let rule = |block: &str| json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": block});
    let trust = json!({"Version": "2012-10-17", "Statement": []});
    let vpc = |tags: serde_json::Value| json!({"CidrBlock": "10.0.0.0/16", "Tags": tags});
    let role = |arns: serde_json::Value, policies: serde_json::Value| json!({"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": arns, "Policies": policies});
    let group = |rules: serde_json::Value| json!({"GroupDescription": "web", "SecurityGroupIngress": rules});
    let cases = [
        (
            "AWS::EC2::VPC",
            vpc(json!([tag("a", "1"), tag("b", "1")])),
            vpc(json!([tag("a", "1"), tag("b", "1"), tag("by-hand", "1")])),
            vpc(json!([tag("a", "2")])),
            vpc(json!([tag("a", "2"), tag("by-hand", "1")])),
        ),
        (
            "AWS::EC2::VPC",
            vpc(json!([])),
            vpc(json!([tag("a", "1")])),
            vpc(json!([tag("a", "2")])),
            vpc(json!([tag("a", "2")])),
        ),
        (
            "AWS::IAM::Role",
            role(json!([mine]), json!([policy("mine")])),
            role(json!([mine, theirs]), json!([policy("mine"), policy("theirs")])),
            json!({"AssumeRolePolicyDocument": trust}),
            role(json!([theirs]), json!([policy("theirs")])),
        ),
        (
            "AWS::EC2::SecurityGroup",
            group(json!([rule("10.0.0.0/8")])),
            group(json!([rule("10.0.0.0/8"), rule("0.0.0.0/0")])),
            group(json!([rule("10.1.0.0/16")])),
            group(json!([rule("10.1.0.0/16"), rule("0.0.0.0/0")])),
        ),
    ];
    for (at, (type_name, declared, live, changed, expected)) in cases.into_iter().enumerate() {
        let id = create(&cloud, &format!("shop/{at}"), type_name, declared.clone()).await.id;
        cloud.tamper(type_name, &id, |found| found.extend(properties(live))).unwrap();
        let existing = Existing { properties: properties(declared), ..existing("shop/any", type_name, &id) };
        let request = UpdateRequest {
            existing,
            properties: properties(changed),
            token: token(&format!("update {at}")),
            incomplete: false,
        };
        cloud.update(&request).await.unwrap();
        let after = read(&cloud, type_name, &id).await.unwrap().properties;
        for (name, value) in properties(expected) {
            assert_eq!(after[&name], value, "{type_name} {name}");
        }
    }
}
