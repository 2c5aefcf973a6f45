//! Recorded responses of EC2 that emulators do not reproduce.

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};

const ROUTE: &str = "AWS::EC2::Route";
const SUBNET: &str = "AWS::EC2::Subnet";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(type_name, id, before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    }
}

/// The place of the first request that contains this text, among all.
fn position(log: &Log, text: &str) -> usize {
    let all = log.all();
    all.iter().position(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text} in {all:#?}"))
}

fn table(route: &str) -> String {
    format!(
        "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet><item>{route}\
         </item></routeSet></item></routeTableSet></DescribeRouteTablesResponse>"
    )
}

#[tokio::test]
async fn a_route_is_compared_changed_and_deleted_under_the_block_that_ec2_made_of_the_declared_one() {
    let (aws, log) = aws(|sent| {
        let route = "<destinationCidrBlock>100.68.0.0/18</destinationCidrBlock><gatewayId>igw-1</gatewayId>";
        if sent.contains("Describe") { Answer::ok(table(route)) } else { Answer::empty(sent) }
    });
    let properties = |gateway: &str| json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "100.68.0.18/18", "GatewayId": gateway});
    let route = existing(ROUTE, "rtb-1|100.68.0.18/18", properties("igw-1"));
    let live = aws.read(&route).await.unwrap().unwrap();
    assert_eq!(live.properties["DestinationCidrBlock"], "100.68.0.18/18");

    aws.update(&update(ROUTE, &route.id, properties("igw-1"), properties("igw-2"))).await.unwrap();
    aws.delete(&DeleteRequest { existing: route, delete_data: false, final_snapshot: None }).await.unwrap();
    for action in ["ReplaceRoute", "DeleteRoute"] {
        let sent = &log.all()[position(&log, action)];
        assert!(sent.contains("DestinationCidrBlock=100.68.0.0%2F18"), "{sent}");
    }
}

#[tokio::test]
async fn an_address_of_a_local_zone_is_released_in_its_group() {
    let (aws, log) = aws(|_| Answer::ok("<ReleaseAddressResponse/>"));
    let properties = json!({"Domain": "vpc", "NetworkBorderGroup": "us-west-2-lax-1"});
    let existing = existing("AWS::EC2::EIP", "198.51.100.7|eipalloc-1", properties);
    assert_eq!(
        aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap(),
        Deletion::Gone
    );
    assert_eq!(log.count("NetworkBorderGroup=us-west-2-lax-1"), 1);
}

fn subnet(blocks: &[(&str, &str)]) -> String {
    let blocks: String = blocks
        .iter()
        .map(|(block, state)| {
            format!(
                "<item><associationId>assoc-{block}</associationId><ipv6CidrBlock>{block}</ipv6CidrBlock>\
                 <ipv6CidrBlockState><state>{state}</state></ipv6CidrBlockState></item>"
            )
        })
        .collect();
    format!(
        "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
         <state>available</state><ipv6CidrBlockAssociationSet>{blocks}</ipv6CidrBlockAssociationSet></item>\
         </subnetSet></DescribeSubnetsResponse>"
    )
}

#[tokio::test(start_paused = true)]
async fn a_subnet_assigns_ipv6_addresses_only_once_its_block_is_associated() {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        if sent.contains("Action=CreateSubnet") {
            return Answer::ok(
                "<CreateSubnetResponse><subnet><subnetId>subnet-1</subnetId></subnet></CreateSubnetResponse>",
            );
        }
        if sent.contains("DescribeSubnets") {
            let state = match looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 | 1 => "associating",
                _ => "associated",
            };
            return Answer::ok(subnet(&[("2001:db8::/64", state)]));
        }
        Answer::ok("<ModifySubnetAttributeResponse/>")
    });
    let properties = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/20", "Ipv6CidrBlock": "2001:db8::/64",
        "AssignIpv6AddressOnCreation": true});
    aws.create(&create(SUBNET, properties)).await.unwrap();
    assert_eq!((log.count("DescribeSubnets"), log.count("AssignIpv6AddressOnCreation.Value=true")), (3, 1));
}

