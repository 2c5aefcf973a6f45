use serde_json::{Value as Json, json};

use super::*;

fn map(json: Json) -> BTreeMap<String, Value> {
    let Ok(Value::Map(map)) = Value::from_json(json) else { panic!("it is a map") };
    map
}

fn policy(statement: Json) -> Json {
    json!({"PolicyDocument": {"Version": "2012-10-17", "Statement": statement}})
}

/// Returns whether two sets of properties mean the same to a plan and to drift.
fn same(type_name: &str, before: &Json, after: &Json) -> (bool, bool) {
    let properties = |json: &Json| json.as_object().cloned().expect("properties");
    let is_live = is_as_declared(type_name, &properties(before), &properties(after));
    (all_agree(type_name, &map(before.clone()), &map(after.clone())), is_live)
}

#[test]
fn another_spelling_is_the_same_to_plan_and_drift() {
    let record = |kind: &str, value: &str| json!({"Name": "a.example.com", "Type": kind, "ResourceRecords": [value]});
    let rule = |protocol: Json, from: i64, block: &str| json!({"SecurityGroupIngress": [{"IpProtocol": protocol, "FromPort": from, "ToPort": from, "CidrIp": block}]});
    let allow = |principal: Json, action: Json| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"});
    let bucket = "AWS::S3::BucketPolicy";
    let group = "AWS::EC2::SecurityGroup";
    let set = "AWS::Route53::RecordSet";
    let cases = [
        (set, json!({"Name": "www.example.com"}), json!({"Name": "WWW.example.com."})),
        (set, record("CNAME", "x.example.net"), record("CNAME", "x.example.net.")),
        (set, json!({"ResourceRecords": ["1.2.3.4", "1.2.3.3"]}), json!({"ResourceRecords": ["1.2.3.3", "1.2.3.4"]})),
        (group, rule(json!("tcp"), 22, "10.0.0.5/8"), rule(json!("6"), 22, "10.0.0.0/8")),
        (
            group,
            rule(json!("-1"), -1, "10.0.0.0/8"),
            json!({"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}]}),
        ),
        (
            "AWS::RDS::DBCluster",
            json!({"AvailabilityZones": ["c", "a", "b"]}),
            json!({"AvailabilityZones": ["a", "b", "c"]}),
        ),
        (
            "AWS::CertificateManager::Certificate",
            json!({"SubjectAlternativeNames": ["a.example.com", "b.example.com"]}),
            json!({"SubjectAlternativeNames": ["B.example.com", "a.example.com"]}),
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"AllocatedStorage": "100", "Port": 5432}),
            json!({"AllocatedStorage": 100, "Port": "5432"}),
        ),
        ("AWS::EC2::VPC", json!({"EnableDnsSupport": true}), json!({"EnableDnsSupport": "true"})),
        ("AWS::IAM::Role", json!({"Path": "/"}), json!({})),
        (
            bucket,
            policy(json!([allow(json!({"AWS": "123456789012"}), json!("s3:GetObject"))])),
            policy(allow(json!({"AWS": ["arn:aws-cn:iam::123456789012:root"]}), json!(["S3:getobject"]))),
        ),
        (
            bucket,
            policy(json!([{"Effect": "Deny", "Action": ["b:C", "a:B"]}, {"Effect": "Allow", "Action": "a:B"}])),
            policy(json!([{"Effect": "Allow", "Action": ["a:B"]}, {"Action": ["a:B", "b:C"], "Effect": "Deny"}])),
        ),
        (
            bucket,
            policy(
                json!([{"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:max-keys": 10}}}]),
            ),
            policy(
                json!([{"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": ["false"]}, "NumericLessThan": {"s3:max-keys": "10"}}}]),
            ),
        ),
        (
            bucket,
            policy(json!([{"Effect": "Allow"}])),
            json!({"PolicyDocument": "{\"Statement\":{\"Effect\":\"Allow\"},\"Version\":\"2012-10-17\"}"}),
        ),
    ];
    for (type_name, before, after) in cases {
        assert_eq!(same(type_name, &before, &after), (true, true), "{before} {after}");
    }
}

