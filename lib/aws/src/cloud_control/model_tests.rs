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
    assert_eq!(error.message(), "AWS::SQS::Queue: `QueueUrl` is set by AWS and is read-only");
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
fn changed_tags_keep_all_that_the_program_never_declared() {
    let live = map(json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "groundplan:token", "Value": "t"},
        {"Key": "aws:x", "Value": "y"}, {"Key": "kubernetes.io/cluster/c", "Value": "shared"}]}));
    let last = map(json!({"Tags": [{"Key": "a", "Value": "1"}]}));
    let others = [
        json!({"Key": "groundplan:token", "Value": "t"}),
        json!({"Key": "aws:x", "Value": "y"}),
        json!({"Key": "kubernetes.io/cluster/c", "Value": "shared"}),
    ];
    let desired = map(json!({"Tags": [{"Key": "b", "Value": "2"}]}));
    let with = |own: &[Json]| {
        let value: Vec<Json> = own.iter().chain(&others).cloned().collect();
        [json!({"op": "add", "path": "/Tags", "value": value})]
    };
    assert_eq!(patch(schema(QUEUE), &last, &desired, &live), with(&[json!({"Key": "b", "Value": "2"})]));
    assert_eq!(patch(schema(QUEUE), &last, &map(json!({})), &live), with(&[]));
}

#[test]
fn a_change_of_a_collection_keeps_what_others_have_added_to_it() {
    let policy = |name: &str, action: &str| json!({"PolicyName": name, "PolicyDocument": {"Action": action}});
    let add = |path: &str, value: Json| json!({"op": "add", "path": path, "value": value});
    for (type_name, property, members) in [
        ("AWS::IAM::Group", "ManagedPolicyArns", ["arn:old", "arn:new", "arn:others"].map(Json::from)),
        ("AWS::IAM::Group", "Policies", [policy("old", "a"), policy("new", "b"), policy("others", "c")]),
        ("AWS::IAM::ManagedPolicy", "Groups", ["old", "new", "others"].map(Json::from)),
        ("AWS::IAM::ManagedPolicy", "Roles", ["old", "new", "others"].map(Json::from)),
        ("AWS::IAM::ManagedPolicy", "Users", ["old", "new", "others"].map(Json::from)),
    ] {
        let [old, new, others] = &members;
        let schema = schema(type_name);
        let with = |members: &[&Json]| map(json!({property: members}));
        let path = format!("/{property}");
        let live = with(&[others, old]);
        let changed = patch(schema, &with(&[old]), &with(&[new]), &live);
        assert_eq!(changed, [add(&path, json!([new, others]))], "{type_name}");
        let changed = patch(schema, &with(&[old]), &map(json!({})), &live);
        assert_eq!(changed, [add(&path, json!([others]))], "{type_name}: it is no longer declared");
        let changed = patch(schema, &with(&[old]), &map(json!({})), &with(&[old]));
        assert_eq!(changed, [json!({"op": "remove", "path": path})], "{type_name}: nothing is left");
        let again = patch(schema, &with(&[old]), &with(&[new]), &with(&[others, new]));
        assert!(again.is_empty(), "{type_name}: it is as desired, in another order: {again:?}");
    }
    // A policy of the program is told from others by its name.
    let with = |policies: &[Json]| map(json!({"Policies": policies}));
    let live = with(&[policy("own", "a"), policy("others", "c")]);
    let changed = patch(schema("AWS::IAM::Group"), &with(&[policy("own", "a")]), &with(&[policy("own", "b")]), &live);
    assert_eq!(changed, [add("/Policies", json!([policy("own", "b"), policy("others", "c")]))]);
}

#[test]
fn a_list_that_is_the_programs_alone_is_set_as_it_is_declared() {
    let service = schema("AWS::ECS::Service");
    let with = |names: &[&str]| map(json!({"CapacityProviderStrategy": names}));
    let changed = patch(service, &with(&["a"]), &with(&["b"]), &with(&["a", "c"]));
    assert_eq!(changed[0]["value"], json!(["b"]));
}