/// EC2 with a subnet whose IPv6 block is removed, and another one added, some reads after the request.
fn slow_subnet() -> (crate::Aws, Log) {
    let looks = std::sync::Mutex::new((0, 0));
    aws(move |sent| {
        let mut looks = looks.lock().unwrap();
        match () {
            () if sent.contains("Action=DisassociateSubnetCidrBlock") => looks.0 = 1,
            () if sent.contains("Action=AssociateSubnetCidrBlock") => {
                assert!(looks.0 > 3, "EC2 refuses a second block");
                looks.1 = 1;
            }
            () if sent.contains("Action=DescribeSubnets") => {
                let old = match looks.0 {
                    0 => "associated",
                    1..4 => "disassociating",
                    _ => "disassociated",
                };
                let new = if looks.1 > 2 { "associated" } else { "associating" };
                looks.0 += u8::from(looks.0 > 0);
                let mut blocks = vec![("2001:db8:0:1::/64", old)];
                blocks.extend((looks.1 > 0).then_some(("2001:db8:0:2::/64", new)));
                looks.1 += u8::from(looks.1 > 0);
                let on = if looks.0 > 0 { "false" } else { "true" };
                let attributes = format!(
                    "<vpcId>vpc-1</vpcId><assignIpv6AddressOnCreation>{on}</assignIpv6AddressOnCreation>\
                     <enableDns64>{on}</enableDns64>"
                );
                return Answer::ok(subnet(&blocks).replace("<vpcId>vpc-1</vpcId>", &attributes));
            }
            () => {}
        }
        Answer::empty(sent)
    })
}

#[tokio::test]
async fn a_subnet_stops_using_an_ipv6_block_before_it_loses_it_and_gets_another_one_after() {
    let declared = |block: Json| {
        let on = !block.is_null();
        let mut declared = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/20", "AssignIpv6AddressOnCreation": on,
            "EnableDns64": on});
        declared.as_object_mut().unwrap().extend((on).then(|| ("Ipv6CidrBlock".to_owned(), block)));
        declared
    };
    for (after, associates) in [(json!("2001:db8:0:2::/64"), 1), (json!(null), 0)] {
        let (aws, log) = slow_subnet();
        let request = update(SUBNET, "subnet-1", declared(json!("2001:db8:0:1::/64")), declared(after));
        let mut refused = 0;
        while let Err(error) = aws.update(&request).await {
            assert_eq!(error.class, ErrorClass::Propagating, "{error}");
            refused += 1;
            assert!(refused < 10, "{error}");
        }
        assert!(refused > 1, "it is waited for");
        let gone = position(&log, "DisassociateSubnetCidrBlock");
        for off in ["AssignIpv6AddressOnCreation.Value=false", "EnableDns64.Value=false"] {
            assert!(position(&log, off) < gone, "{off} in {:#?}", log.all());
        }
        assert_eq!(log.count("Action=DisassociateSubnetCidrBlock"), 1);
        assert_eq!(log.count("Action=AssociateSubnetCidrBlock"), associates);
        for on in ["AssignIpv6AddressOnCreation.Value=true", "EnableDns64.Value=true"] {
            assert_eq!(log.count(on), associates, "{on} in {:#?}", log.all());
            assert!(associates == 0 || gone < position(&log, on), "{on} in {:#?}", log.all());
        }
    }
}

#[tokio::test]
async fn an_ipv6_block_that_is_going_is_not_taken_for_the_one_that_an_interrupted_run_has_made() {
    let (aws, _) = aws(|_| {
        let block = |id: &str, state: &str| {
            format!(
                "<item><associationId>{id}</associationId><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock>\
                 <ipv6Pool>Amazon</ipv6Pool><ipv6CidrBlockState><state>{state}</state></ipv6CidrBlockState></item>"
            )
        };
        Answer::ok(format!(
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><ipv6CidrBlockAssociationSet>{}{}\
             </ipv6CidrBlockAssociationSet></item></vpcSet></DescribeVpcsResponse>",
            block("old", "disassociating"),
            block("new", "associating")
        ))
    });
    let request = create("AWS::EC2::VPCCidrBlock", json!({"VpcId": "vpc-1", "AmazonProvidedIpv6CidrBlock": true}));
    assert_eq!(aws.find(&request).await.unwrap(), ["new|vpc-1"]);
}

