use serde_json::json;

use super::*;

fn compare(type_name: &str, applied: Json, live: Json) -> Vec<String> {
    let Ok(Value::Map(applied)) = Value::from_json(applied) else { panic!("it is a map") };
    let found = differences(type_name, &applied, live.as_object().unwrap());
    found.into_iter().map(|found| found.property).collect()
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
            json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "aws:x", "Value": ""}, {"Key": "groundplan:id", "Value": ""}, {"Key": "a", "Value": "1"}]}),
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
            "Tags",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"VPCSecurityGroups": ["sg-1", "sg-1"]}),
            json!({"VPCSecurityGroups": ["sg-1", "sg-2"]}),
            "VPCSecurityGroups",
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
        assert_eq!(compare(type_name, applied, live), [expected]);
    }
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
