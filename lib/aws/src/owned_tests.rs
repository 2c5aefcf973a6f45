use groundplan_core::Environment;
use groundplan_engine::provider::{ErrorClass, Owner, ProviderError};
use groundplan_engine::{Hint, Provider};
use serde_json::json;

use crate::replay::{Answer, Log, aws, existing};
use crate::tags::{APP, PATH, TOKEN};

fn listing(arns: &[&str], next: Option<&str>) -> Answer {
    let entry = |arn: &&str| json!({"ResourceARN": arn, "Tags": [{"Key": APP, "Value": "shop"}]});
    let found: Vec<_> = arns.iter().map(entry).collect();
    Answer::ok(json!({"ResourceTagMappingList": found, "PaginationToken": next.unwrap_or_default()}).to_string())
}

/// Returns the resources that are found if these are listed and their own APIs answer so.
async fn found(
    arns: &'static [&'static str],
    answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> (Result<Vec<String>, ProviderError>, Log) {
    let (aws, log) = aws(move |sent| match sent.contains("GetResources") {
        true => listing(arns, None),
        false => answer(sent),
    });
    (aws.owned("shop", &[Environment::new("eu-central-1")]).await, log)
}

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1-a";
const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf";
const NAT: &str = "arn:aws:ec2:eu-central-1:111122223333:natgateway/nat-1";
const VOLUME: &str = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1";
const INSTANCE: &str = "arn:aws:ec2:eu-central-1:111122223333:instance/i-1";
const FLEET: &str = "arn:aws:ec2:eu-central-1:111122223333:fleet/fleet-1";
const ENDPOINT: &str = "arn:aws:ec2:eu-central-1:111122223333:vpc-endpoint/vpce-1";
const CLUSTER: &str = "arn:aws:ecs:eu-central-1:111122223333:cluster/shop";
const SERVICE: &str = "arn:aws:ecs:eu-central-1:111122223333:service/shop/web";
const TASK_DEFINITION: &str = "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:1";
const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop/1/2";
const RULE: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener-rule/app/shop/1/2/3";
const BALANCER: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/1";
const GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/1";
const ZONE: &str = "arn:aws:route53:::hostedzone/Z1";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:111122223333:orders";

