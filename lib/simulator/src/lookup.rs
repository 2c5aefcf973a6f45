//! The results of lookups: resources of the account, and generated ones for those that AWS has in every account.
//!
//! Images, availability zones and AWS's own prefix lists are made up from the name and the region, the same every time.
//! A VPC, a hosted zone or a prefix list of the customer's own has to exist in the account.

use groundplan_core::lookup::{FoundSubnet, HostedZoneQuery, PUBLIC_PARAMETERS, Query, Tags, VpcQuery, has_all};
use groundplan_engine::provider::{LookupRequest, Match, Matches, Outputs, Properties};
use serde_json::Value as Json;

use crate::account::Account;
use crate::derive::Derivation;
use crate::resource::Resource;

/// The maximum number of resources without a match that are named.
const NAMED: usize = 20;

/// The prefix of generated identifiers of resources that AWS has in every account. Other resources may refer to them,
/// in this run of the sandbox and in later ones.
const MADE_UP: &str = "5a9db0c5";

/// Returns whether an identifier is one of those that are made up here.
pub(crate) fn is_made_up(id: &str) -> bool {
    id.split_once('-').is_some_and(|(_, rest)| rest.starts_with(MADE_UP))
}

/// The zones of `us-east-1` have names up to `f`; other regions have three in most cases.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
const ZONES: [&str; 3] = ["a", "b", "c"];

/// The first parts of the names of public parameters.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-finding-public-parameters.html>
const PUBLISHERS: [&str; 24] = [
    "ami-amazon-linux-latest",
    "ami-macos-latest",
    "ami-windows-latest",
    "appmesh",
    "aws-for-fluent-bit",
    "aws-sdk-pandas",
    "bottlerocket",
    "canonical",
    "cloud9",
    "datasync",
    "debian",
    "deeplearning",
    "ec2-macos",
    "ecs",
    "eks",
    "fis",
    "freebsd",
    "global-infrastructure",
    "marketplace",
    "neuron",
    "powertools",
    "sagemaker-distribution",
    "storagegateway",
    "suse",
];

/// Returns whether AWS could publish a parameter of this name: below a known publisher, with at least one more part,
/// and, of the images of Amazon Linux, with one of their names.
/// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
fn is_published(name: &str) -> bool {
    let Some((publisher, rest)) = name.strip_prefix(PUBLIC_PARAMETERS).and_then(|name| name.split_once('/')) else {
        return false;
    };
    let is_image = || {
        let (image, architecture) = rest.rsplit_once('-').unwrap_or_default();
        let is_known = ["arm64", "x86_64", "gp2", "ebs", "s3"].contains(&architecture);
        let families = ["al2023-ami-kernel-", "al2023-ami-minimal-kernel-", "amzn2-ami-", "amzn-ami-"];
        is_known && families.iter().any(|family| image.strip_prefix(family).is_some_and(|line| !line.is_empty()))
    };
    PUBLISHERS.contains(&publisher)
        && rest.split('/').all(|part| !part.is_empty())
        && (publisher != "ami-amazon-linux-latest" || is_image())
}

/// Returns the answer that a test has stated.
pub(crate) fn stated(outputs: &Outputs) -> Matches {
    let found = Match { description: "what the test states".to_owned(), outputs: outputs.clone() };
    Matches { matches: vec![found], ..Matches::default() }
}

/// Returns what the account with the number `own` has.
pub(crate) fn look_up(account: &Account, own: &str, request: &LookupRequest) -> Matches {
    let region = &request.environment.region;
    match &request.query {
        Query::Vpc(query) => vpcs(account, own, query, request),
        Query::PublicParameter { name } if !is_published(name) => {
            let others = PUBLISHERS.iter().take(NAMED).map(|publisher| format!("{PUBLIC_PARAMETERS}{publisher}/…"));
            Matches { others: others.collect(), ..Matches::default() }
        }
        Query::PublicParameter { name } => {
            let id = made_up("ami", region, name, 17);
            one(name, [("Value", id.into())])
        }
        Query::AvailabilityZones => {
            let names: Vec<_> = ZONES.iter().map(|zone| format!("{region}{zone}")).collect();
            let ids: Vec<_> = (1..=ZONES.len()).map(|zone| format!("{}-az{zone}", short(region))).collect();
            one(region, [("ZoneNames", names.into()), ("ZoneIds", ids.into())])
        }
        Query::PrefixList { name } if name.starts_with("com.amazonaws.") => {
            let id = made_up("pl", region, name, 17);
            one(name, [("PrefixListId", id.into())])
        }
        Query::PrefixList { name } => {
            let lists = account.of_type("AWS::EC2::PrefixList").filter(|it| it.key.region == *region);
            named(lists, "PrefixListName", "PrefixListId", |found| found == name)
        }
        Query::HostedZone(query) => {
            let zones = account.of_type("AWS::Route53::HostedZone").filter(|zone| fits(zone, query));
            named(zones, "Name", "HostedZoneId", |name| {
                name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(&query.domain)
            })
        }
    }
}

