//! The generated types in use.

use groundplan_core::{App, Data, Deferred, Environment, Identifies, Input, Output, Resource, Stack, Value, template};
use groundplan_resources::{
    applicationautoscaling, cloudfront, ec2, eks, elasticache, elasticloadbalancingv2, iam, kms, lambda, rds, s3, sns,
    sqs, wafv2,
};

fn stack(app: &App) -> Stack {
    app.stack("network", Environment::new("eu-central-1"))
}

fn map(value: &Value) -> &std::collections::BTreeMap<String, Value> {
    value.as_map().unwrap_or_else(|| panic!("no map: {value:?}"))
}

#[test]
fn a_subnet_is_written_under_cloudformations_names_and_read_back() {
    let app = App::new("test");
    let stack = stack(&app);
    let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
    let subnet = || {
        let names = ec2::subnet::PrivateDnsNameOptionsOnLaunch::new().hostname_type("resource-name");
        ec2::Subnet::new(&vpc)
            .cidr_block("10.0.0.0/24")
            .map_public_ip_on_launch(false)
            .ipv4_netmask_length(24)
            .private_dns_name_options_on_launch(names)
            .tags([("tier", "private")])
    };
    let value = subnet().into_value();
    let written = map(&value);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        ["CidrBlock", "Ipv4NetmaskLength", "MapPublicIpOnLaunch", "PrivateDnsNameOptionsOnLaunch", "Tags", "VpcId"]
    );
    assert_eq!(written["VpcId"], Value::from(vpc.vpc_id().reference().clone()));
    assert_eq!(written["CidrBlock"], Value::String("10.0.0.0/24".into()));
    assert_eq!(map(&written["PrivateDnsNameOptionsOnLaunch"])["HostnameType"], Value::String("resource-name".into()));
    let tags = written["Tags"].as_list().map(|tags| map(&tags[0])["Key"].clone());
    assert_eq!(tags, Some(Value::String("tier".into())));

    let read = ec2::Subnet::from_value(&value).unwrap_or_else(|| panic!("a subnet is read back"));
    assert_eq!(read.cidr_block, Some(Input::Known("10.0.0.0/24".to_owned())));
    assert_eq!(read.vpc_id, Some(Input::from(vpc.vpc_id())));
    assert_eq!(read.into_value(), value);
}

#[test]
fn a_handle_stands_for_the_ids_of_its_resource() {
    fn attribute<R: Resource + Identifies<T>, T>() -> &'static str {
        <R as Identifies<T>>::ATTRIBUTE
    }
    assert_eq!(attribute::<ec2::Vpc, ec2::VpcId>(), "VpcId");
    assert_eq!(attribute::<ec2::SecurityGroup, ec2::SecurityGroupId>(), "GroupId");
    assert_eq!(attribute::<iam::Role, iam::RoleArn>(), "Arn");
    assert_eq!(attribute::<s3::Bucket, s3::BucketName>(), "BucketName");
    assert_eq!(attribute::<s3::Bucket, s3::BucketArn>(), "Arn");
    assert_eq!(attribute::<kms::Key, kms::KeyArnOrKeyId>(), "Arn");
    assert_eq!(attribute::<kms::Alias, kms::AliasNameOrKeyArnOrKeyId>(), "AliasName");
}

#[test]
fn a_property_that_takes_several_ids_takes_each_of_them() {
    let app = App::new("test");
    let stack = stack(&app);
    let key = stack.add("key", kms::Key::new());
    let arn: Output<kms::KeyArn> = key.arn();
    for database in [
        rds::DbInstance::new().kms_key_id(&key),
        rds::DbInstance::new().kms_key_id(&arn),
        rds::DbInstance::new().kms_key_id(key.key_id()),
        rds::DbInstance::new().kms_key_id(kms::KeyId::new("1234")),
    ] {
        assert!(database.kms_key_id.is_some());
    }
}

#[test]
fn an_attribute_that_belongs_to_another_resource_has_that_ones_id() {
    let app = App::new("test");
    let stack = stack(&app);
    let vpc = stack.add("vpc", ec2::Vpc::new());
    let subnet = stack.add("subnet", ec2::Subnet::new(&vpc));
    let _: Output<ec2::VpcId> = subnet.vpc_id();
    let _: Output<ec2::SecurityGroupId> = vpc.default_security_group();
    let group = ec2::SecurityGroup::new("all").vpc_id(subnet.vpc_id());
    assert_eq!(group.vpc_id, Some(Input::from(subnet.vpc_id())));
}

