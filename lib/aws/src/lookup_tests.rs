use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use groundplan_core::Environment;
use groundplan_core::lookup::{HostedZoneQuery, Query, Tags, VpcQuery};
use groundplan_engine::Provider;
use groundplan_engine::provider::{ErrorClass, LookupRequest, Matches, ProviderError};
use serde_json::json;

use crate::Aws;
use crate::replay::{Answer, aws};

async fn look_up(aws: &Aws, query: Query) -> Result<Matches, ProviderError> {
    let environment = Environment::new("eu-central-1");
    aws.look_up(&LookupRequest {
        path: "shop/it".into(),
        query,
        environment,
        own: Arc::new(["subnet-own".to_owned()].into()),
    })
    .await
}

fn tagged(tags: &[(&str, &str)]) -> Query {
    Query::Vpc(VpcQuery { tags: map(tags), ..VpcQuery::default() })
}

fn map(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn vpcs(ids: &[&str], next: &str) -> Answer {
    let vpc = |id: &&str| {
        format!(
            "<item><vpcId>{id}</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><tagSet><item><key>Name</key>\
             <value>shared</value></item></tagSet><ipv6CidrBlockAssociationSet><item>\
             <ipv6CidrBlock>2600:1f18::/56</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state>\
             </ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet></item>"
        )
    };
    let vpcs: String = ids.iter().map(vpc).collect();
    Answer::ok(format!("<DescribeVpcsResponse><vpcSet>{vpcs}</vpcSet>{next}</DescribeVpcsResponse>"))
}

fn subnets(subnets: &[(&str, &str)], next: &str) -> Answer {
    let subnet = |(id, zone): &(&str, &str)| {
        format!("<item><subnetId>{id}</subnetId><availabilityZone>{zone}</availabilityZone></item>")
    };
    let subnets: String = subnets.iter().map(subnet).collect();
    Answer::ok(format!("<DescribeSubnetsResponse><subnetSet>{subnets}</subnetSet>{next}</DescribeSubnetsResponse>"))
}

fn tables(tables: &[(&str, &str)]) -> Answer {
    let tables: String = tables
        .iter()
        .map(|(associations, routes)| {
            format!("<item><associationSet>{associations}</associationSet><routeSet>{routes}</routeSet></item>")
        })
        .collect();
    Answer::ok(format!(
        "<DescribeRouteTablesResponse><routeTableSet>{tables}</routeTableSet></DescribeRouteTablesResponse>"
    ))
}

const INTERNET: &str =
    "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item>";
const NAT: &str =
    "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId></item>";
const MAIN: &str = "<item><main>true</main></item>";

fn associated(subnet: &str) -> String {
    format!("<item><main>false</main><subnetId>{subnet}</subnetId></item>")
}

#[tokio::test]
async fn a_vpc_is_found_with_its_subnets_told_apart_by_their_routes() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") && !sent.contains("NextToken=more") => {
            subnets(&[("subnet-4", "eu-central-1b"), ("subnet-1", "eu-central-1a")], "<nextToken>more</nextToken>")
        }
        sent if sent.contains("DescribeSubnets") => {
            subnets(&[("subnet-3", "eu-central-1a"), ("subnet-2", "eu-central-1a")], "")
        }
        _ => tables(&[(MAIN, NAT), (&(associated("subnet-1") + &associated("subnet-2")), INTERNET)]),
    });
    let found = look_up(&aws, tagged(&[("Name", "shared"), ("Tier", "a*b")])).await.unwrap();
    assert_eq!((found.matches.len(), &found.matches[0].outputs["VpcId"]), (1, &json!("vpc-1")));
    assert_eq!(found.matches[0].description, "vpc-1 (Name=shared, 10.0.0.0/16)");
    assert_eq!(
        json!(found.matches[0].outputs),
        json!({
            "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlocks": ["10.0.0.0/16"], "Ipv6CidrBlock": "2600:1f18::/56",
            "PublicSubnetIds": ["subnet-1", "subnet-2"], "PublicSubnetIdPerZone": ["subnet-1"],
            "PrivateSubnetIds": ["subnet-3", "subnet-4"], "PrivateSubnetIdPerZone": ["subnet-3", "subnet-4"],
        })
    );
    let asked = &log.all()[0];
    assert!(asked.contains("Filter.1.Name=tag%3AName&Filter.1.Value.1=shared"), "{asked}");
    assert!(asked.contains("Filter.2.Name=tag%3ATier&Filter.2.Value.1=a%5C%2Ab"), "a tag is no pattern: {asked}");
    assert_eq!(log.count("vpc-id"), 3, "{:?}", log.all());
}