/// Returns whether a zone is of the kind, in the VPC and with the tags of the query.
fn fits(zone: &Resource, query: &HostedZoneQuery) -> bool {
    let networks = zone.properties.get("VPCs").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let is_in = |vpc: &String| networks.iter().any(|network| network["VPCId"] == **vpc);
    networks.is_empty() != query.private
        && query.vpc.as_ref().is_none_or(is_in)
        && has_all(&tags_of(&zone.properties, "HostedZoneTags"), &query.tags)
}

fn made_up(kind: &str, region: &str, name: &str, length: usize) -> String {
    let rest = Derivation::new(b"lookup", &[kind, region, name]).hex("id", length - MADE_UP.len());
    format!("{kind}-{MADE_UP}{rest}")
}

fn one<const N: usize>(description: &str, outputs: [(&str, Json); N]) -> Matches {
    let outputs = outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Matches { matches: vec![Match { description: description.to_owned(), outputs }], ..Matches::default() }
}

/// Returns the resources whose name fits, and the names of the others.
fn named<'a>(
    all: impl Iterator<Item = &'a Resource>,
    property: &str,
    output: &str,
    fits: impl Fn(&str) -> bool,
) -> Matches {
    let mut found = Matches::default();
    for resource in all {
        let name = text(&resource.properties, property).unwrap_or_default();
        let id = resource.key.id.clone();
        let description = format!("{id} ({name})");
        if fits(name) {
            let outputs = [(output.to_owned(), Json::from(id))].into_iter().collect();
            found.matches.push(Match { description, outputs });
        } else if found.others.len() < NAMED {
            found.others.push(description);
        }
    }
    found
}

fn vpcs(account: &Account, own: &str, query: &VpcQuery, request: &LookupRequest) -> Matches {
    let mut found = Matches::default();
    for vpc in account.of_type("AWS::EC2::VPC").filter(|vpc| vpc.key.region == request.environment.region) {
        let tags = tags_of(&vpc.properties, "Tags");
        let name = tags.get("Name").map(|name| format!("Name={name}, ")).unwrap_or_default();
        let block = text(&vpc.properties, "CidrBlock").unwrap_or_default();
        let description = format!("{} ({name}{block})", vpc.key.id);
        // A simulated account has no default VPC, and none that another account shares.
        let is_it = !query.is_default
            && query.id.as_ref().is_none_or(|id| *id == vpc.key.id)
            && query.owner.as_ref().is_none_or(|owner| owner == own)
            && has_all(&tags, &query.tags);
        if !is_it {
            found.others.push(description);
            continue;
        }
        match query.subnet_outputs(subnets(account, vpc, request)) {
            Ok(subnets) => {
                let outputs = blocks(account, vpc).into_iter().chain(subnets).collect();
                found.matches.push(Match { description, outputs });
            }
            Err(subnets) => found.others.extend(subnets.iter().map(|subnet| format!("{}: {subnet}", vpc.key.id))),
        }
    }
    found.others.truncate(NAMED);
    found
}

fn is_in<'a>(vpc: &'a Resource) -> impl Fn(&&Resource) -> bool + 'a {
    |it| it.key.region == vpc.key.region && text(&it.properties, "VpcId") == Some(&vpc.key.id)
}

fn subnets(account: &Account, vpc: &Resource, request: &LookupRequest) -> Vec<FoundSubnet> {
    let subnets = account.of_type("AWS::EC2::Subnet").filter(is_in(vpc));
    let subnets = subnets.filter(|subnet| !request.own.contains(&subnet.key.id));
    let subnet = |subnet: &Resource| FoundSubnet {
        zone: text(&subnet.properties, "AvailabilityZone").unwrap_or_default().to_owned(),
        id: subnet.key.id.clone(),
        tags: tags_of(&subnet.properties, "Tags"),
        leads_to_internet: leads_to_internet(account, &subnet.key.id),
    };
    subnets.map(subnet).collect()
}

