//! Findings about an invalid program: all at once, with the user's own line.

use groundplan::data::{Bucket, PostgresDatabase};
use groundplan::identity::{Principal, Role, Statement};
use groundplan::network::{Port, SecurityGroup, SubnetLayout, Tier, Visibility, Vpc};
use groundplan::resources::route53::HostedZoneId;
use groundplan::resources::{ec2, elasticloadbalancingv2 as elb, iam, rds, route53, s3, sqs};
use groundplan::{App, Code, Environment, Export, Input, Json, Secret, Stack, Value, cidr, policies, template};

/// Returns the findings of synth about the program that `build` adds to an app, without line numbers.
fn findings(build: impl FnOnce(&Stack)) -> String {
    let app = App::new("shop");
    app.policy(policies::all);
    let stack = app.stack("shop", Environment::new("us-east-1"));
    build(&stack);
    let text = match app.synth() {
        Ok(synthesis) => synthesis.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"),
        Err(diagnostics) => diagnostics.to_string(),
    };
    let lines = text.lines().map(|line| match line.split_once(".rs:") {
        Some((file, rest)) => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            format!("{file}.rs:LINE{rest}")
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_path_that_is_taken_names_both_lines() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("media", Bucket::new());
        stack.add("media", Bucket::new());
    }), @"
    error[GP0101]: the path `shop/media` is taken
      --> tests/tests/diagnostics.rs:LINE (shop/media)
       = got: it was first added at tests/tests/diagnostics.rs:LINE
       = help: give one of the two another name

    1 error
    ");
}

#[test]
fn a_name_with_a_slash_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("media/public", s3::Bucket::new());
    }), @r#"
    error[GP0102]: this cannot be a name: only letters, digits, `-`, `_` and `.` are allowed
      --> tests/tests/diagnostics.rs:LINE (shop/media/public)
       = got: "media/public"

    1 error
    "#);
}