#[tokio::test]
async fn an_ipv6_block_of_amazons_is_that_of_its_network_border_group() {
    let (aws, _) = aws(|_| {
        let block = |id: &str, group: &str| {
            format!(
                "<item><associationId>{id}</associationId><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock>\
                 <ipv6Pool>Amazon</ipv6Pool><networkBorderGroup>{group}</networkBorderGroup><ipv6CidrBlockState>\
                 <state>associated</state></ipv6CidrBlockState></item>"
            )
        };
        Answer::ok(format!(
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><ipv6CidrBlockAssociationSet>{}{}\
             </ipv6CidrBlockAssociationSet></item></vpcSet></DescribeVpcsResponse>",
            block("region", "eu-central-1"),
            block("local", "eu-central-1-ham-1")
        ))
    });
    for (group, id) in [(json!(null), "region|vpc-1"), (json!("eu-central-1-ham-1"), "local|vpc-1")] {
        let block = json!({
            "VpcId": "vpc-1", "AmazonProvidedIpv6CidrBlock": true, "Ipv6CidrBlockNetworkBorderGroup": group,
        });
        assert_eq!(aws.find(&create("AWS::EC2::VPCCidrBlock", block)).await.unwrap(), [id]);
    }
}

#[tokio::test]
async fn a_gateway_that_an_attempt_with_a_lost_answer_has_attached_is_attached() {
    let (aws, log) = aws(|_| {
        Answer::ok(
            "<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-2</internetGatewayId>\
             <attachmentSet><item><state>available</state><vpcId>vpc-1</vpcId></item></attachmentSet></item>\
             </internetGatewaySet></DescribeInternetGatewaysResponse>",
        )
    });
    let attachment = |gateway: &str| json!({"VpcId": "vpc-1", "InternetGatewayId": gateway});
    let request = update("AWS::EC2::VPCGatewayAttachment", "IGW|vpc-1", attachment("igw-1"), attachment("igw-2"));
    aws.update(&request).await.unwrap();
    assert_eq!((log.count("DetachInternetGateway"), log.count("AttachInternetGateway")), (0, 0));
}

#[tokio::test]
async fn a_gateway_that_somebody_else_has_attached_since_stays() {
    // Whatever EC2 would describe.
    let (aws, log) = aws(|sent| match sent.contains("Action=DetachInternetGateway") && sent.contains("igw-1") {
        true => Answer::ec2_error(400, "Gateway.NotAttached", "resource igw-1 is not attached to network vpc-1"),
        false => Answer::ok(
            "<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-other</internetGatewayId>\
             <attachmentSet><item><state>available</state><vpcId>vpc-1</vpcId></item></attachmentSet></item>\
             </internetGatewaySet></DescribeInternetGatewaysResponse>",
        ),
    });
    let attachment = json!({"VpcId": "vpc-1", "InternetGatewayId": "igw-1"});
    let existing = existing("AWS::EC2::VPCGatewayAttachment", "IGW|vpc-1", attachment);
    let gone = aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap_err();
    assert_eq!(gone.class, ErrorClass::NotFound, "{gone}");
    assert_eq!(log.count("igw-other"), 0, "{:#?}", log.all());
}

