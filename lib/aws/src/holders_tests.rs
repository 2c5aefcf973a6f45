//! The holders that a refused deletion names.

use std::collections::BTreeMap;

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, ErrorClass, Identity, ProviderError};
use groundplan_schema::lookup;
use serde_json::{Value as Json, json};

use crate::config::Regions;
use crate::handler::Context;
use crate::registry;
use crate::replay::{Answer, address, aws, config, existing};

/// Types of which the delete call is refused for nothing that holds the resource, with what it does instead, or what
/// says it there.
const UNHELD: &[(&str, &str)] = &[
    ("AWS::ApplicationAutoScaling::ScalableTarget", "its policies and scheduled actions go with it"),
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "its alarms go with it"),
    ("AWS::EC2::EgressOnlyInternetGateway", "routes to it become black holes"),
    ("AWS::EC2::NatGateway", "routes to it become black holes"),
    ("AWS::EC2::Route", "it is a part of its table"),
    ("AWS::EC2::SecurityGroupEgress", "it is a part of its group"),
    ("AWS::EC2::SecurityGroupIngress", "it is a part of its group"),
    ("AWS::EC2::SubnetRouteTableAssociation", "the subnet goes back to the main table"),
    ("AWS::ECS::Service", "it is deleted by force, and its tasks stop"),
    ("AWS::ECS::TaskDefinition", "services go on with a deregistered revision"),
    ("AWS::ElasticLoadBalancingV2::Listener", "its rules go with it"),
    ("AWS::ElasticLoadBalancingV2::ListenerCertificate", "it is a part of its listener"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "it is a part of its listener"),
    ("AWS::IAM::AccessKey", "IAM knows nobody that uses it"),
    ("AWS::IAM::Role", "what it has is read first, and the error lists it"),
    ("AWS::IAM::RolePolicy", "it is a part of its role"),
    ("AWS::IAM::User", "what it has is read first, and the error lists it"),
    ("AWS::KMS::Alias", "KMS knows nobody that uses it"),
    ("AWS::KMS::Key", "ScheduleKeyDeletion asks nobody, and a key with replicas waits for them"),
    ("AWS::Logs::LogGroup", "its streams, filters and subscriptions go with it"),
    ("AWS::RDS::DBInstance", "its own status refuses it, which the error names; replicas are promoted"),
    ("AWS::Route53::HostedZone", "the error lists the records"),
    ("AWS::Route53::RecordSet", "Route 53 knows nobody that uses it"),
    ("AWS::S3::Bucket", "its objects are deleted, or the error says that it has some; access points are named by S3"),
    ("AWS::S3::BucketPolicy", "it is a part of its bucket"),
    ("AWS::SNS::Topic", "its subscriptions go with it"),
    ("AWS::SecretsManager::Secret", "the error of Secrets Manager names the regions of its replicas"),
];

/// A handler that names holders has to ask for them.
#[tokio::test]
async fn every_native_type_names_what_holds_it_or_says_why_nothing_does() {
    let reasons: BTreeMap<_, _> = UNHELD.iter().copied().collect();
    assert_eq!(reasons.len(), UNHELD.len(), "a type is listed twice");
    for name in registry::native_types() {
        let (config, log) = config(|_| Answer::Lost);
        let cx = Context {
            address: address(name, "eu-central-1"),
            identity: Identity { account: "111122223333".into(), partition: "aws".into() },
            token: String::new(),
            delete_data: false,
            final_snapshot: None,
            is_incomplete: false,
            is_new: false,
            asked: None,
            clients: Regions::new(config).clients("eu-central-1"),
        };
        let parts = lookup(name).unwrap().primary_identifier.len();
        let resource = existing(name, &vec!["a"; parts].join("|"), json!({}));
        let _ = registry::find(name).unwrap().holders(&cx, &resource).await;
        let asks = !log.all().is_empty();
        assert_eq!(asks, !reasons.contains_key(name), "{name}: it either asks for what holds it, or nothing does");
    }
    let unknown: Vec<_> = reasons.keys().filter(|name| !registry::native_types().any(|it| it == **name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The error of a delete call that is refused with this code, where the other calls answer so.
async fn refused(
    type_name: &str,
    id: &str,
    properties: Json,
    refusal: fn(&str) -> Option<Answer>,
    answer: fn(&str) -> String,
) -> ProviderError {
    let (aws, _) = aws(move |sent| refusal(sent).unwrap_or_else(|| Answer::ok(answer(sent))));
    let existing = existing(type_name, id, properties);
    let error = aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict, "{error}");
    error
}

fn rds_error(code: &str) -> Answer {
    let message = "it is in use";
    Answer::Is(
        400,
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"),
    )
}

/// Response of RDS: two databases, of which the first uses the groups, and a cluster.
fn databases(sent: &str) -> String {
    let instance = |name: &str, group: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><DBSubnetGroup><DBSubnetGroupName>{group}\
             </DBSubnetGroupName></DBSubnetGroup><DBParameterGroups><DBParameterGroup><DBParameterGroupName>{group}\
             </DBParameterGroupName></DBParameterGroup></DBParameterGroups></DBInstance>"
        )
    };
    match sent.contains("Action=DescribeDBClusters") {
        true => "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>c\
                 </DBClusterIdentifier><DBSubnetGroup>group</DBSubnetGroup></DBCluster></DBClusters>\
                 </DescribeDBClustersResult></DescribeDBClustersResponse>"
            .to_owned(),
        false => format!(
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{}{}</DBInstances>\
             </DescribeDBInstancesResult></DescribeDBInstancesResponse>",
            instance("a", "group"),
            instance("b", "other")
        ),
    }
}