#[tokio::test]
async fn tags_choose_the_subnets_and_where_none_has_them_all_are_named() {
    let subnet = |id: &str, zone: &str, tier: &str| {
        format!(
            "<item><subnetId>{id}</subnetId><availabilityZone>{zone}</availabilityZone><tagSet><item><key>tier</key>\
             <value>{tier}</value></item></tagSet></item>"
        )
    };
    let all = [
        subnet("subnet-1", "eu-central-1a", "web"),
        subnet("subnet-2", "eu-central-1a", "database"),
        subnet("subnet-3", "eu-central-1b", "database"),
    ];
    let all = format!("<DescribeSubnetsResponse><subnetSet>{}</subnetSet></DescribeSubnetsResponse>", all.concat());
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") => Answer::ok(all.clone()),
        _ => tables(&[(MAIN, NAT)]),
    });
    let query = |tier: &str| {
        let (id, private_subnets) = (Some("vpc-1".to_owned()), map(&[("tier", tier)]));
        Query::Vpc(VpcQuery { id, private_subnets, ..VpcQuery::default() })
    };
    let outputs = look_up(&aws, query("database")).await.unwrap().matches.remove(0).outputs;
    assert_eq!(outputs["PrivateSubnetIds"], json!(["subnet-2", "subnet-3"]));
    assert!(log.all()[0].contains("Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"), "{:?}", log.all());
    let missing = look_up(&aws, query("cache")).await.unwrap();
    assert!(missing.matches.is_empty());
    assert_eq!(
        (missing.others.len(), missing.others[0].as_str()),
        (3, "vpc-1: subnet-1 (eu-central-1a, private, tier=web)")
    );
}

#[tokio::test]
async fn a_vpc_is_found_as_the_default_one_and_by_its_owner() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") => subnets(&[], ""),
        _ => tables(&[]),
    });
    let query = VpcQuery { is_default: true, owner: Some("111122223333".into()), ..VpcQuery::default() };
    assert_eq!(look_up(&aws, Query::Vpc(query)).await.unwrap().matches.len(), 1);
    let asked = &log.all()[0];
    assert!(asked.contains("Filter.1.Name=owner-id&Filter.1.Value.1=111122223333"), "{asked}");
    assert!(asked.contains("Filter.2.Name=is-default&Filter.2.Value.1=true"), "{asked}");
}

#[tokio::test]
async fn all_associated_blocks_of_a_vpc_are_found_the_first_one_first() {
    let block = |block: &str, state: &str| {
        format!("<item><cidrBlock>{block}</cidrBlock><cidrBlockState><state>{state}</state></cidrBlockState></item>")
    };
    let blocks = [("100.64.0.0/16", "associated"), ("10.0.0.0/16", "associated"), ("10.9.0.0/16", "disassociated")];
    let blocks: String = blocks.iter().map(|(cidr, state)| block(cidr, state)).collect();
    let vpc = format!(
        "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
         <cidrBlockAssociationSet>{blocks}</cidrBlockAssociationSet></item></vpcSet></DescribeVpcsResponse>"
    );
    let (aws, _) = aws(move |sent| match sent {
        sent if sent.contains("DescribeVpcs") => Answer::ok(vpc.clone()),
        sent if sent.contains("DescribeSubnets") => subnets(&[], ""),
        _ => tables(&[]),
    });
    let outputs = look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap().matches.remove(0).outputs;
    let expected = (json!("10.0.0.0/16"), json!(["10.0.0.0/16", "100.64.0.0/16"]));
    assert_eq!((outputs["CidrBlock"].clone(), outputs["CidrBlocks"].clone()), expected);
}

