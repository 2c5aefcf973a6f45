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
fn a_name_that_aws_keeps_in_lower_case_is_the_same_in_every_spelling() {
    for (type_name, property) in [
        ("AWS::DAX::Cluster", "ClusterName"),
        ("AWS::DAX::Cluster", "SubnetGroupName"),
        ("AWS::DMS::ReplicationInstance", "ReplicationInstanceIdentifier"),
        ("AWS::DMS::ReplicationInstance", "ReplicationSubnetGroupIdentifier"),
        ("AWS::DocDB::DBCluster", "DBClusterIdentifier"),
        ("AWS::DocDB::DBClusterParameterGroup", "Name"),
        ("AWS::DocDB::DBInstance", "DBClusterIdentifier"),
        ("AWS::ElastiCache::CacheCluster", "ClusterName"),
        ("AWS::ElastiCache::CacheCluster", "CacheSubnetGroupName"),
        ("AWS::ElastiCache::ServerlessCache", "ServerlessCacheName"),
        ("AWS::Neptune::DBCluster", "DBClusterIdentifier"),
        ("AWS::Neptune::DBInstance", "DBClusterIdentifier"),
        ("AWS::Neptune::DBParameterGroup", "Name"),
        ("AWS::RDS::DBCluster", "GlobalClusterIdentifier"),
        ("AWS::RDS::DBInstance", "OptionGroupName"),
        ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier"),
        ("AWS::RDS::OptionGroup", "OptionGroupName"),
        ("AWS::Redshift::Cluster", "ClusterSubnetGroupName"),
        ("AWS::Redshift::ClusterParameterGroup", "ParameterGroupName"),
    ] {
        let (before, after) = (json!({property: "Main-1"}), json!({property: "main-1"}));
        assert_eq!(same(type_name, &before, &after), (true, true), "{type_name} {property}");
    }
    let members = |name: &str| json!({"DBClusterIdentifiers": [name]});
    assert_eq!(same("AWS::RDS::DBProxyTargetGroup", &members("Main"), &members("main")), (true, true));
    for (type_name, property) in [("AWS::IAM::Role", "RoleName"), ("AWS::MemoryDB::User", "UserName")] {
        let (before, after) = (json!({property: "Main"}), json!({property: "main"}));
        assert_eq!(same(type_name, &before, &after), (false, false), "{type_name} keeps it as it is written");
    }
}

#[test]
fn a_newer_minor_version_is_no_drift_where_the_service_upgrades() {
    let version = |version: &str| json!({"EngineVersion": version});
    let of = |engine: &str, declared: &str| json!({"Engine": engine, "EngineVersion": declared});
    let drifts = |type_name: &str, before: &Json, after: &Json| !same(type_name, before, after).1;
    let cluster = "AWS::RDS::DBCluster";
    assert_eq!(same(cluster, &of("aurora-postgresql", "16.4"), &of("aurora-postgresql", "16.8")), (false, true));
    assert!(drifts(cluster, &of("aurora-postgresql", "16.8"), &of("aurora-postgresql", "16.4")), "an older one");
    assert!(drifts(cluster, &of("aurora-postgresql", "16.4"), &of("aurora-postgresql", "17.2")), "a major one");
    let fixed = json!({"Engine": "aurora-postgresql", "EngineVersion": "16.4", "AutoMinorVersionUpgrade": false});
    assert!(drifts(cluster, &fixed, &version("16.8")), "somebody has upgraded it");
    assert!(!drifts("AWS::Neptune::DBCluster", &version("1.3.2.1"), &version("1.3.4.0")));
    let cache = "AWS::ElastiCache::CacheCluster";
    assert!(!drifts(cache, &of("valkey", "7.2"), &of("valkey", "7.2.6")));
    assert!(!drifts(cache, &of("redis", "6.x"), &of("redis", "6.2.6")));
    assert!(drifts(cache, &of("memcached", "1.6.12"), &of("memcached", "1.6.22")));
    assert!(!drifts("AWS::MemoryDB::Cluster", &version("7.0"), &version("7.1")));
    assert!(drifts("AWS::DocDB::DBCluster", &version("4.0.0"), &version("5.0.0")));
}

#[test]
fn a_switch_of_mysql_is_a_number_to_drift() {
    let group = |family: &str, parameters: Json| json!({"Family": family, "Parameters": parameters});
    let (declared, live) = (
        json!({"Slow_Query_Log": "ON", "log_output": "FILE", "local_infile": false, "max_connections": 500}),
        json!({"slow_query_log": "1", "log_output": "FILE", "local_infile": "0", "max_connections": "500"}),
    );
    for type_name in ["AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"] {
        let same =
            |family: &str, live: &Json| same(type_name, &group(family, declared.clone()), &group(family, live.clone()));
        assert_eq!(same("aurora-mysql8.0", &live), (false, true));
        assert_eq!(same("mariadb10.11", &live), (false, true));
        assert_eq!(same("aurora-postgresql16", &live), (false, false));
        let mut off = live.clone();
        off["slow_query_log"] = json!("0");
        assert_eq!(same("aurora-mysql8.0", &off), (false, false));
    }
}

#[test]
fn a_canonical_user_and_an_account_are_not_compared_by_drift() {
    let allow = |principal: Json| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject"});
    let deny = |principal: Json| json!({"Effect": "Deny", "Principal": principal, "Action": "s3:*"});
    let user = || json!({"CanonicalUser": "79a59d"});
    let identity = || json!({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"});
    let same = |before: Json, after: Json| same("AWS::S3::BucketPolicy", &policy(before), &policy(after));
    for (before, after) in [
        (json!([allow(user())]), json!([allow(identity())])),
        (json!([allow(identity())]), json!([allow(user())])),
        (json!([allow(user()), deny(json!("*"))]), json!([deny(json!("*")), allow(json!({"AWS": "AIDAEXAMPLE"}))])),
        (
            json!([allow(json!({"CanonicalUser": ["a", "b"], "AWS": "123456789012", "Service": "s.amazonaws.com"}))]),
            json!([allow(json!({"Service": "s.amazonaws.com", "AWS": ["arn:aws:iam::123456789012:root", "2", "3"]}))]),
        ),
    ] {
        assert_eq!(same(before.clone(), after.clone()), (false, true), "{before} {after}");
    }
    for (before, after) in [
        (json!([allow(user())]), json!([allow(json!({"AWS": "*"}))])),
        (json!([allow(user())]), json!([allow(json!("*"))])),
        (json!([allow(user())]), json!([allow(json!({"AWS": ["1", "2"]}))])),
        (json!([allow(user())]), json!([deny(identity())])),
        (json!([allow(user())]), json!([allow(identity()), allow(json!("*"))])),
        (json!([allow(json!({"AWS": "1"}))]), json!([allow(json!({"AWS": "2"}))])),
        (json!([allow(user())]), json!([allow(json!({"Service": "s.amazonaws.com"}))])),
    ] {
        assert_eq!(same(before.clone(), after.clone()), (false, false), "{before} {after}");
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