#[test]
fn tags_of_a_group_keep_what_they_say_of_its_instances() {
    let group = schema("AWS::AutoScaling::AutoScalingGroup");
    let tag = |key: &str, given: bool| json!({"Key": key, "Value": "1", "PropagateAtLaunch": given});
    let live = map(json!({"Tags": [tag("a", true), tag("foreign", true)]}));
    let changed =
        patch(group, &map(json!({"Tags": [tag("a", true)]})), &map(json!({"Tags": [tag("b", false)]})), &live);
    assert_eq!(changed[0]["value"], json!([tag("b", false), tag("foreign", true)]));
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

#[test]
fn a_property_is_said_again_where_anything_in_it_is_not_read_back_and_can_be_changed() {
    for (type_name, property, repeated) in [
        ("AWS::ElastiCache::ReplicationGroup", "AuthToken", true),
        ("AWS::Events::Connection", "AuthParameters", true),
        ("AWS::Events::Connection", "Description", false),
        // Whether the creator of a cluster may administer it is said once, when it is made.
        ("AWS::EKS::Cluster", "AccessConfig", false),
        // Its statements contain statements.
        ("AWS::WAFv2::WebACL", "Rules", false),
    ] {
        assert_eq!(is_repeated(schema(type_name), property), repeated, "{type_name} {property}");
    }
}

#[test]
fn a_change_beside_a_secret_says_the_secret_again() {
    let connection = schema("AWS::Events::Connection");
    let parameters = |value: Json| json!({"ApiKeyAuthParameters": value});
    let with = |description: &str, parameters: Json| {
        map(json!({"Description": description, "AuthorizationType": "API_KEY", "AuthParameters": parameters}))
    };
    // Nobody has written the secret down, and AWS does not give it back.
    let known = parameters(json!({"ApiKeyName": "key"}));
    let desired = with("new", parameters(json!({"ApiKeyName": "key", "ApiKeyValue": "hunter2"})));
    let mut changed = patch(connection, &with("old", known.clone()), &desired, &with("old", known));
    changed.sort_by_key(|change| change["path"].to_string());
    let secret = json!({"ApiKeyAuthParameters": {"ApiKeyName": "key", "ApiKeyValue": "hunter2"}});
    let expected = [
        json!({"op": "add", "path": "/AuthParameters", "value": secret}),
        json!({"op": "add", "path": "/Description", "value": "new"}),
    ];
    assert_eq!(changed, expected);
}

#[test]
fn what_can_neither_be_read_nor_changed_is_left_out_below_the_top_level_too() {
    // Whether the creator of a cluster may administer it is said once, when it is made.
    let cluster = schema("AWS::EKS::Cluster");
    let access = |mode: &str| json!({"AuthenticationMode": mode, "BootstrapClusterCreatorAdminPermissions": true});
    let last = map(json!({"AccessConfig": access("API_AND_CONFIG_MAP"), "Version": "1.31"}));
    let live = map(json!({"AccessConfig": {"AuthenticationMode": "API_AND_CONFIG_MAP"}, "Version": "1.31"}));
    let changed = patch(cluster, &last, &map(json!({"AccessConfig": access("API"), "Version": "1.31"})), &live);
    assert_eq!(changed, [json!({"op": "add", "path": "/AccessConfig", "value": {"AuthenticationMode": "API"}})]);
    let upgraded = map(json!({"AccessConfig": access("API_AND_CONFIG_MAP"), "Version": "1.32"}));
    let changed = patch(cluster, &last, &upgraded, &live);
    assert_eq!(changed, [json!({"op": "add", "path": "/Version", "value": "1.32"})]);
}

#[test]
fn what_aws_has_filled_in_beside_a_change_is_said_again_and_what_was_declared_before_is_not() {
    let cluster = schema("AWS::EKS::Cluster");
    let last = map(json!({"ResourcesVpcConfig": {"SubnetIds": ["s-1"], "PublicAccessCidrs": ["10.0.0.0/8"]}}));
    let live = map(json!({"ResourcesVpcConfig": {"SubnetIds": ["s-1"], "PublicAccessCidrs": ["10.0.0.0/8"],
        "EndpointPublicAccess": true, "EndpointPrivateAccess": false, "SecurityGroupIds": []}}));
    let desired = map(json!({"ResourcesVpcConfig": {"SubnetIds": ["s-1"], "EndpointPrivateAccess": true}}));
    let changed = patch(cluster, &last, &desired, &live);
    let expected = json!({"SubnetIds": ["s-1"], "EndpointPrivateAccess": true, "EndpointPublicAccess": true,
        "SecurityGroupIds": []});
    assert_eq!(changed, [json!({"op": "add", "path": "/ResourcesVpcConfig", "value": expected})]);
}

#[test]
fn a_map_of_the_program_is_set_as_a_whole() {
    let function = schema("AWS::Lambda::Function");
    let with = |variables: Json| map(json!({"Environment": {"Variables": variables}}));
    let changed =
        patch(function, &with(json!({"A": "1"})), &with(json!({"B": "2"})), &with(json!({"A": "1", "C": "3"})));
    assert_eq!(changed[0]["value"], json!({"Variables": {"B": "2"}}));
}

#[test]
fn where_removing_changes_nothing_the_default_is_written() {
    let queue = schema(QUEUE);
    let last = map(json!({"DelaySeconds": 5, "VisibilityTimeout": 60, "KmsMasterKeyId": "k"}));
    let changed = patch(queue, &last, &map(json!({})), &last);
    assert_eq!(
        changed,
        [
            json!({"op": "add", "path": "/DelaySeconds", "value": 0}),
            json!({"op": "add", "path": "/VisibilityTimeout", "value": 30}),
            json!({"op": "remove", "path": "/KmsMasterKeyId"}),
        ]
    );
    let again = map(json!({"DelaySeconds": 0, "VisibilityTimeout": 30}));
    assert!(patch(queue, &last, &map(json!({})), &again).is_empty());
}

#[test]
fn every_default_is_one_of_a_property_that_can_be_changed() {
    let types = ["AWS::Lambda::Function", QUEUE, "AWS::DynamoDB::Table", "AWS::ECR::Repository"];
    let mut found = 0;
    for schema in types.map(schema) {
        for name in schema.properties.keys().filter(|name| quirks::default_of(schema, name).is_some()) {
            assert!(schema.replacement(name) != Replacement::Always, "{}: {name}", schema.name);
            found += 1;
        }
    }
    assert!(found >= 18, "{found}: a property has another name");
}

#[test]
fn what_a_handler_reads_and_then_refuses_is_removed_with_a_change_and_only_then() {
    let acl = schema("AWS::WAFv2::WebACL");
    let (last, live) = (map(json!({"Name": "a"})), map(json!({"Name": "a", "Description": "", "Scope": "REGIONAL"})));
    assert!(patch(acl, &last, &last, &live).is_empty());
    let desired = map(json!({"Name": "a", "Rules": []}));
    let changed = patch(acl, &last, &desired, &live);
    assert_eq!(changed[1], json!({"op": "remove", "path": "/Description"}), "{changed:?}");
}

#[test]
fn a_tag_of_a_distribution_changes_without_the_default_certificate_in_the_way() {
    let distribution = schema("AWS::CloudFront::Distribution");
    let certificate = json!({"CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1"});
    let live = map(json!({"DistributionConfig": {"Enabled": true, "ViewerCertificate": certificate}, "Tags": []}));
    let declared =
        |tag: &str| map(json!({"DistributionConfig": {"Enabled": true}, "Tags": [{"Key": "a", "Value": tag}]}));
    let changed = patch(distribution, &declared("1"), &declared("2"), &live);
    let paths: Vec<_> = changed.iter().map(|change| change["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/Tags", "/DistributionConfig/ViewerCertificate/MinimumProtocolVersion"]);
    // A change of the configuration itself says all of it, without that.
    let mut desired = declared("1");
    desired["DistributionConfig"]["Enabled"] = json!(false);
    let changed = patch(distribution, &declared("1"), &desired, &live);
    let expected = json!({"Enabled": false, "ViewerCertificate": {"CloudFrontDefaultCertificate": true}});
    assert_eq!(changed, [json!({"op": "add", "path": "/DistributionConfig", "value": expected})]);
}

#[test]
fn the_pattern_of_a_rule_is_sent_as_text() {
    let rule = schema("AWS::Events::Rule");
    let pattern = |source: &str| map(json!({"EventPattern": {"source": [source]}}));
    let live = map(json!({"EventPattern": r#"{"source": ["a"]}"#}));
    let changed = patch(rule, &pattern("a"), &pattern("b"), &live);
    assert_eq!(changed, [json!({"op": "add", "path": "/EventPattern", "value": r#"{"source":["b"]}"#})]);
    assert!(patch(rule, &pattern("b"), &pattern("a"), &live).is_empty(), "it is there already, in another spelling");
}