#[tokio::test]
async fn a_group_of_databases_names_those_that_use_it() {
    let refusal =
        |sent: &str| sent.contains("=DeleteDBSubnetGroup").then(|| rds_error("InvalidDBSubnetGroupStateFault"));
    let error = refused("AWS::RDS::DBSubnetGroup", "group", json!({}), refusal, databases).await;
    assert_eq!(error.message, "it is in use; it is held by database a, cluster c");
    let refusal =
        |sent: &str| sent.contains("=DeleteDBParameterGroup").then(|| rds_error("InvalidDBParameterGroupState"));
    let error = refused("AWS::RDS::DBParameterGroup", "group", json!({}), refusal, databases).await;
    assert_eq!(error.message, "it is in use; it is held by database a");
}

#[tokio::test]
async fn a_block_of_a_vpc_names_the_subnets_in_it() {
    let refusal = |sent: &str| {
        let is_it = sent.contains("Action=DisassociateVpcCidrBlock");
        is_it.then(|| Answer::ec2_error(400, "InvalidCidrBlock.InUse", "The vpc currently has a subnet within it"))
    };
    let answer = |sent: &str| match sent.contains("Action=DescribeVpcs") {
        true => "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><cidrBlockAssociationSet><item>\
                 <associationId>four</associationId><cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockState><state>associated\
                 </state></cidrBlockState></item></cidrBlockAssociationSet><ipv6CidrBlockAssociationSet><item>\
                 <associationId>six</associationId><ipv6CidrBlock>2600:1f18::/56</ipv6CidrBlock><ipv6CidrBlockState>\
                 <state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet></item></vpcSet>\
                 </DescribeVpcsResponse>"
            .to_owned(),
        false => "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><cidrBlock>10.1.2.0/24\
                  </cidrBlock></item><item><subnetId>subnet-2</subnetId><cidrBlock>10.0.2.0/24</cidrBlock>\
                  <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2600:1f18:0:7::/64</ipv6CidrBlock></item>\
                  </ipv6CidrBlockAssociationSet></item></subnetSet></DescribeSubnetsResponse>"
            .to_owned(),
    };
    for (block, subnet) in [("four", "subnet-1"), ("six", "subnet-2")] {
        let id = format!("{block}|vpc-1");
        let error = refused("AWS::EC2::VPCCidrBlock", &id, json!({"VpcId": "vpc-1"}), refusal, answer).await;
        let expected = format!("The vpc currently has a subnet within it; it is held by subnet {subnet}");
        assert_eq!(error.message, expected);
    }
}

#[tokio::test]
async fn a_load_balancer_names_the_endpoint_services_that_offer_it() {
    let refusal = |sent: &str| sent.contains("Action=DeleteLoadBalancer").then(|| rds_error("ResourceInUse"));
    let answer = |sent: &str| {
        match sent.contains("Action=DescribeLoadBalancers") {
        true => "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>lb\
                 </LoadBalancerArn></member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
            .to_owned(),
        false => {
            let service = |id: &str, balancer: &str| {
                format!(
                    "<item><serviceId>{id}</serviceId><networkLoadBalancerArnSet><item>{balancer}</item>\
                     </networkLoadBalancerArnSet></item>"
                )
            };
            format!(
                "<DescribeVpcEndpointServiceConfigurationsResponse><serviceConfigurationSet>{}{}\
                 </serviceConfigurationSet></DescribeVpcEndpointServiceConfigurationsResponse>",
                service("vpce-svc-1", "lb"),
                service("vpce-svc-2", "other")
            )
        }
    }
    };
    let error = refused("AWS::ElasticLoadBalancingV2::LoadBalancer", "lb", json!({}), refusal, answer).await;
    assert_eq!(error.message, "it is in use; it is held by endpoint service vpce-svc-1");
}

#[tokio::test]
async fn an_endpoint_of_a_gateway_load_balancer_names_the_routes_to_it() {
    let refusal = |sent: &str| {
        sent.contains("Action=DeleteVpcEndpoints").then(|| {
            Answer::ok(
                "<DeleteVpcEndpointsResponse><unsuccessful><item><resourceId>vpce-1</resourceId><error><code>\
                 InvalidParameter</code><message>Endpoint must be removed from route table before deletion</message>\
                 </error></item></unsuccessful></DeleteVpcEndpointsResponse>",
            )
        })
    };
    let answer = |_: &str| {
        let route = |target: &str, gateway: &str| {
            format!(
                "<item><destinationCidrBlock>{target}</destinationCidrBlock><gatewayId>{gateway}</gatewayId></item>"
            )
        };
        format!(
            "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>{}{}\
             </routeSet></item></routeTableSet></DescribeRouteTablesResponse>",
            route("10.0.0.0/16", "local"),
            route("0.0.0.0/0", "vpce-1")
        )
    };
    let error = refused("AWS::EC2::VPCEndpoint", "vpce-1", json!({"VpcId": "vpc-1"}), refusal, answer).await;
    assert_eq!(
        error.message,
        "InvalidParameter: Endpoint must be removed from route table before deletion; it is held by the route to \
         0.0.0.0/0 of route table rtb-1"
    );
}