#[tokio::test]
async fn a_vpc_of_which_a_part_is_being_made_is_unfinished() {
    let unfinished = async |vpc: &'static str, subnet: &'static str, association: &'static str| {
        let (aws, _) = aws(move |sent| match sent {
            sent if sent.contains("DescribeVpcs") => Answer::ok(format!(
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><state>{vpc}</state></item></vpcSet>\
                 </DescribeVpcsResponse>"
            )),
            sent if sent.contains("DescribeSubnets") => Answer::ok(format!(
                "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><state>{subnet}</state>\
                 <availabilityZone>eu-central-1a</availabilityZone></item></subnetSet></DescribeSubnetsResponse>"
            )),
            _ => {
                let association = format!(
                    "<item><subnetId>subnet-1</subnetId><associationState><state>{association}</state>\
                     </associationState></item>"
                );
                tables(&[(&association, INTERNET)])
            }
        });
        look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap().unfinished
    };
    assert!(!unfinished("available", "available", "associated").await);
    assert!(unfinished("pending", "available", "associated").await);
    assert!(unfinished("available", "pending", "associated").await);
    assert!(unfinished("available", "available", "associating").await);
}

#[tokio::test]
async fn a_default_route_in_two_halves_makes_a_subnet_public_and_one_to_a_nat_gateway_does_not() {
    let route = |block: &str, target: &str| {
        format!("<item><destinationCidrBlock>{block}</destinationCidrBlock>{target}</item>")
    };
    let halves = |target: &str| ["0.0.0.0/1", "128.0.0.0/1"].map(|block| route(block, target)).concat();
    let (open, closed) = (halves("<gatewayId>igw-1</gatewayId>"), halves("<natGatewayId>nat-1</natGatewayId>"));
    let (aws, _) = aws(move |sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") => {
            subnets(&[("subnet-1", "eu-central-1a"), ("subnet-2", "eu-central-1a")], "")
        }
        _ => tables(&[(MAIN, &closed), (&associated("subnet-1"), &open)]),
    });
    let outputs = look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap().matches.remove(0).outputs;
    let expected = (json!(["subnet-1"]), json!(["subnet-2"]));
    assert_eq!((outputs["PublicSubnetIds"].clone(), outputs["PrivateSubnetIds"].clone()), expected);
}

#[tokio::test]
async fn subnets_without_a_table_of_their_own_follow_the_main_one() {
    let (aws, _) = aws(|sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") => {
            subnets(&[("subnet-1", "eu-central-1a"), ("subnet-2", "eu-central-1b")], "")
        }
        _ => tables(&[(MAIN, INTERNET), (&associated("subnet-2"), NAT)]),
    });
    let outputs = look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap().matches.remove(0).outputs;
    assert_eq!(
        (&outputs["PublicSubnetIds"], &outputs["PrivateSubnetIds"]),
        (&json!(["subnet-1"]), &json!(["subnet-2"]))
    );
}

#[tokio::test]
async fn subnets_that_few_can_use_and_those_of_the_app_itself_are_left_out() {
    let subnet = |id: &str, zone: &str, more: &str| {
        format!("<item><subnetId>{id}</subnetId><availabilityZone>{zone}</availabilityZone>{more}</item>")
    };
    let all = [
        subnet("subnet-1", "eu-central-1a", "<ipv6Native>false</ipv6Native>"),
        subnet("subnet-local", "eu-central-1-ham-1a", ""),
        subnet("subnet-wave", "eu-central-1-wl1-ber-wlz-1", ""),
        subnet(
            "subnet-outpost",
            "eu-central-1a",
            "<outpostArn>arn:aws:outposts:eu-central-1:1:outpost/op-1</outpostArn>",
        ),
        subnet("subnet-six", "eu-central-1b", "<ipv6Native>true</ipv6Native>"),
        subnet("subnet-own", "eu-central-1b", ""),
    ];
    let all = format!("<DescribeSubnetsResponse><subnetSet>{}</subnetSet></DescribeSubnetsResponse>", all.concat());
    let (aws, _) = aws(move |sent| match sent {
        sent if sent.contains("DescribeVpcs") => vpcs(&["vpc-1"], ""),
        sent if sent.contains("DescribeSubnets") => Answer::ok(all.clone()),
        _ => tables(&[(MAIN, NAT)]),
    });
    let outputs = look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap().matches.remove(0).outputs;
    assert_eq!(outputs["PrivateSubnetIds"], json!(["subnet-1"]));
    assert_eq!(outputs["PrivateSubnetIdPerZone"], json!(["subnet-1"]));
}