/// Returns the id of a VPC and its address blocks.
fn blocks(account: &Account, vpc: &Resource) -> Outputs {
    let mut outputs = Outputs::from_iter([("VpcId".to_owned(), Json::from(vpc.key.id.as_str()))]);
    let more = || account.of_type("AWS::EC2::VPCCidrBlock").filter(is_in(vpc));
    if let Some(block) = text(&vpc.properties, "CidrBlock") {
        let all: Vec<Json> = [block]
            .into_iter()
            .chain(more().filter_map(|it| text(&it.properties, "CidrBlock")))
            .map(Json::from)
            .collect();
        outputs.insert("CidrBlock".into(), block.into());
        outputs.insert("CidrBlocks".into(), all.into());
    }
    if let Some(block) = more().find_map(|it| text(&it.outputs, "Ipv6CidrBlock")) {
        outputs.insert("Ipv6CidrBlock".into(), block.into());
    }
    outputs
}

/// Returns whether the route table of a subnet has a route to an internet gateway. That makes a subnet public:
/// <https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types>.
fn leads_to_internet(account: &Account, subnet: &str) -> bool {
    let associations = account.of_type("AWS::EC2::SubnetRouteTableAssociation");
    let tables = associations.filter(|it| text(&it.properties, "SubnetId") == Some(subnet));
    let tables: Vec<_> = tables.filter_map(|it| text(&it.properties, "RouteTableId")).collect();
    account.of_type("AWS::EC2::Route").any(|route| {
        let is_of = text(&route.properties, "RouteTableId").is_some_and(|table| tables.contains(&table));
        is_of && text(&route.properties, "GatewayId").is_some_and(|id| id.starts_with("igw-"))
    })
}

fn tags_of(properties: &Properties, property: &str) -> Tags {
    let tags = properties.get(property).and_then(Json::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())))
        .collect()
}

fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str()
}

/// Abbreviates a region as in the ids of its zones: `euc1` of `eu-central-1`.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
fn short(region: &str) -> String {
    let part = |part: &str| match part {
        "northeast" => "ne".to_owned(),
        "northwest" => "nw".to_owned(),
        "southeast" => "se".to_owned(),
        "southwest" => "sw".to_owned(),
        part if part.len() > 2 => part[..1].to_owned(),
        part => part.to_owned(),
    };
    region.split('-').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_ids_of_aws() {
        let ids = ["eu-central-1", "us-east-1", "ap-southeast-2", "us-gov-west-1"].map(short);
        assert_eq!(ids, ["euc1", "use1", "apse2", "usgw1"]);
    }

    #[test]
    fn only_names_that_aws_publishes_are_public_parameters() {
        for name in [
            "ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-x86_64",
            "ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
            "ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
            "bottlerocket/aws-k8s-1.33/arm64/latest/image_id",
        ] {
            assert!(is_published(&format!("/aws/service/{name}")), "{name}");
        }
        for name in [
            "/aws/service/image",
            "/aws/service/shop/image",
            "/aws/service/ecs",
            "/aws/service/ecs/",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel--arm64",
            "/shop/ecs/image",
        ] {
            assert!(!is_published(name), "{name}");
        }
        let query = Query::PublicParameter { name: "/aws/service/shop/image".into() };
        let environment = groundplan_core::Environment::new("eu-west-1");
        let request = LookupRequest { path: "a/it".into(), query, environment, own: Default::default() };
        let found = look_up(&Account::default(), "111122223333", &request);
        assert!(found.matches.is_empty() && found.others.contains(&"/aws/service/ecs/…".to_owned()), "{found:?}");
    }

    #[test]
    fn what_is_made_up_is_the_same_every_time_and_told_from_what_was_created() {
        let query = Query::PrefixList { name: "com.amazonaws.global.cloudfront.origin-facing".into() };
        let find = |region| {
            let environment = groundplan_core::Environment::new(region);
            let request =
                LookupRequest { path: "a/it".into(), query: query.clone(), environment, own: Default::default() };
            look_up(&Account::default(), "111122223333", &request).matches.remove(0).outputs
        };
        assert_eq!(find("eu-west-1"), find("eu-west-1"));
        assert_ne!(find("eu-west-1"), find("eu-west-2"));
        assert!(is_made_up(find("eu-west-1")["PrefixListId"].as_str().expect("it is text")));
        assert!(!is_made_up("pl-0123456789abcdef0"));
    }
}
