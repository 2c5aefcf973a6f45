use serde_json::json;

use super::*;

fn compare(type_name: &str, applied: Json, live: Json) -> Vec<String> {
    let Ok(Value::Map(applied)) = Value::from_json(applied) else { panic!("it is a map") };
    let found = compare::differences(Beside::Others, type_name, &applied, live.as_object().unwrap(), &|_, _| false);
    let tell = |found: PropertyDrift| format!("{}{}", if found.added { "+" } else { "" }, found.property);
    found.into_iter().map(tell).collect()
}

#[test]
fn what_means_the_same_is_no_drift() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get", "s3:Put"], "Resource": "*"}]});
    let returned = "{\"Statement\":{\"Action\":[\"s3:Put\",\"s3:Get\"],\"Effect\":\"Allow\",\"Resource\":[\"*\"]},\"Version\":\"2012-10-17\"}";
    let cases = [
        (
            "AWS::EC2::VPC",
            json!({"CidrBlock": "10.0.0.0/16"}),
            json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "default"}),
        ),
        (
            "AWS::EC2::VPC",
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "aws:x", "Value": ""}, {"Key": "kubernetes.io/cluster/x", "Value": "owned"}, {"Key": "groundplan:id", "Value": ""}, {"Key": "a", "Value": "1"}]}),
        ),
        ("AWS::S3::BucketPolicy", json!({"PolicyDocument": policy}), json!({"PolicyDocument": returned})),
        (
            "AWS::RDS::DBInstance",
            json!({"AllocatedStorage": "100", "DBInstanceIdentifier": "Saleor"}),
            json!({"AllocatedStorage": 100, "DBInstanceIdentifier": "saleor"}),
        ),
        ("AWS::RDS::DBInstance", json!({"MasterUserPassword": {"$secret": {"environment": "P"}}}), json!({})),
        (
            "AWS::RDS::DBInstance",
            json!({"VPCSecurityGroups": ["sg-1", "sg-2"], "MultiAZ": false}),
            json!({"VPCSecurityGroups": ["sg-2", "sg-1"]}),
        ),
    ];
    for (type_name, applied, live) in cases {
        assert_eq!(compare(type_name, applied.clone(), live), [""; 0], "{applied}");
    }
}

#[test]
fn what_means_something_else_is_drift() {
    let cases = [
        ("AWS::EC2::VPC", json!({"EnableDnsSupport": true}), json!({"EnableDnsSupport": false}), "EnableDnsSupport"),
        ("AWS::EC2::VPC", json!({"EnableDnsSupport": true}), json!({}), "EnableDnsSupport"),
        (
            "AWS::EC2::VPC",
            json!({"Tags": [{"Key": "a", "Value": "1"}]}),
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            "+Tags.b",
        ),
        (
            "AWS::EC2::VPC",
            json!({"Tags": [{"Key": "a", "Value": "1"}]}),
            json!({"Tags": [{"Key": "a", "Value": "2"}]}),
            "Tags.a",
        ),
        (
            "AWS::EC2::VPC",
            json!({"Tags": [{"Key": "kubernetes.io/role/elb", "Value": "1"}]}),
            json!({"Tags": []}),
            "Tags.kubernetes.io/role/elb",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"VPCSecurityGroups": ["sg-1"]}),
            json!({"VPCSecurityGroups": ["sg-1", "sg-2"]}),
            "VPCSecurityGroups",
        ),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            json!({"Tags": [{"Key": "a", "Value": "1", "PropagateAtLaunch": true}]}),
            json!({"Tags": [{"Key": "a", "Value": "1", "PropagateAtLaunch": false, "ResourceId": "x"}]}),
            "Tags.a",
        ),
        (
            "AWS::ECS::TaskDefinition",
            json!({"ContainerDefinitions": [{"Name": "web", "Command": ["a", "b"]}]}),
            json!({"ContainerDefinitions": [{"Name": "log"}, {"Name": "web", "Command": ["b", "a"]}]}),
            "ContainerDefinitions.0.Command",
        ),
        (
            "AWS::RDS::DBParameterGroup",
            json!({"Parameters": {"max_connections": "1000"}}),
            json!({"Parameters": {"max_connections": "500"}}),
            "Parameters",
        ),
        (
            "AWS::S3::Bucket",
            json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
            json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}),
            "PublicAccessBlockConfiguration.BlockPublicAcls",
        ),
        ("AWS::EC2::VPC", json!({"CidrBlock": "Ab"}), json!({"CidrBlock": "ab"}), "CidrBlock"),
    ];
    for (type_name, applied, live, expected) in cases {
        assert_eq!(compare(type_name, applied, live).first().map(String::as_str), Some(expected));
    }
}