#[test]
fn another_value_is_another_one_to_plan_and_drift() {
    let trust = |id: &str, account: &str| json!({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": id}}}]}});
    let canonical = |id: &str| policy(json!([{"Effect": "Allow", "Principal": {"CanonicalUser": id}}]));
    let cases = [
        ("AWS::IAM::Role", trust("00123", "123456789012"), trust("123", "123456789012")),
        ("AWS::IAM::Role", trust("1e3", "123456789012"), trust("1000", "123456789012")),
        ("AWS::IAM::Role", trust("a", "123456789012"), trust("a", "123456789013")),
        ("AWS::S3::BucketPolicy", canonical("79a59d"), canonical("79A59D")),
        (
            "AWS::S3::BucketPolicy",
            policy(json!([{"Effect": "Allow", "Resource": "a"}])),
            policy(json!([{"Effect": "allow", "Resource": "a"}])),
        ),
        (
            "AWS::S3::BucketPolicy",
            policy(json!([{"Effect": "Allow", "Resource": "a"}])),
            policy(json!([{"Effect": "Allow", "Resource": "A"}])),
        ),
        ("AWS::SSM::Parameter", json!({"Value": "00123"}), json!({"Value": "123"})),
        (
            "AWS::Route53::RecordSet",
            json!({"Type": "TXT", "ResourceRecords": ["\"A\""]}),
            json!({"Type": "TXT", "ResourceRecords": ["\"a\""]}),
        ),
        (
            "AWS::EC2::DHCPOptions",
            json!({"DomainNameServers": ["10.0.0.2", "10.0.0.3"]}),
            json!({"DomainNameServers": ["10.0.0.3", "10.0.0.2"]}),
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"VPCSecurityGroups": ["sg-1", "sg-1"]}),
            json!({"VPCSecurityGroups": ["sg-1", "sg-2"]}),
        ),
    ];
    for (type_name, before, after) in cases {
        assert_eq!(same(type_name, &before, &after), (false, false), "{before} {after}");
    }
}

#[test]
fn what_nobody_knows_of_a_list_is_a_change_to_a_plan_and_none_to_drift() {
    let features = |names: [&str; 2]| json!({"ProcessorFeatures": names.map(|name| json!({"Name": name}))});
    let (before, after) = (features(["coreCount", "threadsPerCore"]), features(["threadsPerCore", "coreCount"]));
    assert_eq!(same("AWS::RDS::DBInstance", &before, &after), (false, true));
    let pattern = |sources: [&str; 2]| json!({"EventPattern": {"source": sources}});
    assert_eq!(same("AWS::Events::Rule", &pattern(["a", "b"]), &pattern(["b", "a"])), (false, true));
}

#[test]
fn taking_a_default_away_is_no_change_and_saying_it_only_where_it_would_replace() {
    let role = |path: Json| path;
    let (with, without) = (role(json!({"Path": "/"})), role(json!({})));
    assert!(same("AWS::IAM::Role", &with, &without).0 && same("AWS::IAM::Role", &without, &with).0);
    let other = json!({"Path": "/a/"});
    assert!(!same("AWS::IAM::Role", &other, &without).0 && !same("AWS::IAM::Role", &without, &other).0);
    let class = json!({"LogGroupClass": "STANDARD"});
    assert!(same("AWS::Logs::LogGroup", &class, &json!({})).0);
    assert!(!same("AWS::Logs::LogGroup", &json!({}), &class).0, "it is changed in place, and recorded");
}

#[test]
fn what_is_not_known_yet_is_the_same_as_itself_only() {
    let of = |attribute: &str| {
        policy(
            json!([{"Effect": "Allow", "Resource": [{"$template": [{"$ref": format!("a/b#{attribute}")}, "/*"]}, "b"]}]),
        )
    };
    let turned = policy(json!([{"Effect": "Allow", "Resource": ["b", {"$template": [{"$ref": "a/b#Arn"}, "/*"]}]}]));
    assert!(same("AWS::S3::BucketPolicy", &of("Arn"), &turned).0);
    assert!(!same("AWS::S3::BucketPolicy", &of("Arn"), &of("Id")).0);
}

#[test]
fn a_provider_sees_the_spelling_of_the_program_where_nothing_differs() {
    let applied = map(json!({"Name": "a.example.com", "TTL": "60", "Type": "A"}));
    let desired = map(json!({"Name": "A.example.com.", "TTL": "300", "Type": "A"}));
    let existing = |properties: &BTreeMap<String, Value>| {
        properties.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Properties>()
    };
    let seen = respelled("AWS::Route53::RecordSet", &applied, &desired, existing(&applied));
    assert_eq!(Json::Object(seen), json!({"Name": "A.example.com.", "TTL": "60", "Type": "A"}));
    let seen =
        respelled("AWS::IAM::Role", &map(json!({"Path": "/"})), &map(json!({})), existing(&map(json!({"Path": "/"}))));
    assert!(seen.is_empty());
}
