use groundplan_schema::lookup;
use serde_json::json;

use super::*;
use crate::replay::map;

fn schema(name: &str) -> &'static ResourceType {
    lookup(name).unwrap()
}

#[test]
fn an_unknown_property_is_named_with_its_place_and_what_there_is() {
    let queue = schema("AWS::SQS::Queue");
    let error = check(queue, &map(json!({"Color": "red"}))).unwrap_err();
    assert!(error.message().starts_with("AWS::SQS::Queue: AWS publishes no property `Color`; there are Content"));
    let topic = schema("AWS::SNS::Topic");
    let error = check(topic, &map(json!({"Subscription": [{"Protocol": "sqs", "Port": 1}]}))).unwrap_err();
    assert!(error.message().ends_with("no property `Subscription.0.Port`; there are Endpoint, Protocol"), "{error:?}");
}

#[test]
fn an_attribute_is_not_taken_as_a_property() {
    let error = check(schema("AWS::SQS::Queue"), &map(json!({"QueueUrl": "https://a"}))).unwrap_err();
    assert_eq!(error.message(), "AWS::SQS::Queue: `QueueUrl` is AWS's to set, and can only be read");
}

#[test]
fn documents_tags_maps_and_values_that_are_not_known_yet_are_taken() {
    let properties = json!({"RedrivePolicy": {"maxReceiveCount": 3}, "Tags": [{"Key": "a", "Value": null}],
        "DelaySeconds": null});
    check(schema("AWS::SQS::Queue"), &map(properties)).unwrap();
    let function = json!({"Code": {"ZipFile": "x"}, "Environment": {"Variables": {"ANY": "1"}}});
    check(schema("AWS::Lambda::Function"), &map(function)).unwrap();
}

#[test]
fn scalars_are_brought_into_the_form_that_the_schema_asks_for() {
    let schema = schema("AWS::SQS::Queue");
    let mut value = json!("30");
    fit(&schema.cursor().key("DelaySeconds"), &mut value);
    assert_eq!(value, json!(30));
    let mut value = json!([{"Key": "n", "Value": 5}]);
    fit(&schema.cursor().key("Tags"), &mut value);
    assert_eq!(value, json!([{"Key": "n", "Value": "5"}]));
}

#[test]
fn an_identifier_is_known_only_where_the_program_gives_all_its_parts() {
    let function = schema("AWS::Lambda::Function");
    assert_eq!(identifier(function, &map(json!({"FunctionName": "f"}))).as_deref(), Some("f"));
    assert_eq!(identifier(function, &map(json!({}))), None);
    let record = schema("AWS::Route53::RecordSet");
    assert_eq!(identifier(record, &map(json!({"Name": "a.b", "HostedZoneId": "Z1", "Type": "A"}))), None);
    let whole = json!({"Name": "a.b", "HostedZoneId": "Z1", "Type": "A", "SetIdentifier": "s"});
    assert_eq!(identifier(record, &map(whole)).as_deref(), Some("a.b|Z1|A|s"));
}

#[test]
fn what_is_read_has_no_attributes_no_secrets_and_no_tags_of_others() {
    let group = schema("AWS::ElastiCache::ReplicationGroup");
    let model = json!({
        "ReplicationGroupDescription": "d", "AuthToken": "hunter2", "CacheParameterGroupName": "p",
        "PrimaryEndPoint": {"Address": "a.cache", "Port": "6379"},
        "Tags": [{"Key": "Team", "Value": "x"}, {"Key": "aws:c", "Value": "y"}, {"Key": "groundplan:app", "Value": "z"}],
    });
    let expected = json!({"ReplicationGroupDescription": "d", "Tags": [{"Key": "Team", "Value": "x"}]});
    assert_eq!(properties(group, &map(model.clone())), map(expected));
    let outputs = outputs(group, "rg-1", &map(model));
    assert_eq!(outputs["PrimaryEndPoint.Address"], json!("a.cache"));
    assert_eq!(outputs["ReplicationGroupId"], json!("rg-1"), "the identifier is an output even where it is not read");
}

#[test]
fn a_secret_that_is_an_attribute_is_no_output() {
    let client = schema("AWS::Cognito::UserPoolClient");
    let outputs = outputs(client, "pool|1", &map(json!({"ClientId": "1", "UserPoolId": "pool", "ClientSecret": "s"})));
    assert_eq!(outputs, map(json!({"ClientId": "1", "UserPoolId": "pool"})));
    let key = super::outputs(schema("AWS::IVS::StreamKey"), "arn", &map(json!({"Arn": "arn", "Value": "s"})));
    assert_eq!(key, map(json!({"Arn": "arn"})));
}

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn a_patch_adds_what_differs_and_removes_what_is_there() {
    let last =
        map(json!({"DelaySeconds": 1, "MaximumMessageSize": 2048, "KmsMasterKeyId": "k", "VisibilityTimeout": 9}));
    let desired = map(json!({"DelaySeconds": "5", "VisibilityTimeout": 9}));
    let live = map(json!({"DelaySeconds": 1, "MaximumMessageSize": 2048, "VisibilityTimeout": 9}));
    let patch = patch(schema(QUEUE), &last, &desired, &live);
    assert_eq!(
        patch,
        [
            json!({"op": "add", "path": "/DelaySeconds", "value": 5}),
            json!({"op": "remove", "path": "/MaximumMessageSize"}),
        ]
    );
}

#[test]
fn a_repeated_patch_is_empty() {
    let (last, desired) = (map(json!({"DelaySeconds": 1})), map(json!({"DelaySeconds": 5})));
    assert!(patch(schema(QUEUE), &last, &desired, &desired).is_empty());
}

#[test]
fn changed_tags_keep_those_of_the_creation_and_leave_out_those_of_aws() {
    let live = map(json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "groundplan:token", "Value": "t"},
        {"Key": "aws:x", "Value": "y"}]}));
    let last = map(json!({"Tags": [{"Key": "a", "Value": "1"}]}));
    let identity = json!({"Key": "groundplan:token", "Value": "t"});
    let desired = map(json!({"Tags": [{"Key": "b", "Value": "2"}]}));
    let add = |value| [json!({"op": "add", "path": "/Tags", "value": value})];
    let changed = patch(schema(QUEUE), &last, &desired, &live);
    assert_eq!(changed, add(json!([{"Key": "b", "Value": "2"}, identity])));
    assert_eq!(patch(schema(QUEUE), &last, &map(json!({})), &live), add(json!([identity])));
}

#[test]
fn what_cannot_be_read_back_is_said_again_unless_it_cannot_be_changed() {
    let declared = json!({"ReplicationGroupDescription": "d", "EngineVersion": "7.1", "CacheSubnetGroupName": "s"});
    let mut desired = map(declared.clone());
    let live = map(json!({"ReplicationGroupDescription": "d"}));
    let group = schema("AWS::ElastiCache::ReplicationGroup");
    assert!(patch(group, &map(declared.clone()), &desired, &live).is_empty());
    desired.insert("ReplicationGroupDescription".into(), "other".into());
    let paths: Vec<_> = patch(group, &map(declared), &desired, &live).iter().map(|op| op["path"].clone()).collect();
    assert_eq!(paths, ["/ReplicationGroupDescription", "/EngineVersion"]);
}