#[tokio::test]
async fn what_an_app_has_in_its_regions_is_found_by_its_tag() {
    let (aws, log) = aws(|sent| {
        assert!(sent.contains("ResourceGroupsTaggingAPI_20170126.GetResources"), "{sent}");
        let region = if sent.contains("us-east-1") { "us-east-1" } else { "eu-central-1" };
        listing(&[&format!("arn:aws:ec2:{region}:111122223333:vpc/vpc-1")], None)
    });
    let one = Environment::new("eu-central-1");
    let environments = [one.clone(), one.account("111122223333"), Environment::new("us-east-1")];
    let found = aws.owned("shop", &environments).await.unwrap();
    let arn = |region: &str| format!("arn:aws:ec2:{region}:111122223333:vpc/vpc-1");
    assert_eq!(found, [arn("eu-central-1"), arn("us-east-1")]);
    assert_eq!(log.count(r#"{"TagFilters":[{"Key":"groundplan:app","Values":["shop"]}]}"#), 2, "{:?}", log.all());
}

#[tokio::test]
async fn pages_of_what_a_destroy_leaves_behind_do_not_hide_what_exists() {
    let (aws, log) = aws(|sent| match sent.contains("more") {
        true => listing(&[QUEUE], None),
        false => listing(
            &[
                "arn:aws:rds:eu-central-1:111122223333:snapshot:db-final-0011",
                "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:docs-final-0011",
                "arn:aws:rds:eu-central-1:111122223333:auto-backup:ab-1",
                "arn:aws:ec2:eu-central-1:111122223333:snapshot/snap-1",
                "arn:aws:ecs:eu-central-1:111122223333:task/shop/0f3a",
                "arn:aws:redshift:eu-central-1:111122223333:snapshot:main/final",
            ],
            Some("more"),
        ),
    });
    assert_eq!(aws.owned("shop", &[Environment::new("eu-central-1")]).await.unwrap(), [QUEUE]);
    assert_eq!(log.all().len(), 2, "{:?}", log.all());
}

fn json_answer(json: serde_json::Value) -> Answer {
    Answer::ok(json.to_string())
}

#[tokio::test]
async fn a_key_or_secret_shows_a_lost_state_unless_its_deletion_is_scheduled() {
    for (state, lives) in
        [("Enabled", true), ("Disabled", true), ("PendingDeletion", false), ("PendingReplicaDeletion", false)]
    {
        let answer = move |_: &str| json_answer(json!({"KeyMetadata": {"KeyId": "1-a", "KeyState": state}}));
        let (found, _) = found(&[KEY], answer).await;
        assert_eq!(found.unwrap().len(), usize::from(lives), "{state}");
    }
    for (secret, lives) in [(json!({"ARN": SECRET}), true), (json!({"ARN": SECRET, "DeletedDate": 1}), false)] {
        let (found, _) = found(&[SECRET], move |_| json_answer(secret.clone())).await;
        assert_eq!(found.unwrap().len(), usize::from(lives));
    }
}

#[tokio::test]
async fn what_is_listed_after_its_end_is_asked_about() {
    let ec2 = |action: &str, set: &str, inside: String| {
        Answer::ok(format!("<{action}Response><{set}><item>{inside}</item></{set}></{action}Response>"))
    };
    for (arn, action, set, state, lives) in [
        (NAT, "DescribeNatGateways", "natGatewaySet", "<state>deleted</state>", false),
        (NAT, "DescribeNatGateways", "natGatewaySet", "<state>available</state>", true),
        (VOLUME, "DescribeVolumes", "volumeSet", "<status>deleting</status>", false),
        (VOLUME, "DescribeVolumes", "volumeSet", "<status>in-use</status>", true),
        (
            INSTANCE,
            "DescribeInstances",
            "reservationSet",
            "<instancesSet><item><instanceState><name>terminated</name></instanceState></item></instancesSet>",
            false,
        ),
        (
            INSTANCE,
            "DescribeInstances",
            "reservationSet",
            "<instancesSet><item><instanceState><name>stopped</name></instanceState></item></instancesSet>",
            true,
        ),
        (FLEET, "DescribeFleets", "fleetSet", "<fleetState>deleted_running</fleetState>", false),
        (FLEET, "DescribeFleets", "fleetSet", "<fleetState>active</fleetState>", true),
        (ENDPOINT, "DescribeVpcEndpoints", "vpcEndpointSet", "<state>deleted</state>", false),
        (ENDPOINT, "DescribeVpcEndpoints", "vpcEndpointSet", "<state>available</state>", true),
    ] {
        let arns: &'static [&'static str] = Box::leak(Box::new([arn]));
        let (found, log) = found(arns, move |_| ec2(action, set, state.to_owned())).await;
        assert_eq!(found.unwrap().len(), usize::from(lives), "{arn} {state}");
        assert_eq!(log.count(&format!("Action={action}&")), 1, "{:?}", log.all());
    }
    for (arn, action, state, lives) in [
        (CLUSTER, "DescribeClusters", json!({"clusters": [{"status": "INACTIVE"}]}), false),
        (CLUSTER, "DescribeClusters", json!({"clusters": [{"status": "ACTIVE"}]}), true),
        (SERVICE, "DescribeServices", json!({"services": [{"status": "DRAINING"}]}), false),
        (SERVICE, "DescribeServices", json!({"services": [{"status": "ACTIVE"}]}), true),
        (TASK_DEFINITION, "DescribeTaskDefinition", json!({"taskDefinition": {"status": "INACTIVE"}}), false),
        (TASK_DEFINITION, "DescribeTaskDefinition", json!({"taskDefinition": {"status": "ACTIVE"}}), true),
    ] {
        let arns: &'static [&'static str] = Box::leak(Box::new([arn]));
        let (found, log) = found(arns, move |_| json_answer(state.clone())).await;
        assert_eq!(found.unwrap().len(), usize::from(lives), "{arn} {lives}");
        assert_eq!(log.count(&format!(".{action} ")), 1, "{:?}", log.all());
    }
    for (arn, action, list) in [
        (LISTENER, "DescribeListeners", "Listeners"),
        (RULE, "DescribeRules", "Rules"),
        (BALANCER, "DescribeLoadBalancers", "LoadBalancers"),
        (GROUP, "DescribeTargetGroups", "TargetGroups"),
    ] {
        let arns: &'static [&'static str] = Box::leak(Box::new([arn]));
        let one =
            format!("<{action}Response><{action}Result><{list}><member/></{list}></{action}Result></{action}Response>");
        let (live, _) = found(arns, move |_| Answer::ok(one.clone())).await;
        assert_eq!(live.unwrap(), [arn]);
        let gone = "<ErrorResponse><Error><Code>RuleNotFound</Code><Message>gone</Message></Error></ErrorResponse>";
        let (none, _) = found(arns, move |_| Answer::Is(400, gone.to_owned())).await;
        assert_eq!(none.unwrap(), Vec::<String>::new(), "{arn}");
    }
    let zone = "<GetHostedZoneResponse><HostedZone><Id>Z1</Id><Name>a.</Name><CallerReference>r</CallerReference>\
        </HostedZone></GetHostedZoneResponse>";
    let (live, _) = found(&[ZONE], move |_| Answer::ok(zone)).await;
    assert_eq!(live.unwrap(), [ZONE]);
    let gone = "<ErrorResponse><Error><Code>NoSuchHostedZone</Code><Message>gone</Message></Error></ErrorResponse>";
    let (none, _) = found(&[ZONE], move |_| Answer::Is(404, gone.to_owned())).await;
    assert_eq!(none.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_nobody_may_look_at_is_an_error_only_where_nothing_else_exists() {
    let denied = |_: &str| Answer::Is(400, json!({"__type": "AccessDeniedException", "message": "no"}).to_string());
    let (error, _) = found(&[KEY], denied).await;
    assert_eq!(error.unwrap_err().class, ErrorClass::Denied);
    let (live, log) = found(&[KEY, QUEUE], denied).await;
    assert_eq!(live.unwrap(), [QUEUE]);
    assert_eq!(log.all().len(), 1, "one is enough: {:?}", log.all());
}

/// Returns the owner of the resource that the replay describes.
async fn owner(
    type_name: &str,
    id: &str,
    answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> Result<Option<Owner>, ProviderError> {
    // An import has no properties yet.
    aws(answer).0.owner(&existing(type_name, id, json!({}))).await
}

#[tokio::test]
async fn the_tags_of_a_resource_say_who_has_made_it() {
    let vpc = |tags: &[(&str, &str)]| {
        let tag = |(key, value): &(&str, &str)| format!("<item><key>{key}</key><value>{value}</value></item>");
        let tags: String = tags.iter().map(tag).collect();
        format!(
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
             <state>available</state><tagSet>{tags}</tagSet></item></vpcSet></DescribeVpcsResponse>"
        )
    };
    let ours = [("Name", "main"), (APP, "shop"), (PATH, "shop/net"), (TOKEN, "t")];
    for (tags, found) in
        [(&ours[..], Some(("shop", "shop/net"))), (&ours[..2], Some(("shop", ""))), (&ours[..1], None), (&[][..], None)]
    {
        let body = vpc(tags);
        let answer = move |sent: &str| match sent.contains("Action=DescribeVpcs&") {
            true => Answer::ok(body.clone()),
            false => Answer::empty(sent),
        };
        let found = found.map(|(app, path): (&str, &str)| Owner { app: app.into(), path: path.into() });
        assert_eq!(owner("AWS::EC2::VPC", "vpc-1", answer).await.unwrap(), found, "{tags:?}");
    }
    let gone = |_: &str| Answer::ec2_error(400, "InvalidVpcID.NotFound", "none");
    assert_eq!(owner("AWS::EC2::VPC", "vpc-1", gone).await.unwrap(), None);
}

#[tokio::test]
async fn the_tags_that_cloud_control_reads_say_it_in_each_of_their_forms() {
    let list = json!([{"Key": APP, "Value": "shop"}, {"Key": PATH, "Value": "shop/q"}, {"Key": "a", "Value": "b"}]);
    let map = json!({APP: "shop", PATH: "shop/q"});
    for (type_name, tags) in [("AWS::SQS::Queue", list), ("AWS::ApiGatewayV2::Api", map)] {
        let model = json!({"Tags": tags}).to_string();
        let answer = move |_: &str| {
            Answer::ok(json!({"ResourceDescription": {"Identifier": "q", "Properties": model}}).to_string())
        };
        let found = owner(type_name, "q", answer).await.unwrap();
        assert_eq!(found, Some(Owner { app: "shop".into(), path: "shop/q".into() }), "{type_name}");
    }
}

/// Handlers leave out tags that they may not read.
#[tokio::test]
async fn the_tagging_api_says_whose_it_is_where_cloud_control_reads_no_tags() {
    let ours = json!([{"Key": APP, "Value": "shop"}, {"Key": PATH, "Value": "shop/p"}]);
    for (type_name, id, model, arn) in [
        ("AWS::RDS::DBClusterParameterGroup", "p", json!({}), "arn:aws:rds:eu-central-1:111122223333:cluster-pg:p"),
        ("AWS::RDS::OptionGroup", "p", json!({"Tags": []}), "arn:aws:rds:eu-central-1:111122223333:og:p"),
        ("AWS::SQS::Queue", "https://q", json!({"Arn": QUEUE}), QUEUE),
        (
            "AWS::Kinesis::Stream",
            "p",
            json!({"Arn": "arn:aws:kinesis:eu-central-1:1:stream/p"}),
            "arn:aws:kinesis:eu-central-1:1:stream/p",
        ),
    ] {
        for (tags, known) in [(ours.clone(), true), (json!([{"Key": "a", "Value": "b"}]), false)] {
            let model = model.to_string();
            let answer = move |sent: &str| match sent.contains("GetResources") {
                true => {
                    assert!(sent.contains(&format!(r#""ResourceARNList":["{arn}"]"#)), "{sent}");
                    let found = json!([{"ResourceARN": arn, "Tags": tags}]);
                    json_answer(json!({"ResourceTagMappingList": found, "PaginationToken": ""}))
                }
                false => json_answer(json!({"ResourceDescription": {"Identifier": id, "Properties": model}})),
            };
            let expected = known.then(|| Owner { app: "shop".into(), path: "shop/p".into() });
            assert_eq!(owner(type_name, id, answer).await.unwrap(), expected, "{type_name}");
        }
    }
}

/// The ARN of a stage does not follow from its identifier.
#[tokio::test]
async fn the_owner_of_a_resource_without_tags_and_arn_is_found_among_all_that_carry_an_app() {
    const STAGE: &str = "arn:aws:apigateway:eu-central-1::/restapis/abc/stages/prod";
    for (type_name, id, known) in [
        ("AWS::ApiGateway::Stage", "abc|prod", true),
        ("AWS::ApiGateway::Stage", "abc|test", false),
        ("AWS::ApiGateway::Stage", "xyz|prod", false),
        // Another service has a resource of that name.
        ("AWS::CodeDeploy::DeploymentGroup", "abc|prod", false),
    ] {
        let answer = move |sent: &str| match sent.contains("GetResources") {
            true => {
                assert!(sent.contains(r#"{"TagFilters":[{"Key":"groundplan:app"}]}"#), "{sent}");
                listing(&[QUEUE, STAGE], None)
            }
            false => json_answer(json!({"ResourceDescription": {"Identifier": id, "Properties": "{}"}})),
        };
        let expected = known.then(|| Owner { app: "shop".into(), path: String::new() });
        assert_eq!(owner(type_name, id, answer).await.unwrap(), expected, "{type_name} {id}");
    }
}

#[tokio::test]
async fn whose_a_resource_is_without_tags_is_unknown_where_nobody_may_ask() {
    let refusing = |code: &'static str| {
        move |sent: &str| match sent.contains("GetResources") {
            true => Answer::Is(400, json!({"__type": code, "message": "no"}).to_string()),
            false => json_answer(json!({"ResourceDescription": {"Identifier": "p", "Properties": "{}"}})),
        }
    };
    let asked = |code| owner("AWS::RDS::OptionGroup", "p", refusing(code));
    let error = asked("AccessDeniedException").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert!(error.message.contains("`p` belongs to another app"), "{error}");
    // The API knows no tags of this type.
    assert_eq!(asked("InvalidParameterException").await.unwrap(), None);
}

#[tokio::test]
async fn what_takes_no_tags_is_nobodys_and_is_not_asked_about() {
    for (type_name, id) in [("AWS::IAM::RolePolicy", "p|r"), ("AWS::Lambda::Permission", "f|p")] {
        let asked = |sent: &str| -> Answer { panic!("{sent}") };
        assert_eq!(owner(type_name, id, asked).await.unwrap(), None, "{type_name}");
    }
}

#[tokio::test]
async fn whose_a_resource_is_that_nobody_may_read_is_said_to_be_unknown() {
    let denied = |_: &str| Answer::ec2_error(403, "UnauthorizedOperation", "You are not authorized.");
    let error = owner("AWS::EC2::VPC", "vpc-1", denied).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    for part in ["not authorized", "`vpc-1` belongs to another app"] {
        assert!(error.message.contains(part), "{error}");
    }
    assert_eq!(error.hints, [Hint::TakeOwnership]);
}

/// A resource of no region has its tags in one region of its partition.
#[tokio::test]
async fn the_owner_of_a_global_resource_is_asked_for_in_the_home_region_of_its_partition() {
    for (partition, region, home) in [
        ("aws", "eu-central-1", "us-east-1"),
        ("aws-cn", "cn-north-1", "cn-northwest-1"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1", "us-iso-east-1"),
    ] {
        let (config, log) = crate::replay::config(|_| listing(&[], None));
        let clients = crate::config::Regions::new(config).clients(region);
        let global = format!("arn:{partition}:cloudfront::111122223333:distribution/E1");
        super::owner(&clients, &global).await.unwrap();
        super::owner_by_parts(&clients, "cloudfront", true, "E1").await.unwrap();
        assert_eq!(log.count(&format!("tagging.{home}.")), 2, "{partition}: {:?}", log.all());
        super::owner(&clients, &format!("arn:{partition}:sqs:{region}:111122223333:q")).await.unwrap();
        assert_eq!(log.count(&format!("tagging.{region}.")), if region == home { 3 } else { 1 }, "{:?}", log.all());
    }
}