#[tokio::test]
async fn a_change_that_does_not_find_what_it_refers_to_may_be_too_early() {
    let (aws, _) = aws(|sent| {
        if sent.contains("Action=Describe") {
            return Answer::ok("<DescribeSecurityGroupRulesResponse/>");
        }
        Answer::ec2_error(400, "InvalidGroup.NotFound", "The security group 'sg-2' does not exist")
    });
    let group = |rules: Json| json!({"GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupIngress": rules});
    let rule = json!([{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": "sg-2"}]);
    let request = update("AWS::EC2::SecurityGroup", "sg-1", group(json!([])), group(rule));
    assert_eq!(aws.update(&request).await.unwrap_err().class, ErrorClass::Propagating);
}

#[tokio::test]
async fn a_new_group_loses_the_default_rules_though_ec2_does_not_list_them_yet() {
    let (aws, log) = aws(|sent| {
        if sent.contains("CreateSecurityGroup") {
            return Answer::ok("<CreateSecurityGroupResponse><groupId>sg-1</groupId></CreateSecurityGroupResponse>");
        }
        if sent.contains("RevokeSecurityGroupEgress") && sent.contains("Ipv6Ranges") {
            return Answer::ec2_error(400, "InvalidPermission.NotFound", "The specified rule does not exist");
        }
        Answer::empty(sent)
    });
    let rule = |block: &str| json!({"IpProtocol": "-1", "CidrIp": block});
    let group = |rules: Json| json!({"GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupEgress": rules});
    aws.create(&create("AWS::EC2::SecurityGroup", group(json!([rule("10.0.0.0/8")])))).await.unwrap();
    let revoked = &log.all()[position(&log, "RevokeSecurityGroupEgress")];
    assert!(revoked.contains("CidrIp=0.0.0.0%2F0"), "{revoked}");

    let everything = group(json!([rule("0.0.0.0/0"), {"IpProtocol": "-1", "CidrIpv6": "::/0"}]));
    let before = log.count("RevokeSecurityGroupEgress");
    aws.create(&create("AWS::EC2::SecurityGroup", everything)).await.unwrap();
    assert_eq!(log.count("RevokeSecurityGroupEgress"), before, "both defaults are declared");
}

#[tokio::test]
async fn a_group_does_not_get_a_name_that_looks_like_an_identifier() {
    let (aws, log) = aws(|_| Answer::ec2_error(400, "VpcLimitExceeded", "no"));
    let mut request = create("AWS::EC2::SecurityGroup", json!({"GroupDescription": "tasks", "VpcId": "vpc-1"}));
    request.address.app = "sg".into();
    request.address.path = groundplan_core::Path::new("sg/tasks");
    aws.create(&request).await.unwrap_err();
    assert_eq!(log.count("GroupName=g-sg-tasks-0011223344&"), 1, "{:?}", log.all());
}

#[tokio::test]
async fn a_rule_that_is_there_already_and_one_that_is_gone_already_are_as_they_should_be() {
    let (aws, _) = aws(|sent| {
        if sent.contains("DescribeSecurityGroups") {
            return Answer::ok(
                "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId></item>\
                 </securityGroupInfo></DescribeSecurityGroupsResponse>",
            );
        }
        if sent.contains("DescribeSecurityGroupRules") {
            return Answer::ok(
                "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><securityGroupRuleId>sgr-1\
                 </securityGroupRuleId><ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><toPort>1</toPort>\
                 <cidrIpv4>10.0.0.0/8</cidrIpv4><isEgress>false</isEgress></item></securityGroupRuleSet>\
                 </DescribeSecurityGroupRulesResponse>",
            );
        }
        if sent.contains("Authorize") {
            return Answer::ec2_error(400, "InvalidPermission.Duplicate", "the specified rule already exists");
        }
        Answer::ec2_error(400, "InvalidSecurityGroupRuleId.NotFound", "The rule 'sgr-1' does not exist")
    });
    let group = |port: i32| {
        json!({"GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"}]})
    };
    aws.update(&update("AWS::EC2::SecurityGroup", "sg-1", group(1), group(2))).await.unwrap();
}

const ASSOCIATION: &str = "AWS::EC2::SubnetRouteTableAssociation";

fn association(table: &str) -> Json {
    json!({"RouteTableId": table, "SubnetId": "subnet-1"})
}

#[tokio::test]
async fn a_subnet_moves_to_another_table_in_one_call_and_its_association_has_another_identifier() {
    let (aws, log) = aws(|_| {
        Answer::ok(
            "<ReplaceRouteTableAssociationResponse><newAssociationId>rtbassoc-2</newAssociationId>\
             </ReplaceRouteTableAssociationResponse>",
        )
    });
    let request = update(ASSOCIATION, "rtbassoc-1", association("rtb-1"), association("rtb-2"));
    assert_eq!(aws.update(&request).await.unwrap().id, "rtbassoc-2");
    assert_eq!(log.all().len(), 1, "it is never without a table: {:#?}", log.all());
}

#[tokio::test]
async fn an_association_that_an_unanswered_attempt_has_moved_is_found_by_its_subnet_and_table() {
    let (aws, _) = aws(|sent| {
        if sent.contains("ReplaceRouteTableAssociation") {
            let message = "The association ID 'rtbassoc-1' does not exist";
            return Answer::ec2_error(400, "InvalidAssociationID.NotFound", message);
        }
        Answer::ok(
            "<DescribeRouteTablesResponse><routeTableSet><item><associationSet><item><routeTableAssociationId>rtbassoc-2\
             </routeTableAssociationId><routeTableId>rtb-2</routeTableId><subnetId>subnet-1</subnetId></item>\
             </associationSet></item></routeTableSet></DescribeRouteTablesResponse>",
        )
    });
    let request = update(ASSOCIATION, "rtbassoc-1", association("rtb-1"), association("rtb-2"));
    assert_eq!(aws.update(&request).await.unwrap().id, "rtbassoc-2");
    // The table is too new, which is not the same.
    let (aws, _) = self::aws(|_| Answer::ec2_error(400, "InvalidRouteTableID.NotFound", "does not exist"));
    assert_eq!(aws.update(&request).await.unwrap_err().class, ErrorClass::Propagating);
}

#[tokio::test]
async fn an_address_that_a_nat_gateway_has_just_let_go_of_is_no_denial() {
    for (code, class) in [("AuthFailure", ErrorClass::Conflict), ("UnauthorizedOperation", ErrorClass::Denied)] {
        let (aws, _) = aws(move |sent| {
            if sent.contains("Action=ReleaseAddress") {
                return Answer::ec2_error(400, code, "You do not have permission to access the specified resource.");
            }
            Answer::ok(
                "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1\
                 </networkInterfaceId><description>Interface for NAT Gateway nat-1</description><status>in-use</status>\
                 </item></networkInterfaceSet></DescribeNetworkInterfacesResponse>",
            )
        });
        let existing = existing("AWS::EC2::EIP", "198.51.100.7|eipalloc-1", json!({}));
        let error =
            aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap_err();
        assert_eq!(error.class, class, "{error}");
        let named = "it is held by network interface eni-1 (Interface for NAT Gateway nat-1, in-use)";
        assert_eq!(error.message.ends_with(named), class == ErrorClass::Conflict, "{error}");
    }
}

#[tokio::test]
async fn a_gateway_that_was_just_attached_is_waited_for() {
    let message = "route table rtb-1 and network gateway igw-1 belong to different networks";
    let (aws, _) = aws(move |_| Answer::ec2_error(400, "InvalidParameterValue", message));
    let route = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
    assert_eq!(aws.create(&create(ROUTE, route)).await.unwrap_err().class, ErrorClass::Propagating);
    // Of two groups of different networks that is no question of time.
    let rule = json!({"GroupId": "sg-1", "IpProtocol": "tcp", "SourceSecurityGroupId": "sg-2"});
    let error = aws.create(&create("AWS::EC2::SecurityGroupIngress", rule)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_new_group_that_is_not_visible_yet_does_not_keep_its_default_rules() {
    let refused = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        if sent.contains("CreateSecurityGroup") {
            return Answer::ok("<CreateSecurityGroupResponse><groupId>sg-1</groupId></CreateSecurityGroupResponse>");
        }
        if sent.contains("RevokeSecurityGroupEgress") && refused.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            return Answer::ec2_error(400, "InvalidGroup.NotFound", "The security group 'sg-1' does not exist");
        }
        Answer::empty(sent)
    });
    let group = json!({"GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupEgress": []});
    aws.create(&create("AWS::EC2::SecurityGroup", group)).await.unwrap();
    assert_eq!(log.count("RevokeSecurityGroupEgress"), 4, "{:#?}", log.all());
}