#[test]
fn lists_of_ids_take_handles() {
    let app = App::new("test");
    let stack = stack(&app);
    let vpc = stack.add("vpc", ec2::Vpc::new());
    let (a, b) = (stack.add("a", ec2::Subnet::new(&vpc)), stack.add("b", ec2::Subnet::new(&vpc)));
    let balancer = elasticloadbalancingv2::LoadBalancer::new().subnets([&a, &b]);
    let value = balancer.into_value();
    assert_eq!(map(&value)["Subnets"].as_list().map(<[_]>::len), Some(2));
}

#[test]
fn several_required_values_are_given_by_name_each_as_whatever_provides_it() {
    use elasticloadbalancingv2::{Listener, ListenerArgs, LoadBalancer, listener::Action};

    let app = App::new("test");
    let stack = stack(&app);
    let balancer = stack.add("balancer", LoadBalancer::new());
    let forward = || [Action::new("forward")];
    let of_handle = Listener::new(ListenerArgs { default_actions: forward(), load_balancer_arn: &balancer });
    let of_output = ListenerArgs { load_balancer_arn: balancer.load_balancer_arn(), default_actions: forward() };
    let value = of_handle.into_value();
    assert_eq!(value, Listener::new(of_output).into_value());
    assert_eq!(map(&value)["LoadBalancerArn"], Value::from(balancer.load_balancer_arn().reference().clone()));
    assert_eq!(map(&value)["DefaultActions"].as_list().map(<[_]>::len), Some(1));
}

#[test]
fn a_handle_fits_where_the_name_of_a_property_says_so() {
    let app = App::new("test");
    let stack = stack(&app);
    let refers = |value: Value, property: &str, attribute: &str| {
        let Value::Deferred(Deferred::Ref(reference)) = map(&value)[property].clone() else {
            panic!("{property} is no reference")
        };
        assert_eq!(reference.attribute, attribute, "{property}");
    };
    let key = stack.add("key", ec2::KeyPair::new("bastion"));
    refers(ec2::Instance::new().key_name(&key).into_value(), "KeyName", "KeyName");

    let subnets = elasticache::SubnetGroupArgs { description: "Private", subnet_ids: ["subnet-1"] };
    let subnets = stack.add("subnets", elasticache::SubnetGroup::new(subnets));
    let cache = elasticache::ReplicationGroup::new("Cache").cache_subnet_group_name(&subnets);
    refers(cache.into_value(), "CacheSubnetGroupName", "CacheSubnetGroupName");

    let vpc = eks::cluster::ResourcesVpcConfig::new(["subnet-1", "subnet-2"]);
    let role = "arn:aws:iam::111122223333:role/eks";
    let cluster = eks::Cluster::new(eks::ClusterArgs { resources_vpc_config: vpc, role_arn: role });
    let cluster = stack.add("cluster", cluster);
    let addon = eks::Addon::new(eks::AddonArgs { addon_name: "coredns", cluster_name: &cluster });
    refers(addon.into_value(), "ClusterName", "Name");
    let rule = ec2::SecurityGroupIngress::new("tcp").source_security_group_id(cluster.cluster_security_group_id());
    refers(rule.into_value(), "SourceSecurityGroupId", "ClusterSecurityGroupId");

    let policy = applicationautoscaling::ScalingPolicyArgs { policy_name: "cpu", policy_type: "TargetTrackingScaling" };
    let target = applicationautoscaling::ScalableTargetArgs {
        max_capacity: 4,
        min_capacity: 2,
        resource_id: "service/shop/api",
        scalable_dimension: "ecs:service:DesiredCount",
        service_namespace: "ecs",
    };
    let target = stack.add("target", applicationautoscaling::ScalableTarget::new(target));
    let of_handle = applicationautoscaling::ScalingPolicy::new(policy).scaling_target_id(&target).into_value();
    assert_eq!(map(&of_handle)["ScalingTargetId"], Value::from(target.id().reference().clone()));
    refers(of_handle, "ScalingTargetId", "Id");
}

#[test]
fn a_property_that_takes_the_arn_of_anything_takes_whatever_has_one() {
    let app = App::new("test");
    let stack = stack(&app);
    let topic = stack.add("topic", sns::Topic::new());
    let queue = stack.add("queue", sqs::Queue::new());
    let permission = || {
        lambda::Permission::new(lambda::PermissionArgs {
            action: "lambda:InvokeFunction",
            function_name: "notify",
            principal: "sns.amazonaws.com",
        })
    };
    let text: Output<String> = Output::new(topic.topic_arn().reference().clone());
    for (given, attribute) in [
        (permission().source_arn(&topic), "TopicArn"),
        (permission().source_arn(topic.topic_arn()), "TopicArn"),
        (permission().source_arn(text), "TopicArn"),
        (permission().source_arn(&queue), "Arn"),
    ] {
        assert_eq!(given.source_arn.as_ref().and_then(|arn| arn.reference()).map(|it| &*it.attribute), Some(attribute));
    }
}

