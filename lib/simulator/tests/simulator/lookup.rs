//! The matches of lookups in an account.

use groundplan_core::Environment;
use groundplan_core::lookup::{HostedZoneQuery, Query, Tags, VpcQuery};
use groundplan_engine::Provider;
use groundplan_engine::provider::{LookupRequest, Matches};
use groundplan_simulator::Simulator;
use serde_json::json;

use crate::common::create;

fn tags(key: &str, value: &str) -> Tags {
    [(key.to_owned(), value.to_owned())].into()
}

async fn look_up(cloud: &Simulator, query: Query) -> Matches {
    let environment = Environment::new("eu-central-1");
    let request = LookupRequest { path: "shop/it".into(), query, environment, own: Default::default() };
    cloud.look_up(&request).await.unwrap()
}

async fn vpc(cloud: &Simulator, query: VpcQuery) -> Matches {
    look_up(cloud, Query::Vpc(query)).await
}

#[tokio::test(start_paused = true)]
async fn a_vpc_is_found_by_all_that_the_query_states() {
    let cloud = Simulator::in_memory(1).with_account("111122223333");
    let network = |block: &str, name: &str| json!({"CidrBlock": block, "Tags": [{"Key": "Name", "Value": name}]});
    let own = create(&cloud, "net/a", "AWS::EC2::VPC", network("10.0.0.0/16", "shared")).await.id;
    let other = create(&cloud, "net/b", "AWS::EC2::VPC", network("10.1.0.0/16", "shared")).await.id;
    let more = json!({"VpcId": own, "CidrBlock": "100.64.0.0/16"});
    create(&cloud, "net/more", "AWS::EC2::VPCCidrBlock", more).await;
    let by_tag = VpcQuery { tags: tags("Name", "shared"), ..VpcQuery::default() };
    assert_eq!(vpc(&cloud, by_tag.clone()).await.matches.len(), 2);
    let by_id = vpc(&cloud, VpcQuery { id: Some(own.clone()), ..by_tag.clone() }).await.matches;
    assert_eq!(
        json!(by_id[0].outputs),
        json!({"VpcId": own, "CidrBlock": "10.0.0.0/16", "CidrBlocks": ["10.0.0.0/16", "100.64.0.0/16"]})
    );
    let by_owner = |owner: &str| VpcQuery { owner: Some(owner.to_owned()), ..by_tag.clone() };
    assert_eq!(vpc(&cloud, by_owner("111122223333")).await.matches.len(), 2);
    assert!(vpc(&cloud, by_owner("444455556666")).await.matches.is_empty());
    let default = vpc(&cloud, VpcQuery { is_default: true, ..VpcQuery::default() }).await;
    assert!(default.matches.is_empty() && default.others.iter().any(|it| it.starts_with(&other)), "{default:?}");
}

#[tokio::test(start_paused = true)]
async fn subnets_are_chosen_by_tags_and_by_routes_to_an_internet_gateway() {
    let cloud = Simulator::in_memory(1);
    let id = create(&cloud, "net/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let gateway = create(&cloud, "net/gateway", "AWS::EC2::InternetGateway", json!({})).await.id;
    let attachment = json!({"VpcId": id, "InternetGatewayId": gateway});
    create(&cloud, "net/attachment", "AWS::EC2::VPCGatewayAttachment", attachment).await;
    let table = create(&cloud, "net/table", "AWS::EC2::RouteTable", json!({"VpcId": id})).await.id;
    for half in ["0.0.0.0/1", "128.0.0.0/1"] {
        let route = json!({"RouteTableId": table, "DestinationCidrBlock": half, "GatewayId": gateway});
        create(&cloud, &format!("net/{half}"), "AWS::EC2::Route", route).await;
    }
    let mut subnets = Vec::new();
    for (position, tier) in ["web", "app", "database"].into_iter().enumerate() {
        let subnet = json!({
            "VpcId": id, "CidrBlock": format!("10.0.{position}.0/24"), "AvailabilityZone": "eu-central-1a",
            "Tags": [{"Key": "tier", "Value": tier}],
        });
        subnets.push(create(&cloud, &format!("net/{tier}"), "AWS::EC2::Subnet", subnet).await.id);
    }
    let association = json!({"SubnetId": subnets[0], "RouteTableId": table});
    create(&cloud, "net/association", "AWS::EC2::SubnetRouteTableAssociation", association).await;

    let query = |tier: &str| VpcQuery { private_subnets: tags("tier", tier), ..VpcQuery::default() };
    let found = vpc(&cloud, query("database")).await.matches.remove(0).outputs;
    assert_eq!((&found["PublicSubnetIds"], &found["PrivateSubnetIds"]), (&json!([subnets[0]]), &json!([subnets[2]])));
    let missing = vpc(&cloud, query("cache")).await;
    let app = format!("{id}: {} (eu-central-1a, private, tier=app)", subnets[1]);
    assert!(missing.matches.is_empty() && missing.others.contains(&app), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn private_zones_of_one_domain_are_told_apart_by_their_vpcs_and_tags() {
    let cloud = Simulator::in_memory(1);
    let mut zones = Vec::new();
    for (block, tier) in [("10.0.0.0/16", "core"), ("10.1.0.0/16", "edge")] {
        let vpc = create(&cloud, &format!("net/{tier}"), "AWS::EC2::VPC", json!({"CidrBlock": block})).await.id;
        let zone = json!({
            "Name": "shop.internal", "VPCs": [{"VPCId": vpc, "VPCRegion": "eu-central-1"}],
            "HostedZoneTags": [{"Key": "tier", "Value": tier}],
        });
        zones.push((create(&cloud, &format!("net/{tier}-zone"), "AWS::Route53::HostedZone", zone).await.id, vpc));
    }
    let query = HostedZoneQuery { domain: "shop.internal".into(), private: true, ..HostedZoneQuery::default() };
    let found = async |query: HostedZoneQuery| {
        let matches = look_up(&cloud, Query::HostedZone(query)).await.matches;
        matches.into_iter().map(|it| it.outputs["HostedZoneId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(query.clone()).await.len(), 2);
    let in_vpc = HostedZoneQuery { vpc: Some(zones[1].1.clone()), ..query.clone() };
    assert_eq!(found(in_vpc).await, [zones[1].0.clone()]);
    let tagged = HostedZoneQuery { tags: tags("tier", "core"), ..query.clone() };
    assert_eq!(found(tagged).await, [zones[0].0.clone()]);
    assert_eq!(found(HostedZoneQuery { private: false, ..query }).await, [""; 0]);
}