#[tokio::test]
async fn a_group_keeps_the_rules_that_no_declaration_of_it_had() {
    let rule = |id: &str, port: i32| {
        format!(
            "<item><securityGroupRuleId>{id}</securityGroupRuleId><ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort>\
             <toPort>{port}</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4><isEgress>false</isEgress></item>"
        )
    };
    let (aws, log) = aws(move |sent| {
        if sent.contains("DescribeSecurityGroupRules") {
            let rules = rule("sgr-declared", 1) + &rule("sgr-of-somebody-else", 22);
            return Answer::ok(format!(
                "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>{rules}</securityGroupRuleSet>\
                 </DescribeSecurityGroupRulesResponse>"
            ));
        }
        Answer::empty(sent)
    });
    let group = |port: i32| {
        json!({"GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"}]})
    };
    // What is read afterwards does not matter here.
    aws.update(&update("AWS::EC2::SecurityGroup", "sg-1", group(1), group(2))).await.ok();
    let revoked: Vec<_> = log.all().into_iter().filter(|sent| sent.contains("Revoke")).collect();
    assert!(revoked.len() == 1 && revoked[0].contains("sgr-declared"), "{revoked:#?}");
}

#[tokio::test]
async fn a_subnet_that_cannot_go_names_the_interfaces_in_it() {
    let (aws, _) = aws(|sent| {
        if sent.contains("Action=DeleteSubnet") {
            return Answer::ec2_error(400, "DependencyViolation", "The subnet has dependencies and cannot be deleted.");
        }
        let interfaces: String = (1..=12)
            .map(|number| {
                format!(
                    "<item><networkInterfaceId>eni-{number}</networkInterfaceId><description>ELB app/shop/1</description>\
                     </item>"
                )
            })
            .collect();
        Answer::ok(format!(
            "<DescribeNetworkInterfacesResponse><networkInterfaceSet>{interfaces}</networkInterfaceSet>\
             </DescribeNetworkInterfacesResponse>"
        ))
    });
    let request =
        DeleteRequest { existing: existing(SUBNET, "subnet-1", json!({})), delete_data: false, final_snapshot: None };
    let error = aws.delete(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.contains("it is held by network interface eni-1 (ELB app/shop/1), "), "{error}");
    assert!(error.message.ends_with(" and 2 more"), "{error}");
    // That the holders cannot be told hides nothing.
    let (aws, _) = self::aws(|sent| match sent.contains("DeleteSubnet") {
        true => Answer::ec2_error(400, "DependencyViolation", "has dependencies"),
        false => Answer::ec2_error(403, "UnauthorizedOperation", "no"),
    });
    assert_eq!(aws.delete(&request).await.unwrap_err().message, "has dependencies");
}

