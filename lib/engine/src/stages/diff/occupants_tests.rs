use groundplan_schema::Replacement;
use serde_json::json;

use super::*;
use crate::fake::{SUBNET, VPC, assembly};
use crate::model::Orphan;
use crate::stages::diff::tests::{changes, deployed};
use crate::stages::diff::{PropertyChange, Rendered};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GATEWAY: &str = "AWS::EC2::VPCGatewayAttachment";

fn gateway() -> (&'static str, &'static str, serde_json::Value) {
    ("a/att", GATEWAY, json!({"VpcId": "vpc-1", "InternetGatewayId": "igw-1"}))
}

#[test]
fn what_has_public_addresses_is_public_and_in_the_network() {
    let balancer = |path, scheme: &str, subnet: &str| {
        (path, BALANCER, json!({"Scheme": scheme, "Subnets": [{"$ref": format!("{subnet}#SubnetId")}]}))
    };
    let subnet = |path, vpc: &str| (path, SUBNET, json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}));
    let program = assembly(&[
        gateway(),
        balancer("a/far", "internet-facing", "a/there"),
        balancer("a/internal", "internal", "a/here"),
        balancer("a/public", "internet-facing", "a/here"),
        subnet("a/here", "vpc-1"),
        subnet("a/there", "vpc-2"),
    ]);
    let state = deployed(&assembly(&[gateway()]));
    let changes = changes(&program, &state).changes;
    assert_eq!(coming(&program, &state, &changes, &state.resources["a/att"]), [&Path::from("a/public")]);
}

#[test]
fn what_has_public_addresses_only_with_a_setting_has_none_without_it() {
    let group = json!({"$ref": "a/group#DBSubnetGroupName"});
    let multi_az = json!({"DBSubnetGroupName": group, "DBClusterInstanceClass": "db.m5d.large"});
    let program = assembly(&[
        ("a/aurora", "AWS::RDS::DBCluster", json!({"DBSubnetGroupName": group})),
        ("a/group", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": [{"$ref": "a/here#SubnetId"}]})),
        ("a/here", SUBNET, json!({"VpcId": {"$ref": "a/vpc#VpcId"}, "CidrBlock": "10.0.0.0/24"})),
        ("a/multi-az", "AWS::RDS::DBCluster", multi_az),
        ("a/vpc", VPC, json!({"CidrBlock": "10.0.0.0/16"})),
    ]);
    let attached = ("a/att", GATEWAY, json!({"VpcId": "id-of-a/vpc", "InternetGatewayId": "igw-1"}));
    let state = deployed(&assembly(&[attached, ("a/vpc", VPC, json!({"CidrBlock": "10.0.0.0/16"}))]));
    let changes = changes(&program, &state).changes;
    assert_eq!(coming(&program, &state, &changes, &state.resources["a/att"]), [&Path::from("a/multi-az")]);
}

fn change(path: &str, type_name: &str, action: Action, property: &str) -> Change {
    let property = PropertyChange {
        property: property.into(),
        from: Rendered::Absent,
        to: Rendered::Absent,
        replacement: Replacement::Never,
        because: None,
    };
    Change {
        path: path.into(),
        type_name: type_name.into(),
        action,
        reasons: Vec::new(),
        properties: vec![property],
        moved_from: None,
        data_loss: false,
        protected: false,
    }
}

#[test]
fn a_gateway_is_detached_by_a_change_in_place_of_which_gateway_it_is() {
    let detached = |action, property| is_detached(&change("a/att", GATEWAY, action, property));
    assert!(detached(Action::Update, "InternetGatewayId"));
    assert!(!detached(Action::Update, "VpnGatewayId"));
    assert!(!detached(Action::Replace(Order::CreateFirst), "InternetGatewayId"));
}

#[test]
fn what_was_replaced_is_in_nobodys_way_though_its_path_is_replaced_again() {
    let balancer = ("a/alb", BALANCER, json!({"Scheme": "internet-facing", "Subnets": ["id-of-a/here"]}));
    let mut state = deployed(&assembly(&[
        gateway(),
        balancer,
        ("a/here", SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"})),
    ]));
    let changes = [
        change("a/alb", BALANCER, Action::Replace(Order::CreateFirst), "Name"),
        change("a/att", GATEWAY, Action::Replace(Order::DeleteFirst), "VpcId"),
    ];
    let changes: BTreeMap<Path, Change> = changes.map(|change| (change.path.clone(), change)).into();
    assert_eq!(in_the_way(&state, &changes), ["a/alb".into()].into());
    let mut detached = changes.clone();
    detached.insert("a/att".into(), change("a/att", GATEWAY, Action::Update, "InternetGatewayId"));
    assert_eq!(in_the_way(&state, &detached), ["a/alb".into()].into());
    let old = state.resources["a/alb"].clone();
    state.deposed.push(Orphan { path: "a/alb".into(), resource: old });
    state.resources.get_mut("a/alb").unwrap().properties.insert("Scheme".into(), "internal".into());
    assert_eq!(in_the_way(&state, &changes), BTreeSet::new());
}
