//! Recorded responses that emulators do not reproduce.

use std::collections::BTreeMap;

use groundplan_core::{Assembly, Environment, ResourceEntry, Value};
use groundplan_engine::execute::{Cancellation, ExecuteOptions, execute};
use groundplan_engine::planning::{self, PlanOptions};
use groundplan_engine::provider::{DeleteRequest, ErrorClass, Status, UpdateRequest};
use groundplan_engine::store::{self, MemoryStore};
use groundplan_engine::{Hint, Provider};
use serde_json::json;

use crate::replay::{Answer, TOKEN, aws, create, create_in, existing, map};

const VPC: &str = "AWS::EC2::VPC";
const NAT: &str = "AWS::EC2::NatGateway";

fn nat(state: &str, more: &str) -> String {
    format!(
        "<DescribeNatGatewaysResponse><natGatewaySet><item><natGatewayId>nat-1</natGatewayId>\
         <state>{state}</state><subnetId>subnet-1</subnetId>{more}<natGatewayAddressSet><item>\
         <allocationId>eipalloc-1</allocationId><networkInterfaceId>eni-1</networkInterfaceId>\
         </item></natGatewayAddressSet></item></natGatewaySet></DescribeNatGatewaysResponse>"
    )
}

#[tokio::test]
async fn a_nat_gateway_is_created_with_the_client_token_and_the_identity_tags() {
    let (aws, log) = aws(|_| {
        Answer::ok(
            "<CreateNatGatewayResponse><natGateway><natGatewayId>nat-1</natGatewayId></natGateway>\
             </CreateNatGatewayResponse>",
        )
    });
    let request = create(NAT, json!({"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}));
    let accepted = aws.create(&request).await.unwrap();
    assert_eq!(accepted.id, "nat-1");
    let sent = log.all().join("\n");
    assert!(sent.contains(&format!("ClientToken={TOKEN}")), "{sent}");
    for tag in ["groundplan%3Aapp", "groundplan%3Apath", "groundplan%3Atoken", "shop%2Fthing"] {
        assert!(sent.contains(tag), "{tag} in {sent}");
    }
}

#[tokio::test]
async fn a_nat_gateway_is_pending_then_ready_and_gone_though_it_is_still_described() {
    for (state, more, status) in [
        ("pending", "", Status::Pending("pending".into())),
        ("available", "", Status::Ready(map(json!({"NatGatewayId": "nat-1", "EniId": "eni-1"})))),
        (
            "failed",
            "<failureCode>Gateway.NotAttached</failureCode><failureMessage>no gateway</failureMessage>",
            Status::Failed("Gateway.NotAttached: no gateway".into()),
        ),
        ("deleting", "", Status::Deleting("deleting".into())),
        ("deleted", "", Status::Gone),
    ] {
        let (aws, _) = aws(move |_| Answer::ok(nat(state, more)));
        let found = aws.status(&existing(NAT, "nat-1", json!({"SubnetId": "subnet-1"}))).await.unwrap();
        assert_eq!(found, status, "{state}");
    }
}

#[tokio::test]
async fn throttling_is_told_and_not_repeated_by_the_sdk() {
    let (aws, log) = aws(|_| Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."));
    let error = aws.create(&create(VPC, json!({"CidrBlock": "10.0.0.0/16"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
    assert_eq!(error.to_string(), "ec2:CreateVpc: RequestLimitExceeded: Request limit exceeded. (request req-1)");
    assert_eq!(log.all().len(), 1);
}

#[tokio::test]
async fn a_delete_that_something_blocks_is_a_conflict() {
    let (aws, _) = aws(|_| Answer::ec2_error(400, "DependencyViolation", "The vpc 'vpc-1' has dependencies"));
    let request =
        DeleteRequest { existing: existing(VPC, "vpc-1", json!({})), delete_data: false, final_snapshot: None };
    let error = aws.delete(&request).await.unwrap_err();
    assert_eq!((error.class, error.operation.as_deref()), (ErrorClass::Conflict, Some("ec2:DeleteVpc")));
}

#[tokio::test]
async fn what_is_gone_already_is_not_found() {
    let (aws, _) = aws(|_| Answer::ec2_error(400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"));
    let request =
        DeleteRequest { existing: existing(VPC, "vpc-1", json!({})), delete_data: false, final_snapshot: None };
    assert_eq!(aws.delete(&request).await.unwrap_err().class, ErrorClass::NotFound);
    assert_eq!(aws.read(&request.existing).await.unwrap(), None);
}

#[tokio::test]
async fn a_create_that_does_not_find_what_it_refers_to_may_be_too_early() {
    let (aws, _) = aws(|_| Answer::ec2_error(400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"));
    let error = aws.create(&create("AWS::EC2::Subnet", json!({"VpcId": "vpc-1"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating);
}

const CREATED_VPC: &str = "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>";
const TAGS_OF_VPC_7: &str = "<DescribeTagsResponse><tagSet><item><resourceId>vpc-7</resourceId></item></tagSet>\
                             </DescribeTagsResponse>";
const NO_TAGS: &str = "<DescribeTagsResponse><tagSet/></DescribeTagsResponse>";

/// Returns the description of an existing VPC.
fn vpc_7(sent: &str) -> Answer {
    if !sent.contains("DescribeVpcs") {
        return Answer::empty(sent);
    }
    Answer::ok(
        "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-7</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
         <state>available</state></item></vpcSet></DescribeVpcsResponse>",
    )
}

#[tokio::test]
async fn a_lost_answer_to_a_create_is_of_unknown_outcome_and_to_a_read_is_transient() {
    let (aws, log) = aws(|sent| if sent.contains("DescribeTags") { Answer::ok(NO_TAGS) } else { Answer::Lost });
    let error = aws.create(&create(VPC, json!({"CidrBlock": "10.0.0.0/16"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome);
    assert_eq!(log.count("CreateVpc"), 1, "a second call could make a second VPC");
    let error = aws.read(&existing(VPC, "vpc-1", json!({}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
}

#[tokio::test]
async fn what_a_lost_create_has_made_is_found_by_its_token_and_finished() {
    let (aws, log) = aws(|sent| {
        if sent.contains("Action=CreateVpc") {
            Answer::Lost
        } else if sent.contains("DescribeTags") {
            Answer::ok(TAGS_OF_VPC_7)
        } else {
            vpc_7(sent)
        }
    });
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
    assert_eq!(aws.create(&create(VPC, properties)).await.unwrap().id, "vpc-7");
    assert_eq!(log.count("ModifyVpcAttribute"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_create_has_made_is_looked_at_until_its_outputs_are_known() {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        let look = !sent.contains("Action=CreateVpc");
        match look.then(|| looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
            None | Some(1 | 2) => Answer::Lost,
            Some(_) if sent.contains("DescribeTags") => Answer::ok(TAGS_OF_VPC_7),
            Some(_) => vpc_7(sent),
        }
    });
    let accepted = aws.create(&create(VPC, json!({"CidrBlock": "10.0.0.0/16"}))).await.unwrap();
    assert_eq!(accepted.outputs["CidrBlock"], "10.0.0.0/16");
    assert_eq!(log.count("CreateVpc"), 1, "a second call could make a second VPC");
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_create_has_made_stays_in_doubt_as_long_as_it_cannot_be_read() {
    let (aws, _) = aws(|sent| if sent.contains("DescribeTags") { Answer::ok(TAGS_OF_VPC_7) } else { Answer::Lost });
    let error = aws.create(&create(VPC, json!({"CidrBlock": "10.0.0.0/16"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome);
}

#[tokio::test]
async fn settings_that_fail_after_a_create_name_what_was_made() {
    let (aws, _) = aws(|sent| {
        if sent.contains("Action=CreateVpc") {
            Answer::ok(CREATED_VPC)
        } else {
            Answer::ec2_error(403, "UnauthorizedOperation", "You are not authorized")
        }
    });
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
    let error = aws.create(&create(VPC, properties)).await.unwrap_err();
    assert_eq!((error.class, error.partial.as_deref()), (ErrorClass::Denied, Some("vpc-1")));
    assert!(error.settings, "the VPC itself was made");
}

#[tokio::test(start_paused = true)]
async fn settings_that_fail_for_long_after_a_create_name_what_was_made() {
    for (code, class) in
        [("RequestLimitExceeded", ErrorClass::Throttled), ("InvalidVpcID.NotFound", ErrorClass::Propagating)]
    {
        let (aws, log) = aws(move |sent| match sent.contains("Action=CreateVpc") {
            true => Answer::ok(CREATED_VPC),
            false => Answer::ec2_error(400, code, "later"),
        });
        let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
        let error = aws.create(&create(VPC, properties)).await.unwrap_err();
        assert_eq!((error.class, error.partial.as_deref()), (class, Some("vpc-1")));
        assert_eq!(log.count("Action=CreateVpc"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vpc_whose_settings_are_refused_for_long_is_finished_in_the_same_run_and_made_once() {
    let attempts = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        if sent.contains("Action=CreateVpc") {
            return Answer::ok(CREATED_VPC.replace("vpc-1", "vpc-7"));
        }
        // Longer than the create waits for them.
        match sent.contains("ModifyVpcAttribute") && attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 12 {
            true => Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
            false => vpc_7(sent),
        }
    });
    let properties = Value::from_json(json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true})).unwrap();
    let Value::Map(properties) = properties else { unreachable!("it is written as one") };
    let program = Assembly {
        format: 1,
        app: "shop".into(),
        state: None,
        stacks: [("a".to_owned(), Environment::new("eu-central-1"))].into(),
        resources: [("a/vpc".into(), ResourceEntry::new(VPC, properties))].into_iter().collect(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    let store = MemoryStore::new();
    let loaded = store::load(&store, "shop").await.unwrap();
    let planned = planning::deploy(&program, &loaded.state, &aws, &PlanOptions::default()).await.unwrap();
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&planned.plan, loaded, &aws, &store, &options, &(), &cancellation);
    let outcome = run.await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/vpc"].id, "vpc-7");
    assert_eq!((log.count("Action=CreateVpc"), log.count("ModifyVpcAttribute")), (1, 13));
}

#[tokio::test(start_paused = true)]
async fn settings_after_a_create_wait_until_the_new_resource_is_known_everywhere() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let (aws, _) = aws(move |sent| {
        if sent.contains("Action=CreateVpc") {
            return Answer::ok(CREATED_VPC);
        }
        match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 | 1 => Answer::ec2_error(400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
            2 => Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
            _ => Answer::ok("<ModifyVpcAttributeResponse/>"),
        }
    });
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
    assert_eq!(aws.create(&create(VPC, properties)).await.unwrap().id, "vpc-1");
}

#[tokio::test]
async fn a_default_costs_no_call() {
    let (aws, log) = aws(|_| Answer::ok(CREATED_VPC));
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": false});
    aws.create(&create(VPC, properties)).await.unwrap();
    assert_eq!(log.all().len(), 1);
}

#[tokio::test]
async fn a_bucket_has_no_location_constraint_in_us_east_1_only() {
    for (region, constrained) in [("us-east-1", false), ("eu-central-1", true)] {
        let (aws, log) = aws(|_| Answer::ok(""));
        let accepted = aws.create(&create_in(region, "AWS::S3::Bucket", json!({}))).await.unwrap();
        assert_eq!(accepted.id, "shop-thing-0011223344");
        let sent = &log.all()[0];
        assert_eq!(sent.contains("LocationConstraint"), constrained, "{region}: {sent}");
        assert!(sent.contains("groundplan:token"), "the identity is part of the create: {sent}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_empty_is_deleted_only_with_its_data() {
    let not_empty = "<Error><Code>BucketNotEmpty</Code><Message>The bucket is not empty</Message></Error>";
    let (aws, _) = aws(move |_| Answer::Is(409, not_empty.to_owned()));
    let request = DeleteRequest {
        existing: existing("AWS::S3::Bucket", "b", json!({})),
        delete_data: false,
        final_snapshot: None,
    };
    let error = aws.delete(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert_eq!(error.hints, [Hint::AllowDataLoss]);
}

fn rds_empty(operation: &str) -> String {
    format!("<{operation}Response><{operation}Result/></{operation}Response>")
}

#[tokio::test]
async fn parameters_go_twenty_at_a_time() {
    let created = "<CreateDBParameterGroupResponse><CreateDBParameterGroupResult><DBParameterGroup>\
         <DBParameterGroupName>pg</DBParameterGroupName></DBParameterGroup></CreateDBParameterGroupResult>\
         </CreateDBParameterGroupResponse>";
    let (aws, log) = aws(move |sent| {
        Answer::ok(if sent.contains("Action=Create") {
            created.to_owned()
        } else {
            rds_empty("ModifyDBParameterGroup")
        })
    });
    let parameters: serde_json::Map<_, _> = (0..45).map(|n| (format!("p{n}"), json!(n))).collect();
    let properties = json!({"Family": "postgres16", "Description": "d", "Parameters": parameters});
    aws.create(&create("AWS::RDS::DBParameterGroup", properties)).await.unwrap();
    assert_eq!(log.count("ModifyDBParameterGroup"), 3);
    assert_eq!(log.count("ApplyMethod=immediate"), 0, "nobody uses the group yet");
}

#[tokio::test]
async fn a_dynamic_parameter_applies_at_once_and_a_static_one_on_reboot() {
    let described = "<DescribeDBParametersResponse><DescribeDBParametersResult><Parameters>\
         <Parameter><ParameterName>log_statement</ParameterName><ApplyType>dynamic</ApplyType></Parameter>\
         <Parameter><ParameterName>max_connections</ParameterName><ApplyType>static</ApplyType></Parameter>\
         </Parameters></DescribeDBParametersResult></DescribeDBParametersResponse>";
    let (aws, log) = aws(move |_| Answer::ok(described));
    let before = json!({"Family": "postgres16", "Description": "d", "Parameters": {}});
    let after = json!({"Family": "postgres16", "Description": "d",
        "Parameters": {"log_statement": "all", "max_connections": "1000"}});
    let request = UpdateRequest {
        existing: existing("AWS::RDS::DBParameterGroup", "pg", before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    };
    // The read after it finds no group in these answers; what counts is what was sent.
    let _ = aws.update(&request).await;
    let sent = log.all().into_iter().find(|sent| sent.contains("ModifyDBParameterGroup")).unwrap();
    let position = |text: &str| sent.find(text).unwrap_or_else(|| panic!("{text} in {sent}"));
    assert!(position("log_statement") < position("ApplyMethod=immediate"));
    assert!(position("max_connections") < position("ApplyMethod=pending-reboot"));
}

#[tokio::test]
async fn a_generated_secret_is_sent_and_never_told() {
    let (aws, log) = aws(|sent| {
        if sent.contains("ExcludePunctuation") {
            Answer::ok(r#"{"RandomPassword": "hunter2hunter2"}"#)
        } else {
            Answer::ok(r#"{"ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:s-AbCdEf"}"#)
        }
    });
    let how = json!({"GenerateStringKey": "password", "SecretStringTemplate": "{\"username\": \"app\"}",
        "ExcludePunctuation": true, "PasswordLength": 14});
    let request = create("AWS::SecretsManager::Secret", json!({"GenerateSecretString": how}));
    let accepted = aws.create(&request).await.unwrap();
    let sent = log.all().into_iter().find(|sent| sent.contains("ClientRequestToken")).unwrap();
    assert!(sent.contains(r#"{\"username\":\"app\",\"password\":\"hunter2hunter2\"}"#), "{sent}");
    assert!(!format!("{accepted:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_secret_property_is_shown_nowhere() {
    let properties = json!({"SecretString": "hunter2", "Color": "red"});
    let (aws, _) = aws(|_| Answer::ok("{}"));
    let error = aws.check("AWS::SecretsManager::Secret", &map(properties)).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[tokio::test]
async fn another_account_than_the_pinned_one_is_never_touched() {
    let (aws, log) = aws(|_| Answer::ok(""));
    let mut request = create(VPC, json!({}));
    request.address.environment.account = Some("999999999999".into());
    let error = aws.create(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert!(error.message.contains("999999999999") && error.message.contains("111122223333"));
    assert!(log.all().is_empty());
}

#[tokio::test]
async fn who_the_credentials_belong_to_is_asked_in_the_partition_of_the_environment() {
    let caller = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-us-gov:iam::111122223333:user/a</Arn>\
                  <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let (config, log) = crate::replay::config(move |_| Answer::ok(caller));
    let identity = crate::Aws::new(config).identity_in(&Environment::new("us-gov-west-1")).await.unwrap();
    assert_eq!(identity.partition, "aws-us-gov");
    assert_eq!(log.count("sts.us-gov-west-1.amazonaws.com"), 1, "{:?}", log.all());
}