#[test]
fn what_was_added_beside_the_program_is_named_and_no_overlay_has_it() {
    let rule = |block: &str| json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": block});
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let group = "AWS::EC2::SecurityGroup";
    let role = "AWS::IAM::Role";
    let cases = [
        (
            group,
            json!({"GroupDescription": "a"}),
            json!({"GroupDescription": "a", "SecurityGroupIngress": [rule("0.0.0.0/0")]}),
            "+SecurityGroupIngress",
        ),
        (
            group,
            json!({"SecurityGroupIngress": [rule("10.0.0.5/8")]}),
            json!({"SecurityGroupIngress": [rule("0.0.0.0/0"), rule("10.0.0.0/8")]}),
            "+SecurityGroupIngress",
        ),
        (role, json!({}), json!({"ManagedPolicyArns": [arn]}), "+ManagedPolicyArns"),
        (
            role,
            json!({"Policies": [{"PolicyName": "a", "PolicyDocument": {}}]}),
            json!({"Policies": [{"PolicyName": "a", "PolicyDocument": {}}, {"PolicyName": "b", "PolicyDocument": {}}]}),
            "+Policies",
        ),
        ("AWS::IAM::ManagedPolicy", json!({"Roles": ["a"]}), json!({"Roles": ["b", "a"]}), "+Roles"),
        (role, json!({"Tags": []}), json!({"Tags": [{"Key": "by-hand", "Value": ""}]}), "+Tags.by-hand"),
    ];
    for (type_name, applied, live, expected) in cases {
        assert_eq!(compare(type_name, applied.clone(), live.clone()), [expected]);
        let Ok(Value::Map(applied)) = Value::from_json(applied) else { panic!("it is a map") };
        assert_eq!(overlay(type_name, &applied, live.as_object().unwrap()), applied, "{expected}");
    }
}

#[test]
fn what_the_cloud_has_given_a_new_resource_is_no_addition_of_others() {
    let everything = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
    let Ok(Value::Map(applied)) = Value::from_json(json!({"SecurityGroupEgress": []})) else { panic!("it is a map") };
    let live = json!({"SecurityGroupEgress": everything, "SecurityGroupIngress": everything});
    let overlaid = overlay_of_new("AWS::EC2::SecurityGroup", &applied, live.as_object().unwrap());
    assert_eq!(overlaid["SecurityGroupEgress"].to_json(), everything);
    assert_eq!(overlaid.len(), 1, "what is not declared is none of the program's");
    let unseen = overlay_of_new("AWS::EC2::SecurityGroup", &applied, json!({}).as_object().unwrap());
    assert!(unseen.is_empty(), "nobody knows what it has: {unseen:?}");
}

#[test]
fn an_overlay_takes_over_what_was_taken_away_and_leaves_what_was_added() {
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let Ok(Value::Map(applied)) = Value::from_json(json!({"Tags": [tag("a", "1"), tag("b", "1"), tag("c", "1")]}))
    else {
        panic!("it is a map")
    };
    let live =
        json!({"Tags": [tag("kubernetes.io/cluster/x", "owned"), tag("c", "2"), tag("by-hand", "1"), tag("a", "1")]});
    let overlaid = overlay("AWS::EC2::VPC", &applied, live.as_object().unwrap());
    assert_eq!(overlaid["Tags"].to_json(), json!([tag("a", "1"), tag("c", "2")]));
}

#[test]
fn an_overlay_has_the_live_values_of_what_differs_and_no_secret() {
    let Ok(Value::Map(applied)) = Value::from_json(json!({
        "EnableDnsSupport": true, "CidrBlock": "10.0.0.0/16", "Secret": {"a": {"$secret": {"environment": "P"}}, "b": 1}
    })) else {
        panic!("it is a map")
    };
    let live = json!({"EnableDnsSupport": false, "CidrBlock": "10.0.0.0/16", "Secret": {"a": "hunter2", "b": 2}});
    let overlaid = overlay("AWS::EC2::VPC", &applied, live.as_object().unwrap());
    assert_eq!(overlaid["EnableDnsSupport"], Value::Bool(false));
    assert_eq!(overlaid["Secret"], applied["Secret"]);
}