#[test]
fn a_move_leads_from_a_free_path_to_something() {
    insta::assert_snapshot!(findings(|stack| {
        // Two that change their names, a name that is mistyped, and one that is deployed already.
        stack.add("one", s3::Bucket::new());
        stack.add("two", s3::Bucket::new());
        stack.moved("one", "two").moved("two", "one").moved("three", "fuor");
        stack.add("five", s3::Bucket::new()).moved_from("shop/free");
    }), @"
    error[GP0108]: this moves `shop/three` to `shop/fuor`, but the program has no resource there
      --> tests/tests/diagnostics.rs:LINE
       = help: check the new name: the arguments are `moved(from, to)`

    error[GP0108]: this states that it was at `shop/two`, but the program has a resource at that path
      --> tests/tests/diagnostics.rs:LINE (shop/one)
       = help: remove the statement if the move is already deployed; to swap two paths, move the resources in the state, in three steps through a path that is free

    error[GP0108]: this states that it was at `shop/one`, but the program has a resource at that path
      --> tests/tests/diagnostics.rs:LINE (shop/two)
       = help: remove the statement if the move is already deployed; to swap two paths, move the resources in the state, in three steps through a path that is free

    3 errors
    ");
}

#[test]
fn a_resource_of_another_app_cannot_be_referred_to() {
    let other = App::new("account");
    let vpc = other.stack("network", Environment::new("us-east-1")).add("vpc", ec2::Vpc::new());
    insta::assert_snapshot!(findings(|stack| {
        stack.add("subnet", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24"));
    }), @"
    error[GP0201]: this refers to a resource of another app, `account`
      --> tests/tests/diagnostics.rs:LINE (shop/subnet)
       = got: account:network/vpc#VpcId
       = help: publish the value in `account` under an `Export` constant, and pass that constant here

    1 error
    ");
}

#[test]
fn a_dependency_cycle_is_shown_with_its_way() {
    insta::assert_snapshot!(findings(|stack| {
        let first = stack.add("first", s3::Bucket::new());
        let second = stack.add("second", s3::Bucket::new());
        first.after(&second);
        second.after(&first);
    }), @"
    error[GP0204]: resources depend on each other in a cycle
      --> tests/tests/diagnostics.rs:LINE (shop/first)
       = got: shop/first → shop/second → shop/first
       = help: remove one of the references, or move what both need into a separate resource, such as a security group rule

    1 error
    ");
}

#[test]
fn values_that_aws_does_not_take_are_found_before_aws_is_asked() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("api", ec2::VpcEndpoint::new(ec2::VpcId::new("vpc-0a1b")).vpc_endpoint_type("Interfaces"));
        stack.add("public", s3::Bucket::new().versioning_configuration(s3::bucket::VersioningConfiguration::new("On")));
    }), @"
    error[GP0209]: the property `VpcEndpointType` has a value that AWS does not accept
      --> tests/tests/diagnostics.rs:LINE (shop/api)
       = got: Interfaces
       = allowed: Interface, Gateway, GatewayLoadBalancer, ServiceNetwork, Resource, Tunnel

    error[GP0209]: the property `VersioningConfiguration.Status` has a value that AWS does not accept
      --> tests/tests/diagnostics.rs:LINE (shop/public)
       = got: On
       = allowed: Enabled, Suspended

    2 errors
    ");
}

#[test]
fn a_required_property_that_was_taken_away_is_missed() {
    insta::assert_snapshot!(findings(|stack| {
        let mut subnet = ec2::Subnet::new(ec2::VpcId::new("vpc-0a1b"));
        subnet.vpc_id = None;
        stack.add("subnet", subnet);
    }), @"
    error[GP0206]: the required property `VpcId` is not set
      --> tests/tests/diagnostics.rs:LINE (shop/subnet)

    1 error
    ");
}

#[test]
fn networks_that_overlap_or_do_not_fit_say_which() {
    insta::assert_snapshot!(findings(|stack| {
        let overlapping = [cidr!("10.0.0.0/18"), cidr!("10.0.32.0/19"), cidr!("10.0.128.0/18")];
        let layout = SubnetLayout::new([Tier::fixed(Visibility::Private, overlapping)]);
        stack.add("overlap", Vpc::new(cidr!("10.0.0.0/16")).subnets(layout));
        stack.add("small", Vpc::new(cidr!("10.1.0.0/29")));
        let four_large = SubnetLayout::new([Tier::sized(Visibility::Private, 17)]);
        stack.add("full", Vpc::new(cidr!("10.2.0.0/16")).subnets(four_large));
    }), @"
    error[GP0313]: the subnets do not fit into the VPC
      --> tests/tests/diagnostics.rs:LINE (shop/overlap)
       = got: the subnets 10.0.0.0/18 and 10.0.32.0/19 overlap
       = help: choose other blocks or sizes, or a larger block for the VPC

    error[GP0312]: a VPC cannot have a block of this size
      --> tests/tests/diagnostics.rs:LINE (shop/small)
       = got: 10.1.0.0/29
       = allowed: /16 to /28

    error[GP0313]: the subnets do not fit into the VPC
      --> tests/tests/diagnostics.rs:LINE (shop/full)
       = got: 10.2.0.0/16 has no room left for 4 subnets of /17
       = help: choose other blocks or sizes, or a larger block for the VPC

    3 errors
    ");
}

#[test]
fn zones_that_a_region_does_not_have_are_refused() {
    let app = App::new("shop");
    let two_zones = app.stack("west", Environment::new("us-west-1"));
    two_zones.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    let tokyo = app.stack("tokyo", Environment::new("ap-northeast-1"));
    tokyo.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    tokyo.add("foreign", Vpc::new(cidr!("10.0.0.0/16")).zones(["ap-northeast-1a", "us-east-1b"]));
    let text = app.synth().expect_err("two of the three cannot be").to_string();
    let lines: Vec<_> = text.lines().filter(|line| !line.contains("-->")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    error[GP0315]: the default availability zones of the region are not known
       = got: us-west-1: each account has two zones, whose letters differ between accounts
       = help: name them with `.zones([…])`; `aws ec2 describe-availability-zones --region us-west-1` lists them

    error[GP0314]: a VPC cannot use an availability zone of another region
       = got: us-east-1b
       = allowed: zones of ap-northeast-1, as in ap-northeast-1a

    2 errors
    ");
}

#[test]
fn settings_out_of_range_say_what_is_allowed() {
    insta::assert_snapshot!(findings(|stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        stack.add("database", PostgresDatabase::new(&vpc).storage_gib(5));
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        role.grant(Statement::allow(["GetObject"]).on_all());
    }), @"
    error[GP0321]: a database cannot have a volume of this size
      --> tests/tests/diagnostics.rs:LINE (shop/database)
       = got: 5 GiB
       = allowed: 20 to 65,536 GiB

    error[GP0301]: this is not an IAM action
      --> tests/tests/diagnostics.rs:LINE (shop/role)
       = got: GetObject
       = allowed: `service:Action`, as in `s3:GetObject`; `*` and `?` stand for any text and letter

    2 errors
    ");
}

#[test]
fn policies_know_what_hurts_in_production() {
    insta::assert_snapshot!(findings(|stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let bastion = stack.add("bastion", SecurityGroup::new(&vpc, "Bastion"));
        bastion.allow_from(cidr!("0.0.0.0/0"), Port::SSH);
        stack.add("database", rds::DbInstance::new());
        stack.add("public", s3::Bucket::new());
    }), @"
    error[GP0401]: remote access is open to the whole internet
      --> tests/tests/diagnostics.rs:LINE (shop/bastion/from-anywhere-22)
       = got: port 22
       = help: admit known addresses only, or connect through a bastion or Session Manager

    warning[GP0402]: this bucket does not block public access
      --> tests/tests/diagnostics.rs:LINE (shop/public)
       = help: use the `Bucket` construct, or serve the objects through CloudFront

    error[GP0403]: this storage is not encrypted
      --> tests/tests/diagnostics.rs:LINE (shop/database)
       = help: encrypt it from the start: encryption cannot be turned on later without a copy of the data

    2 errors
    ");
}

#[test]
fn an_acknowledged_warning_is_silent_and_an_error_is_not() {
    let found = findings(|stack| {
        stack.acknowledge("GP0402").acknowledge("GP0403");
        stack.add("public", s3::Bucket::new());
        stack.add("database", rds::DbInstance::new());
    });
    assert!(!found.contains("GP0402"), "{found}");
    assert!(found.contains("GP0403"), "{found}");
}

#[test]
fn a_code_that_does_not_exist_cannot_be_acknowledged() {
    insta::assert_snapshot!(findings(|stack| {
        stack.acknowledge("GP0420").acknowledge("ACME-1");
    }), @"
    error[GP0109]: there is no diagnostic with the code `GP0420`
      --> tests/tests/diagnostics.rs:LINE (shop)
       = help: check the code

    1 error
    ");
}

#[test]
fn what_apps_cannot_publish_or_use_of_each_other_says_what_to_do() {
    const ZONE_ID: Export<HostedZoneId> = Export::new("account", "zone-id");
    const OWN: Export<String> = Export::new("shop", "domain");
    insta::assert_snapshot!(findings(|stack| {
        let zone = stack.add("zone", route53::HostedZone::new().name("example.com"));
        stack.export(ZONE_ID, zone.id());
        stack.export(OWN, "example.com");
        stack.add("record", route53::RecordSet::new(route53::RecordSetArgs { name: OWN, type_: "A" }));
        stack.export("alias", template!("www.{}", OWN));
        let password = Json(Value::Secret(Secret::from_env("PASSWORD").source().clone()));
        stack.export("password", Input::Known(password));
        let key = stack.add("key", iam::AccessKey::new("robot"));
        let told = Json(Value::Secret(key.secret_access_key().source().clone()));
        stack.export("key", Input::Known(told));
    }), @"
    error[GP0105]: the output `zone-id` belongs to the app `account`, not to `shop`
      --> tests/tests/diagnostics.rs:LINE (shop)
       = help: publish it in `account`, or under an `Export` of `shop`

    error[GP0211]: this is an output of the same app
      --> tests/tests/diagnostics.rs:LINE (shop/record)
       = got: shop:domain
       = help: pass the handle or the output of the resource itself

    error[GP0211]: this is an output of the same app
      --> tests/tests/diagnostics.rs:LINE
       = got: shop:domain
       = help: pass the handle or the output of the resource itself

    error[GP0212]: the output `key` is a secret, and outputs are kept in plain text
      --> tests/tests/diagnostics.rs:LINE
       = help: publish the ARN of the Secrets Manager secret that holds it; `Secret::from_secrets_manager` takes that

    error[GP0212]: the output `password` is a secret, and outputs are kept in plain text
      --> tests/tests/diagnostics.rs:LINE
       = help: publish the ARN of the Secrets Manager secret that holds it; `Secret::from_secrets_manager` takes that

    5 errors
    ");
}

fn empty_document() -> Json {
    Json(Value::Map([("Statement".to_owned(), Value::List(Vec::new()))].into()))
}

#[test]
fn two_resources_that_are_one_thing_name_both_lines() {
    insta::assert_snapshot!(findings(|stack| {
        let role = stack.add("role", iam::Role::new(empty_document()).role_name("worker"));
        stack.add("read", iam::RolePolicy::new(iam::RolePolicyArgs { policy_name: "read", role_name: role.role_name() }));
        stack.add("read-too", iam::RolePolicy::new(iam::RolePolicyArgs { policy_name: "read", role_name: "Worker" }));
    }), @"
    error[GP0214]: two resources claim the same inline policy of a role: worker, read
      --> tests/tests/diagnostics.rs:LINE (shop/read-too)
       = got: also claimed by shop/read, added at tests/tests/diagnostics.rs:LINE
       = help: remove one of the two resources, or change what they both claim

    1 error
    ");
}

#[test]
fn subnets_that_overlap_name_their_blocks() {
    insta::assert_snapshot!(findings(|stack| {
        let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        stack.add("a", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/20"));
        stack.add("b", ec2::Subnet::new(&vpc).cidr_block("10.0.16.0/20"));
        stack.add("c", ec2::Subnet::new(&vpc).cidr_block("10.0.15.0/24"));
        stack.add("d", ec2::Subnet::new(&vpc).cidr_block("10.0.14.0/24"));
    }), @"
    error[GP0214]: the address blocks 10.0.14.0/24 and 10.0.0.0/20 overlap: IPv4 block of a subnet in shop/vpc#VpcId
      --> tests/tests/diagnostics.rs:LINE (shop/d)
       = got: 10.0.14.0/24, and 10.0.0.0/20 in shop/a, added at tests/tests/diagnostics.rs:LINE
       = help: give one of the two a block outside of the other one

    error[GP0214]: the address blocks 10.0.15.0/24 and 10.0.0.0/20 overlap: IPv4 block of a subnet in shop/vpc#VpcId
      --> tests/tests/diagnostics.rs:LINE (shop/c)
       = got: 10.0.15.0/24, and 10.0.0.0/20 in shop/a, added at tests/tests/diagnostics.rs:LINE
       = help: give one of the two a block outside of the other one

    2 errors
    ");
}

#[test]
fn a_target_group_of_two_load_balancers_names_both() {
    insta::assert_snapshot!(findings(|stack| {
        let balancers = ["one", "two"].map(|name| stack.add(name, elb::LoadBalancer::new().type_("network")));
        let targets = stack.add("targets", elb::TargetGroup::new());
        let forward = || elb::listener::Action::new("forward").target_group_arn(&targets);
        let listeners = balancers.each_ref().map(|balancer| elb::Listener::new(elb::ListenerArgs { default_actions: [forward()], load_balancer_arn: balancer }).port(443));
        for (name, listener) in ["first", "second"].into_iter().zip(listeners) {
            stack.add(name, listener);
        }
    }), @"
    error[GP0214]: load balancer of a target group shop/targets#TargetGroupArn: shop/two#LoadBalancerArn and shop/one#LoadBalancerArn exclude each other
      --> tests/tests/diagnostics.rs:LINE (shop/second)
       = got: shop/two#LoadBalancerArn, and shop/one#LoadBalancerArn in shop/first, added at tests/tests/diagnostics.rs:LINE
       = help: change one of the two resources

    1 error
    ");
}

#[test]
fn a_value_that_is_not_known_hides_no_conflict_of_two_others() {
    let found = findings(|stack| {
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/{name}/1");
        stack.add("open", elb::LoadBalancer::new().type_("network"));
        let between = serde_json::json!({"$template": [arn("b"), {"$ref": "shop/open#LoadBalancerName"}]});
        let between = Value::from_json(between).expect("it is a template");
        let targets = stack.add("targets", elb::TargetGroup::new());
        for (name, balancer) in [("first", arn("a").into()), ("second", between), ("third", arn("c").into())] {
            let forward = elb::listener::Action::new("forward").target_group_arn(&targets);
            let balancer = Input::<elb::LoadBalancerArn>::from_value(&balancer).expect("it is text");
            stack.add(
                name,
                elb::Listener::new(elb::ListenerArgs { default_actions: [forward], load_balancer_arn: balancer })
                    .port(443),
            );
        }
    });
    assert!(found.contains("GP0214") && found.contains("(shop/third)") && found.contains("shop/first"), "{found}");
    assert!(found.trim_end().ends_with("1 error"), "{found}");
}

#[test]
fn a_rule_beside_the_rules_that_its_group_states_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        let rule = |port: u16| ec2::security_group::Ingress::new("tcp").from_port(port).to_port(port).cidr_ip(cidr!("10.0.0.0/8"));
        let group = stack.add("web", ec2::SecurityGroup::new("web").security_group_ingress([rule(443)]));
        let database = ec2::SecurityGroupIngress::new("tcp").group_id(&group).from_port(5432).to_port(5432);
        stack.add("database", database.cidr_ip(cidr!("10.1.0.0/16")));
    }), @"
    error[GP0215]: `SecurityGroupIngress` of AWS::EC2::SecurityGroup states all members, but this AWS::EC2::SecurityGroupIngress is a separate member
      --> tests/tests/diagnostics.rs:LINE (shop/database)
       = got: `SecurityGroupIngress` of shop/web, added at tests/tests/diagnostics.rs:LINE
       = help: state all members in `SecurityGroupIngress`, or each one as a separate AWS::EC2::SecurityGroupIngress; otherwise, a deploy would remove this one

    1 error
    ");
}

#[test]
fn an_inline_policy_of_a_role_is_the_one_of_its_own_with_that_name() {
    let found = findings(|stack| {
        let policies = ["read", "write"].map(|name| {
            iam::role::Policy::new(iam::role::PolicyArgs { policy_document: empty_document(), policy_name: name })
        });
        let role = stack.add("role", iam::Role::new(empty_document()).policies(policies));
        stack.add(
            "read",
            iam::RolePolicy::new(iam::RolePolicyArgs { policy_name: "read", role_name: role.role_name() }),
        );
        stack.add(
            "list",
            iam::RolePolicy::new(iam::RolePolicyArgs { policy_name: "list", role_name: role.role_name() }),
        );
    });
    assert!(
        found.contains("error[GP0214]: two resources claim the same inline policy of a role: shop/role#RoleName, read"),
        "{found}"
    );
    assert!(found.ends_with("1 error"), "the other names differ: {found}");
}

#[test]
fn a_second_block_of_a_vpc_lies_outside_of_its_own() {
    let with = |block: &str| {
        findings(|stack| {
            let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
            stack.add("more", ec2::VpcCidrBlock::new(&vpc).cidr_block(block));
        })
    };
    let found = with("10.0.128.0/20");
    assert!(found.contains("10.0.128.0/20 and 10.0.0.0/16 overlap: IPv4 block of a VPC in shop/vpc#VpcId"), "{found}");
    assert_eq!(with("10.1.0.0/16"), "");
}

#[test]
fn an_address_that_names_its_instance_has_no_second_association() {
    let found = findings(|stack| {
        let instances = ["one", "two"].map(|name| stack.add(name, ec2::Instance::new()));
        stack.add("address", ec2::Eip::new().instance_id(&instances[0]));
        let address = reference("shop/address#AllocationId");
        stack.add("association", ec2::EipAssociation::new().allocation_id(address).instance_id(&instances[1]));
    });
    assert!(found.contains("two resources claim the same Elastic IP address: shop/address#AllocationId"), "{found}");
    let found = findings(|stack| {
        let instance = stack.add("instance", ec2::Instance::new());
        for name in ["one", "two"] {
            stack.add(name, ec2::Eip::new().instance_id(&instance));
        }
    });
    assert!(found.contains("Elastic IP address of an interface: shop/instance#InstanceId"), "{found}");
}

#[test]
fn a_record_is_one_thing_whether_it_names_its_zone_or_refers_to_it() {
    let with = |name: &str| {
        findings(|stack| {
            let zone = stack.add("zone", route53::HostedZone::new().name("example.com"));
            let record = || {
                route53::RecordSet::new(route53::RecordSetArgs { name: "www.example.com", type_: "A" })
                    .ttl("60")
                    .resource_records(["192.0.2.1"])
            };
            stack.add("by-id", record().hosted_zone_id(&zone));
            stack.add("by-name", record().hosted_zone_name(name));
        })
    };
    let found = with("Example.com.");
    assert!(found.contains("two resources claim the same record: shop/zone#Id, www.example.com., A"), "{found}");
    assert_eq!(with("example.org."), "");
}

fn reference(to: &str) -> Input<String> {
    let value = Value::from_json(serde_json::json!({ "$ref": to })).expect("it is a reference");
    Input::from_value(&value).expect("a text may be to come")
}

#[test]
fn a_group_that_lets_nothing_out_has_rules_of_their_own() {
    let found = findings(|stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let group = stack.add("web", SecurityGroup::new(&vpc, "web").no_outbound());
        group.allow_to(cidr!("10.1.0.0/16"), Port::HTTPS);
    });
    assert_eq!(found, "");
}

#[test]
fn what_may_be_in_another_account_or_region_is_no_conflict() {
    let queue = || sqs::Queue::new().queue_name("jobs");
    let app = App::new("shop");
    for (name, environment) in [
        ("a", Environment::new("us-east-1")),
        ("b", Environment::new("eu-west-1")),
        ("c", Environment::new("us-east-1").account("123456789012")),
    ] {
        app.stack(name, environment).add("jobs", queue());
    }
    assert!(app.synth().is_ok());
    app.stack("d", Environment::new("us-east-1")).add("jobs", queue());
    assert!(app.synth().is_err_and(|found| found.0.iter().all(|found| found.code == Code::Conflict)));
}

#[test]
fn what_an_ignored_path_does_not_name_is_said_at_the_call() {
    insta::assert_snapshot!(findings(|stack| {
        let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        vpc.ignore_changes("Tags.kubernetes.io/*").ignore_changes("tags");
        vpc.ignore_changes("CidrBlock.Start");
        vpc.ignore_changes("Color");
    }), @"
    error[GP0219]: `ignore_changes` names `tags`, and AWS::EC2::VPC has no such property
      --> tests/tests/diagnostics.rs:LINE (shop/vpc)
       = got: tags
       = help: did you mean `Tags`?

    error[GP0219]: `ignore_changes` names `CidrBlock.Start`, and AWS::EC2::VPC has no such property
      --> tests/tests/diagnostics.rs:LINE (shop/vpc)
       = got: CidrBlock.Start
       = help: leave out what is not part of the property

    error[GP0219]: `ignore_changes` names `Color`, and AWS::EC2::VPC has no such property
      --> tests/tests/diagnostics.rs:LINE (shop/vpc)
       = got: Color
       = allowed: CidrBlock, EnableDnsHostnames, EnableDnsSupport, InstanceTenancy, Ipv4IpamPoolId, Ipv4NetmaskLength, Tags, VpcEncryptionControl

    3 errors
    ");
}
