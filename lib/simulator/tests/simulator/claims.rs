//! Unique names and claims, and resources that are in use.

use groundplan_engine::provider::{ErrorClass, Provider as _};
use groundplan_simulator::Simulator;
use serde_json::{Value as Json, json};

use super::common::{create, delete, read, refusal, request, try_create, try_delete, update};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
const POLICY: &str = "AWS::IAM::RolePolicy";

fn forward(group: &str) -> Json {
    json!([{"Type": "forward", "TargetGroupArn": group}])
}

struct Edge {
    balancers: [String; 2],
    group: String,
    listener: String,
}

/// Two load balancers, and a target group behind a listener of the first.
async fn edge(cloud: &Simulator) -> Edge {
    let mut balancers = Vec::new();
    for name in ["a", "b"] {
        let balancer = json!({"Name": name, "Type": "network"});
        balancers.push(create(cloud, &format!("shop/{name}"), BALANCER, balancer).await.id);
    }
    let group = create(cloud, "shop/group", GROUP, json!({"Name": "web", "Port": 80, "Protocol": "TCP"})).await.id;
    let listener = json!({"LoadBalancerArn": balancers[0], "Port": 80, "DefaultActions": forward(&group)});
    let listener = create(cloud, "shop/listener", LISTENER, listener).await.id;
    Edge { balancers: [balancers.remove(0), balancers.remove(0)], group, listener }
}

#[tokio::test(start_paused = true)]
async fn a_target_group_belongs_to_one_load_balancer() {
    let cloud = Simulator::in_memory(1);
    let Edge { balancers: [first, second], group, listener } = edge(&cloud).await;
    let other = |balancer: &str| json!({"LoadBalancerArn": balancer, "Port": 81, "DefaultActions": forward(&group)});
    let refused = refusal(try_create(&cloud, "shop/second", LISTENER, other(&second)).await);
    assert!(refused.starts_with("TargetGroupAssociationLimit"), "{refused}");
    create(&cloud, "shop/more", LISTENER, other(&first)).await;
    let rule = json!({"ListenerArn": listener, "Priority": 1, "Conditions": [], "Actions": forward(&group)});
    create(&cloud, "shop/rule", RULE, rule).await;
    let held = refusal(try_delete(&cloud, GROUP, &group).await);
    assert!(held.starts_with("ResourceInUse"), "{held}");
}