#[tokio::test]
async fn several_vpcs_on_several_pages_are_all_named_and_their_subnets_not_read() {
    let (aws, log) = aws(|sent| match sent.contains("NextToken=more") {
        false => vpcs(&["vpc-1"], "<nextToken>more</nextToken>"),
        true => vpcs(&["vpc-2"], ""),
    });
    let found = look_up(&aws, tagged(&[("Name", "shared")])).await.unwrap();
    let described: Vec<_> = found.matches.iter().map(|it| it.description.as_str()).collect();
    assert_eq!(described, ["vpc-1 (Name=shared, 10.0.0.0/16)", "vpc-2 (Name=shared, 10.0.0.0/16)"]);
    assert_eq!(log.count("DescribeSubnets"), 0);
}

#[tokio::test]
async fn where_no_vpc_matches_those_of_the_region_are_named() {
    let (aws, _) = aws(|sent| if sent.contains("Filter") { vpcs(&[], "") } else { vpcs(&["vpc-7"], "") });
    let found = look_up(&aws, tagged(&[("Name", "shard")])).await.unwrap();
    assert_eq!((found.matches.len(), found.others), (0, vec!["vpc-7 (Name=shared, 10.0.0.0/16)".to_owned()]));
}

#[tokio::test]
async fn an_image_is_the_value_of_its_public_parameter() {
    let query = || Query::PublicParameter { name: "/aws/service/x/image".into() };
    let parameter = |kind: &str| {
        let parameter = json!({"Name": "/aws/service/x/image", "Type": kind, "Value": "ami-1"});
        Answer::ok(json!({"Parameter": parameter}).to_string())
    };
    let (found, log) = aws(move |_| parameter("String"));
    let matches = look_up(&found, query()).await.unwrap().matches;
    assert_eq!(json!(matches[0].outputs), json!({"Value": "ami-1"}));
    assert_eq!(log.count("AmazonSSM.GetParameter"), 1);
    let (secret, _) = aws(move |_| parameter("SecureString"));
    assert_eq!(look_up(&secret, query()).await.unwrap_err().class, ErrorClass::Invalid);
    let (missing, _) = aws(|sent| match sent.contains("GetParametersByPath") {
        true => Answer::ok(json!({"Parameters": [{"Name": "/aws/service/x/ami"}]}).to_string()),
        false => Answer::Is(400, json!({"__type": "ParameterNotFound", "message": ""}).to_string()),
    });
    let missing = look_up(&missing, query()).await.unwrap();
    assert_eq!((missing.matches.len(), missing.others), (0, vec!["/aws/service/x/ami".to_owned()]));
}

#[tokio::test]
async fn zones_are_those_that_need_no_opting_in_by_name() {
    let (aws, log) = aws(|_| {
        Answer::ok(
            "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>\
             <item><zoneName>eu-central-1b</zoneName><zoneId>euc1-az3</zoneId></item>\
             <item><zoneName>eu-central-1a</zoneName><zoneId>euc1-az2</zoneId></item>\
             </availabilityZoneInfo></DescribeAvailabilityZonesResponse>",
        )
    });
    let outputs = look_up(&aws, Query::AvailabilityZones).await.unwrap().matches.remove(0).outputs;
    let expected = json!({"ZoneNames": ["eu-central-1a", "eu-central-1b"], "ZoneIds": ["euc1-az2", "euc1-az3"]});
    assert_eq!(json!(outputs), expected);
    let asked = &log.all()[0];
    for filter in ["zone-type&Filter.1.Value.1=availability-zone", "opt-in-status", "state&Filter.3.Value.1=available"]
    {
        assert!(asked.contains(filter), "{asked}");
    }
    assert!(asked.contains("opt-in-not-required") && !asked.contains("AllAvailabilityZones"), "{asked}");
}

