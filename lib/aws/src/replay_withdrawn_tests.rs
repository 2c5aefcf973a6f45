//! Requests for properties that are no longer declared, if a call that omits them would change nothing.

use groundplan_engine::Provider;
use groundplan_engine::provider::{ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, existing, map};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const BUCKET: &str = "AWS::S3::Bucket";
const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
const KEY: &str = "AWS::KMS::Key";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(type_name, id, before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    }
}

/// The request that contains this text.
fn sent(log: &Log, text: &str) -> String {
    let all = log.all();
    all.iter().find(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text} in {all:#?}")).clone()
}

#[tokio::test]
async fn a_key_without_a_declared_policy_gets_the_one_of_a_new_key() {
    let (aws, log) = aws(|_| Answer::ok("{}"));
    let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]});
    // The read after it finds nothing in these answers.
    let _ = aws.update(&update(KEY, "1-a", json!({"KeyPolicy": policy}), json!({}))).await;
    let put = sent(&log, "TrentService.PutKeyPolicy");
    assert!(put.contains("arn:aws:iam::111122223333:root") && put.contains("kms:*"), "{put}");
    assert!(!put.contains(r#"\"Principal\":\"*\""#), "{put}");
}

#[tokio::test]
async fn a_bucket_whose_settings_are_no_longer_declared_is_as_safe_as_a_new_one() {
    let (aws, log) = aws(|_| Answer::ok(""));
    let open = json!({"BlockPublicAcls": false, "BlockPublicPolicy": false});
    let controls = json!({"Rules": [{"ObjectOwnership": "ObjectWriter"}]});
    let before = json!({"PublicAccessBlockConfiguration": open, "OwnershipControls": controls});
    let _ = aws.update(&update(BUCKET, "media", before, json!({}))).await;
    let block = sent(&log, "publicAccessBlock");
    assert!(block.starts_with("PUT") && block.matches(">true<").count() == 4, "{block}");
    let ownership = sent(&log, "ownershipControls");
    assert!(ownership.starts_with("PUT") && ownership.contains("BucketOwnerEnforced"), "{ownership}");
}

fn balancer() -> Answer {
    Answer::ok(
        "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>\
         <LoadBalancerArn>arn:1</LoadBalancerArn><VpcId>vpc-1</VpcId></member></LoadBalancers>\
         </DescribeLoadBalancersResult></DescribeLoadBalancersResponse>",
    )
}

fn default_group() -> Answer {
    Answer::ok(
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-default</groupId></item>\
         </securityGroupInfo></DescribeSecurityGroupsResponse>",
    )
}

#[tokio::test]
async fn a_balancer_without_declared_security_groups_has_the_default_one_and_a_network_one_keeps_its_own() {
    let answer = |sent: &str| match sent {
        sent if sent.contains("Action=DescribeLoadBalancers&") => balancer(),
        sent if sent.contains("Action=DescribeSecurityGroups&") => default_group(),
        sent => Answer::empty(sent),
    };
    let (aws_, log) = aws(answer);
    let before = json!({"SecurityGroups": ["sg-1"], "Subnets": ["a", "b"]});
    let _ = aws_.update(&update(BALANCER, "arn:1", before, json!({"Subnets": ["a", "b"]}))).await;
    assert!(sent(&log, "Action=SetSecurityGroups").contains("SecurityGroups.member.1=sg-default"), "{:#?}", log.all());

    let (aws_, log) = aws(answer);
    let before = json!({"SecurityGroups": ["sg-1"], "Subnets": ["a"], "Type": "network"});
    let after = json!({"Subnets": ["a"], "Type": "network"});
    let error = aws_.update(&update(BALANCER, "arn:1", before, after)).await.unwrap_err();
    assert_eq!((error.class, log.count("SetSecurityGroups")), (ErrorClass::Invalid, 0), "{error}");
}

fn listener(protocol: &str, more: Json) -> Json {
    let mut properties = json!({"LoadBalancerArn": "arn:lb", "Port": 443, "Protocol": protocol,
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]});
    properties.as_object_mut().unwrap().extend(map(more));
    properties
}

#[tokio::test]
async fn settings_of_tls_go_back_to_their_defaults_and_are_not_sent_to_a_listener_without_tls() {
    let declared = json!({"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "MutualAuthentication": {"Mode": "verify"},
        "Certificates": [{"CertificateArn": "arn:cert"}]});
    let certificate = json!({"Certificates": [{"CertificateArn": "arn:cert"}]});
    let (aws_, log) = aws(Answer::empty);
    let _ = aws_
        .update(&update(LISTENER, "arn:l", listener("HTTPS", declared.clone()), listener("HTTPS", certificate)))
        .await;
    let modified = sent(&log, "Action=ModifyListener");
    assert!(modified.contains("SslPolicy=ELBSecurityPolicy-2016-08"), "{modified}");
    assert!(modified.contains("MutualAuthentication.Mode=off"), "{modified}");

    let (aws_, log) = aws(Answer::empty);
    let _ = aws_.update(&update(LISTENER, "arn:l", listener("HTTPS", declared), listener("HTTP", json!({})))).await;
    let modified = sent(&log, "Action=ModifyListener");
    assert!(!modified.contains("SslPolicy") && !modified.contains("MutualAuthentication"), "{modified}");
}

#[tokio::test]
async fn the_default_security_group_of_an_endpoint_goes_when_others_are_declared_and_comes_back() {
    let answer = |sent: &str| match sent {
        sent if sent.contains("Action=DescribeSecurityGroups&") => default_group(),
        sent if sent.contains("Action=DescribeVpcEndpoints&") => Answer::ok(
            "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId>\
             <state>available</state><groupSet><item><groupId>sg-default</groupId></item><item>\
             <groupId>sg-by-hand</groupId></item></groupSet></item></vpcEndpointSet></DescribeVpcEndpointsResponse>",
        ),
        sent => Answer::empty(sent),
    };
    let endpoint = |more: Json| {
        let mut properties = map(json!({"ServiceName": "s", "VpcId": "vpc-1", "VpcEndpointType": "Interface"}));
        properties.extend(map(more));
        Json::Object(properties)
    };
    let (aws_, log) = aws(answer);
    let declared = endpoint(json!({"SecurityGroupIds": ["sg-1"]}));
    aws_.update(&update(ENDPOINT, "vpce-1", endpoint(json!({})), declared.clone())).await.unwrap();
    let modified = sent(&log, "Action=ModifyVpcEndpoint");
    assert!(
        modified.contains("AddSecurityGroupId.1=sg-1") && modified.contains("RemoveSecurityGroupId.1=sg-default"),
        "{modified}"
    );
    assert!(!modified.contains("sg-by-hand"), "{modified}");

    let (aws_, log) = aws(answer);
    aws_.update(&update(ENDPOINT, "vpce-1", declared, endpoint(json!({})))).await.unwrap();
    let modified = sent(&log, "Action=ModifyVpcEndpoint");
    assert!(
        modified.contains("AddSecurityGroupId.1=sg-default") && modified.contains("RemoveSecurityGroupId.1=sg-1"),
        "{modified}"
    );

    for property in [json!({"IpAddressType": "dualstack"}), json!({"DnsOptions": {"DnsRecordIpType": "ipv4"}})] {
        let (aws_, log) = aws(answer);
        let refused =
            aws_.update(&update(ENDPOINT, "vpce-1", endpoint(property), endpoint(json!({})))).await.unwrap_err();
        assert_eq!((refused.class, log.all().len()), (ErrorClass::Invalid, 0), "{refused}");
    }
}