#[tokio::test]
async fn an_address_whose_gateway_has_gone_with_its_interface_is_not_released_yet() {
    let gone = "The networkInterface ID 'eni-1' does not exist";
    let (aws, _) = aws(move |_| Answer::ec2_error(400, "InvalidNetworkInterfaceID.NotFound", gone));
    let existing = existing("AWS::EC2::EIP", "198.51.100.7|eipalloc-1", json!({"Domain": "vpc"}));
    let refused = aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Conflict, "{refused}");
}

#[tokio::test]
async fn a_group_that_is_full_gives_rules_up_before_it_takes_others() {
    let rules = std::sync::Mutex::new(vec!["10.0.0.0/8"]);
    let (aws, log) = aws(move |sent| {
        let mut rules = rules.lock().unwrap();
        match () {
            () if sent.contains("Action=DescribeSecurityGroupRules") => {
                let rule = |block: &&str| {
                    format!(
                        "<item><securityGroupRuleId>sgr-{}</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false\
                         </isEgress><ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><toPort>1</toPort><cidrIpv4>{block}\
                         </cidrIpv4></item>",
                        &block[..2]
                    )
                };
                let items: String = rules.iter().map(rule).collect();
                Answer::ok(format!(
                    "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>{items}</securityGroupRuleSet>\
                     </DescribeSecurityGroupRulesResponse>"
                ))
            }
            () if sent.contains("Action=AuthorizeSecurityGroupIngress") && !rules.is_empty() => {
                Answer::ec2_error(400, "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules")
            }
            () if sent.contains("Action=AuthorizeSecurityGroupIngress") => {
                rules.push("20.0.0.0/8");
                Answer::empty(sent)
            }
            () if sent.contains("Action=RevokeSecurityGroupIngress") => {
                rules.clear();
                Answer::empty(sent)
            }
            () => Answer::ok(
                "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId></item>\
                 </securityGroupInfo></DescribeSecurityGroupsResponse>",
            ),
        }
    });
    let group = |block: &str| {
        let rule = json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": block});
        json!({"GroupDescription": "g", "SecurityGroupIngress": [rule]})
    };
    let change = update("AWS::EC2::SecurityGroup", "sg-1", group("10.0.0.0/8"), group("20.0.0.0/8"));
    aws.update(&change).await.unwrap();
    assert_eq!((log.count("AuthorizeSecurityGroupIngress"), log.count("RevokeSecurityGroupIngress")), (2, 1));
}

#[tokio::test]
async fn only_what_is_declared_of_the_names_of_a_subnet_is_set() {
    let (aws, log) = aws(|sent| match sent.contains("DescribeSubnets") {
        true => Answer::ok(subnet(&[])),
        false => Answer::empty(sent),
    });
    let options = |options: Json| json!({"VpcId": "vpc-1", "PrivateDnsNameOptionsOnLaunch": options});
    let before = json!({"HostnameType": "ip-name"});
    let after = json!({"HostnameType": "ip-name", "EnableResourceNameDnsARecord": true});
    aws.update(&update(SUBNET, "subnet-1", options(before.clone()), options(after.clone()))).await.unwrap();
    let sent = || log.all().into_iter().filter(|sent| sent.contains("ModifySubnetAttribute")).collect::<Vec<_>>();
    assert!(matches!(&sent()[..], [only] if only.contains("DnsARecordOnLaunch.Value=true")), "{:#?}", sent());
    aws.update(&update(SUBNET, "subnet-1", options(after), options(before))).await.unwrap();
    assert!(matches!(&sent()[..], [_, only] if only.contains("DnsARecordOnLaunch.Value=false")), "{:#?}", sent());
}