#[test]
fn an_id_that_is_known_is_given_as_text_and_one_that_is_composed_as_a_template() {
    let known = ec2::Subnet::new("vpc-0a1b2c3d").into_value();
    assert_eq!(known, ec2::Subnet::new(ec2::VpcId::new("vpc-0a1b2c3d")).into_value());
    let app = App::new("test");
    let role = template!("arn:aws:iam::{}:role/eks", stack(&app).account_id());
    let function = lambda::FunctionArgs { code: lambda::function::Code::new(), role };
    assert!(matches!(lambda::Function::new(function).role, Some(Input::Deferred(Deferred::Template(_)))));
}

#[test]
fn setters_take_options_and_leave_unset_what_is_none() {
    let subnet = |block: Option<&str>, public: Option<bool>, tags: Option<[(&'static str, &'static str); 1]>| {
        ec2::Subnet::new("vpc-1").cidr_block(block).map_public_ip_on_launch(public).tags(tags).into_value()
    };
    assert_eq!(map(&subnet(None, None, None)).keys().collect::<Vec<_>>(), ["VpcId"]);
    let set = subnet(Some("10.0.0.0/24"), Some(true), Some([("tier", "web")]));
    assert_eq!(set, subnet_with("10.0.0.0/24"));
    let app = App::new("test");
    let key = stack(&app).add("key", ec2::KeyPair::new("bastion"));
    let instance =
        |key: Option<&groundplan_core::Handle<ec2::KeyPair>>| ec2::Instance::new().key_name(key).into_value();
    assert_ne!(instance(Some(&key)), instance(None));
    assert_eq!(instance(None), ec2::Instance::new().into_value());
}

fn subnet_with(block: &str) -> Value {
    let subnet = ec2::Subnet::new("vpc-1").cidr_block(block).map_public_ip_on_launch(true);
    subnet.tags([("tier", "web")]).into_value()
}

#[test]
fn lists_and_maps_take_what_iterates() {
    let written = |balancer: elasticloadbalancingv2::LoadBalancer| balancer.into_value();
    let new = elasticloadbalancingv2::LoadBalancer::new;
    let expected = written(new().subnets(["subnet-0", "subnet-1"]));
    let names: Vec<String> = (0..2).map(|number| format!("subnet-{number}")).collect();
    assert_eq!(written(new().subnets(&names)), expected);
    assert_eq!(written(new().subnets(names.iter())), expected);
    assert_eq!(written(new().subnets((0..2).map(|number| format!("subnet-{number}")))), expected);
    assert_eq!(written(new().subnets(Some("subnet-0").into_iter().chain(["subnet-1"]))), expected);
    assert_eq!(written(new().subnets(Some(names))), expected);
    assert_eq!(written(new().subnets(Some("subnet-0"))), written(new().subnets(["subnet-0"])));

    let variables = |it: lambda::function::Environment| it.into_value();
    let new = lambda::function::Environment::new;
    let pairs = std::collections::BTreeMap::from([("A", "1"), ("B", "2")]);
    let expected = variables(new().variables([("A", "1"), ("B", "2")]));
    assert_eq!(variables(new().variables(pairs.clone())), expected);
    assert_eq!(variables(new().variables(pairs.iter().map(|(key, value)| (*key, *value)))), expected);
    assert_eq!(variables(new().variables(None::<Vec<(String, String)>>)), variables(new()));
}

#[test]
fn free_text_stays_text() {
    let function = lambda::EventSourceMapping::new(lambda::FunctionName::new("worker"));
    assert!(function.function_name.is_some());
    let origin = cloudfront::distribution::Origin::new(cloudfront::distribution::OriginArgs {
        domain_name: "example.org",
        id: "site",
    });
    assert_eq!(origin.domain_name, Some(Input::Known("example.org".to_owned())));
}

#[test]
fn a_type_that_can_hold_itself_is_written_and_read_back() {
    use wafv2::web_acl::{GeoMatchStatement, NotStatement, Statement};

    let geo = || Statement::new().geo_match_statement(GeoMatchStatement::new().country_codes(["DE"]));
    let value = Statement::new().not_statement(NotStatement::new(geo())).into_value();
    let inner = &map(&map(&value)["NotStatement"])["Statement"];
    assert_eq!(*inner, geo().into_value());
    assert_eq!(Statement::from_value(&value).map(Data::into_value), Some(value));
}