#[tokio::test(start_paused = true)]
async fn a_port_and_a_priority_are_taken_once() {
    let cloud = Simulator::in_memory(1);
    let Edge { balancers: [first, _], group, listener } = edge(&cloud).await;
    let taken = json!({"LoadBalancerArn": first, "Port": 80, "DefaultActions": forward(&group)});
    let refused = try_create(&cloud, "shop/second", LISTENER, taken).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_deref()), (ErrorClass::AlreadyExists, Some("DuplicateListener")));
    let rule = |priority: u32| json!({"ListenerArn": listener, "Priority": priority, "Conditions": [], "Actions": forward(&group)});
    create(&cloud, "shop/one", RULE, rule(1)).await;
    let refused = try_create(&cloud, "shop/again", RULE, rule(1)).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_deref()), (ErrorClass::AlreadyExists, Some("PriorityInUse")));
    create(&cloud, "shop/two", RULE, rule(2)).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_takes_nothing_that_another_has() {
    let cloud = Simulator::in_memory(1);
    let Edge { balancers: [_, second], group, .. } = edge(&cloud).await;
    let spare = create(&cloud, "shop/spare", GROUP, json!({"Name": "spare", "Port": 80, "Protocol": "TCP"})).await.id;
    let listener = |group: &str| json!({"LoadBalancerArn": second, "Port": 80, "DefaultActions": forward(group)});
    let made = create(&cloud, "shop/other", LISTENER, listener(&spare)).await.id;
    let refused = refusal(update(&cloud, LISTENER, &made, listener(&group)).await);
    assert!(refused.starts_with("TargetGroupAssociationLimit"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn an_inline_policy_is_not_overwritten_by_another_one() {
    let cloud = Simulator::in_memory(1);
    create(&cloud, "shop/role", "AWS::IAM::Role", json!({"RoleName": "task", "AssumeRolePolicyDocument": {}})).await;
    let policy = |action: &str| {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        json!({"RoleName": "task", "PolicyName": "read", "PolicyDocument": document})
    };
    let first = create(&cloud, "shop/old", POLICY, policy("s3:GetObject")).await.id;
    // AWS takes the call, so that the provider has to look before: the delete of one would be the loss of the other.
    for action in ["s3:GetObject", "s3:ListBucket"] {
        let refused = try_create(&cloud, "shop/new", POLICY, policy(action)).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::AlreadyExists);
    }
    let live = read(&cloud, POLICY, &first).await.unwrap();
    assert_eq!(live.properties["PolicyDocument"], policy("s3:GetObject")["PolicyDocument"]);
    delete(&cloud, POLICY, &first).await;
    create(&cloud, "shop/new", POLICY, policy("s3:ListBucket")).await;
}

#[tokio::test(start_paused = true)]
async fn a_route_a_rule_and_an_association_are_there_once() {
    let cloud = Simulator::in_memory(1);
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"});
    let subnet = create(&cloud, "shop/subnet", "AWS::EC2::Subnet", subnet).await.id;
    let [one, two] = ["shop/one", "shop/two"];
    let mut tables = Vec::new();
    for path in [one, two] {
        tables.push(create(&cloud, path, "AWS::EC2::RouteTable", json!({"VpcId": vpc})).await.id);
    }
    let group = json!({"GroupDescription": "web", "VpcId": vpc});
    let group = create(&cloud, "shop/group", "AWS::EC2::SecurityGroup", group).await.outputs["GroupId"].clone();
    let route =
        |to: &str| json!({"RouteTableId": tables[0], "DestinationCidrBlock": "192.0.2.0/24", "NetworkInterfaceId": to});
    let rule = |text: &str| {
        json!({
            "GroupId": group, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0",
            "Description": text,
        })
    };
    let association = |table: &str| json!({"SubnetId": subnet, "RouteTableId": table});
    for (type_name, first, second, code) in [
        ("AWS::EC2::Route", route("eni-1"), route("eni-2"), "RouteAlreadyExists"),
        ("AWS::EC2::SecurityGroupIngress", rule("a"), rule("b"), "InvalidPermission.Duplicate"),
        (
            "AWS::EC2::SubnetRouteTableAssociation",
            association(&tables[0]),
            association(&tables[1]),
            "Resource.AlreadyAssociated",
        ),
    ] {
        for interface in ["eni-1", "eni-2"] {
            cloud.assume(interface);
        }
        create(&cloud, "shop/first", type_name, first).await;
        let refused = try_create(&cloud, "shop/second", type_name, second).await.unwrap_err();
        assert_eq!((refused.class, refused.code.as_deref()), (ErrorClass::AlreadyExists, Some(code)));
    }
    let held = refusal(try_delete(&cloud, "AWS::EC2::RouteTable", &tables[0]).await);
    assert!(held.starts_with("DependencyViolation"), "{held}");
}

#[tokio::test(start_paused = true)]
async fn public_addresses_hold_the_attachment_of_the_internet_gateway() {
    let cloud = Simulator::in_memory(1);
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"});
    let subnet = create(&cloud, "shop/subnet", "AWS::EC2::Subnet", subnet).await.id;
    let gateway = create(&cloud, "shop/igw", "AWS::EC2::InternetGateway", json!({})).await.id;
    let attachment = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    let attachment = create(&cloud, "shop/attach", "AWS::EC2::VPCGatewayAttachment", attachment).await.id;
    let balancer = json!({"Name": "web", "Type": "network", "Subnets": [subnet]});
    let balancer = create(&cloud, "shop/nlb", BALANCER, balancer).await.id;
    let held = refusal(try_delete(&cloud, "AWS::EC2::VPCGatewayAttachment", &attachment).await);
    assert!(held.starts_with("DependencyViolation") && held.contains(&balancer), "{held}");
}

#[tokio::test(start_paused = true)]
async fn what_is_found_by_its_parts_is_found_in_every_spelling() {
    let cloud = Simulator::in_memory(1);
    let group = json!({"GroupDescription": "web"});
    let group = create(&cloud, "shop/group", "AWS::EC2::SecurityGroup", group).await.outputs["GroupId"].clone();
    let rule = |block: &str| json!({"GroupId": group, "IpProtocol": "-1", "CidrIp": block, "Description": block});
    let made = create(&cloud, "shop/rule", "AWS::EC2::SecurityGroupIngress", rule("10.0.0.5/8")).await.id;
    let find = |block: &str| request("shop/other", "AWS::EC2::SecurityGroupIngress", rule(block));
    assert_eq!(cloud.find(&find("10.0.0.0/8")).await.unwrap(), [made]);
    assert!(cloud.find(&find("10.0.0.0/9")).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn equal_permissions_of_a_function_stand_beside_each_other() {
    let cloud = Simulator::in_memory(1);
    cloud.assume("worker");
    let permission =
        || json!({"FunctionName": "worker", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"});
    let one = create(&cloud, "shop/one", "AWS::Lambda::Permission", permission()).await.id;
    let two = create(&cloud, "shop/two", "AWS::Lambda::Permission", permission()).await.id;
    assert_ne!(one, two, "a statement id tells them apart");
}

#[tokio::test(start_paused = true)]
async fn a_vpc_has_one_ipv6_block_of_amazons_in_each_border_group_and_any_number_out_of_a_pool() {
    const BLOCK: &str = "AWS::EC2::VPCCidrBlock";
    let cloud = Simulator::in_memory(1);
    cloud.assume("ipam-pool-1");
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let amazon = |group: &str| json!({"VpcId": vpc, "AmazonProvidedIpv6CidrBlock": true, "Ipv6CidrBlockNetworkBorderGroup": group});
    let central = create(&cloud, "shop/central", BLOCK, amazon("eu-central-1")).await.id;
    let refused = try_create(&cloud, "shop/again", BLOCK, amazon("eu-central-1")).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::AlreadyExists);
    let hamburg = create(&cloud, "shop/hamburg", BLOCK, amazon("eu-central-1-ham-1")).await.id;
    assert_ne!(central, hamburg);
    assert_eq!(cloud.find(&request("shop/hamburg", BLOCK, amazon("eu-central-1-ham-1"))).await.unwrap(), [hamburg]);

    let pooled = || json!({"VpcId": vpc, "Ipv4IpamPoolId": "ipam-pool-1", "Ipv4NetmaskLength": 24});
    let first = create(&cloud, "shop/first", BLOCK, pooled()).await.id;
    let second = create(&cloud, "shop/second", BLOCK, pooled()).await.id;
    assert_ne!(first, second);
    assert_eq!(cloud.find(&request("shop/first", BLOCK, pooled())).await.unwrap(), [first]);
}

#[tokio::test(start_paused = true)]
async fn what_a_repeated_create_returns_is_the_one_that_it_has_made_and_no_other() {
    let cloud = Simulator::in_memory(1);
    let Edge { balancers: [first, _], .. } = edge(&cloud).await;
    let again = try_create(&cloud, "shop/a", BALANCER, json!({"Name": "a", "Type": "network"})).await.unwrap();
    assert_eq!(again.id, first);
    let other = try_create(&cloud, "shop/other", BALANCER, json!({"Name": "a", "Type": "network"})).await.unwrap_err();
    assert_eq!(other.class, ErrorClass::AlreadyExists, "its tags carry the token of another creation");
    let changed =
        try_create(&cloud, "shop/a", BALANCER, json!({"Name": "a", "Type": "application"})).await.unwrap_err();
    assert_eq!(changed.class, ErrorClass::AlreadyExists, "its settings differ");
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_is_not_deleted_whatever_the_setting_is_called() {
    let cloud = Simulator::in_memory(1);
    let attributes = |value: &str| {
        json!({
            "Name": "web", "Type": "network",
            "LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": value}],
        })
    };
    let balancer = create(&cloud, "shop/web", BALANCER, attributes("true")).await.id;
    assert!(refusal(try_delete(&cloud, BALANCER, &balancer).await).contains("is protected"));
    update(&cloud, BALANCER, &balancer, attributes("false")).await.unwrap();
    delete(&cloud, BALANCER, &balancer).await;
    let pool = create(&cloud, "shop/pool", "AWS::Cognito::UserPool", json!({"DeletionProtection": "ACTIVE"})).await.id;
    assert!(refusal(try_delete(&cloud, "AWS::Cognito::UserPool", &pool).await).contains("is protected"));
}

#[tokio::test(start_paused = true)]
async fn a_name_of_one_letter_is_known_as_any_other() {
    let cloud = Simulator::in_memory(1);
    let role = create(&cloud, "shop/role", "AWS::IAM::Role", json!({"RoleName": "w", "AssumeRolePolicyDocument": {}}))
        .await
        .id;
    let policy = json!({"RoleName": "w", "PolicyName": "p", "PolicyDocument": {}});
    let policy = create(&cloud, "shop/policy", POLICY, policy).await.id;
    let held = refusal(try_delete(&cloud, "AWS::IAM::Role", &role).await);
    assert!(held.starts_with("DeleteConflict"), "{held}");
    delete(&cloud, POLICY, &policy).await;
    delete(&cloud, "AWS::IAM::Role", &role).await;
}