#[tokio::test]
async fn a_prefix_list_is_found_by_its_name_and_others_are_named_where_it_is_not() {
    fn list(id: &str, name: &str) -> Answer {
        Answer::ok(format!(
            "<DescribeManagedPrefixListsResponse><prefixListSet><item><prefixListId>{id}</prefixListId>\
             <prefixListName>{name}</prefixListName></item></prefixListSet></DescribeManagedPrefixListsResponse>"
        ))
    }
    let query = |name: &str| Query::PrefixList { name: name.into() };
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("Filter.1.Value.1=office") => list("pl-1", "office"),
        sent if sent.contains("Filter") => {
            Answer::ok("<DescribeManagedPrefixListsResponse><prefixListSet/></DescribeManagedPrefixListsResponse>")
        }
        _ => list("pl-2", "com.amazonaws.eu-central-1.s3"),
    });
    let found = look_up(&aws, query("office")).await.unwrap().matches.remove(0);
    assert_eq!(json!(found.outputs), json!({"PrefixListId": "pl-1"}));
    assert_eq!(log.count("DescribeManagedPrefixLists"), 1);
    let missing = look_up(&aws, query("warehouse")).await.unwrap();
    assert_eq!((missing.matches.len(), missing.others), (0, vec!["pl-2 (com.amazonaws.eu-central-1.s3)".to_owned()]));
}

fn zones(zones: &[(&str, &str, bool)], next: Option<(&str, &str)>) -> Answer {
    let zone = |(id, name, private): &(&str, &str, bool)| {
        format!(
            "<HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>r</CallerReference>\
             <Config><PrivateZone>{private}</PrivateZone></Config></HostedZone>"
        )
    };
    let zones: String = zones.iter().map(zone).collect();
    let truncated = next.is_some();
    let next =
        next.map(|(name, id)| format!("<NextDNSName>{name}</NextDNSName><NextHostedZoneId>{id}</NextHostedZoneId>"));
    Answer::ok(format!(
        "<ListHostedZonesByNameResponse><HostedZones>{zones}</HostedZones><IsTruncated>{truncated}</IsTruncated>{}\
         <MaxItems>100</MaxItems></ListHostedZonesByNameResponse>",
        next.unwrap_or_default()
    ))
}

/// A query for a zone of `example.com`.
fn zone_query(query: HostedZoneQuery) -> Query {
    Query::HostedZone(HostedZoneQuery { domain: "example.com".into(), ..query })
}

#[tokio::test]
async fn a_zone_is_found_by_its_whole_name_on_any_page_and_by_its_kind() {
    let pages = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = pages.clone();
    let (aws, log) = aws(move |sent| {
        counted.fetch_add(1, Ordering::SeqCst);
        match sent.contains("hostedzoneid=Z2") {
            false => zones(&[("Z1", "example.com.", true)], Some(("example.com.", "Z2"))),
            true => zones(&[("Z2", "example.com.", false), ("Z3", "example.com.au.", false)], Some(("x.com.", "Z4"))),
        }
    });
    let query = |private| zone_query(HostedZoneQuery { private, ..HostedZoneQuery::default() });
    let public = look_up(&aws, query(false)).await.unwrap().matches;
    assert_eq!(public.len(), 1);
    assert_eq!(
        (json!(public[0].outputs), public[0].description.as_str()),
        (json!({"HostedZoneId": "Z2"}), "Z2 (public example.com)")
    );
    assert_eq!(pages.load(Ordering::SeqCst), 2, "no further than the name: {:?}", log.all());
    let private = look_up(&aws, query(true)).await.unwrap().matches;
    assert_eq!(private[0].outputs["HostedZoneId"], "Z1");
}

#[tokio::test]
async fn where_no_zone_has_the_name_others_are_named() {
    let (aws, _) = aws(|sent| match sent.contains("hostedzonesbyname") {
        true => zones(&[("Z3", "example.com.au.", false)], None),
        false => Answer::ok(
            "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z9</Id><Name>shop.example.</Name>\
             <CallerReference>r</CallerReference></HostedZone></HostedZones><IsTruncated>false</IsTruncated>\
             <MaxItems>100</MaxItems></ListHostedZonesResponse>",
        ),
    });
    let query = zone_query(HostedZoneQuery::default());
    let found = look_up(&aws, query).await.unwrap();
    assert_eq!((found.matches.len(), found.others), (0, vec!["Z9 (public shop.example)".to_owned()]));
}

#[tokio::test]
async fn private_zones_of_one_domain_are_told_apart_by_their_vpcs_and_tags() {
    let (aws, log) = aws(|sent| {
        let zone = |vpc: &str| {
            Answer::ok(format!(
                "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z</Id><Name>example.com.</Name>\
                 <CallerReference>r</CallerReference></HostedZone><VPCs><VPC><VPCRegion>eu-central-1</VPCRegion>\
                 <VPCId>{vpc}</VPCId></VPC></VPCs></GetHostedZoneResponse>"
            ))
        };
        match sent {
            sent if sent.contains("/tags/hostedzone") => Answer::ok(
                "<ListTagsForResourcesResponse><ResourceTagSets><ResourceTagSet><ResourceType>hostedzone</ResourceType>\
                 <ResourceId>Z1</ResourceId></ResourceTagSet><ResourceTagSet><ResourceType>hostedzone</ResourceType>\
                 <ResourceId>Z2</ResourceId><Tags><Tag><Key>tier</Key><Value>core</Value></Tag></Tags></ResourceTagSet>\
                 </ResourceTagSets></ListTagsForResourcesResponse>",
            ),
            sent if sent.contains("/hostedzone/Z1") => zone("vpc-1"),
            sent if sent.contains("/hostedzone/Z2") => zone("vpc-2"),
            _ => zones(&[("Z1", "example.com.", true), ("Z2", "example.com.", true)], None),
        }
    });
    let private = HostedZoneQuery { private: true, ..HostedZoneQuery::default() };
    let several = look_up(&aws, zone_query(private.clone())).await.unwrap();
    let described: Vec<_> = several.matches.iter().map(|it| it.description.as_str()).collect();
    assert_eq!(described, ["Z1 (private example.com, vpc-1)", "Z2 (private example.com, vpc-2)"]);
    assert_eq!(log.count("/tags/hostedzone"), 0);
    let in_vpc = |vpc: &str| zone_query(HostedZoneQuery { vpc: Some(vpc.to_owned()), ..private.clone() });
    let found = look_up(&aws, in_vpc("vpc-1")).await.unwrap().matches;
    assert_eq!((found.len(), &found[0].outputs["HostedZoneId"]), (1, &json!("Z1")));
    let missing = look_up(&aws, in_vpc("vpc-3")).await.unwrap();
    let expected = described.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!((missing.matches.len(), missing.others), (0, expected));
    let tagged =
        look_up(&aws, zone_query(HostedZoneQuery { tags: map(&[("tier", "core")]), ..private })).await.unwrap();
    assert_eq!((tagged.matches.len(), &tagged.matches[0].outputs["HostedZoneId"]), (1, &json!("Z2")));
}

#[tokio::test]
async fn a_zone_whose_name_route_53_writes_with_codes_is_found() {
    let (aws, log) = aws(|_| zones(&[("Z1", "0\\05725.2.0.192.in-addr.arpa.", false)], None));
    let query = HostedZoneQuery { domain: "0/25.2.0.192.in-addr.arpa".into(), ..HostedZoneQuery::default() };
    let found = look_up(&aws, Query::HostedZone(query)).await.unwrap().matches;
    assert_eq!(found[0].description, "Z1 (public 0/25.2.0.192.in-addr.arpa)");
    assert_eq!(log.count("dnsname=0%5C05725.2.0.192.in-addr.arpa"), 1, "Route 53 sorts by the codes: {:?}", log.all());
}
