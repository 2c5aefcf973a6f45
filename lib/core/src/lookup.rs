//! Lookups find resources that exist already and that the program does not manage, by a query while a plan is made.
//!
//! A lookup is a node of the tree with a path, like a resource, and its outputs are referred to like those of a
//! resource. A query consists of known values only: no lookup waits for a resource or for another lookup, so that every
//! plan has all answers before it compares anything. Synth makes no request.

mod vpc;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub use vpc::{FoundSubnet, VpcQuery, has_all};

/// Tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// A query for something that exists already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Query {
    /// A VPC of the region, with its subnets.
    Vpc(VpcQuery),
    /// A public parameter of Systems Manager, with which AWS publishes the current id of an image:
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html>.
    PublicParameter {
        /// The name, below `/aws/service/`.
        name: String,
    },
    /// The availability zones of the region that are available to the account without opting in.
    AvailabilityZones,
    /// The managed prefix list of the region with this name.
    PrefixList {
        /// The name, as in `com.amazonaws.global.cloudfront.origin-facing`.
        name: String,
    },
    /// The hosted zone of a domain.
    HostedZone(HostedZoneQuery),
}

/// A query for the hosted zone that has all that is stated. Several zones of an account can have one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZoneQuery {
    /// The domain, in lower case and without the dot at its end.
    pub domain: String,
    /// `true` for a private zone.
    pub private: bool,
    /// A VPC that a private zone is associated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// The prefix of the parameters that AWS publishes for every account.
pub const PUBLIC_PARAMETERS: &str = "/aws/service/";

/// An output that the answers of a query can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerOutput {
    /// The name, in CloudFormation's spelling where it has one.
    pub name: &'static str,
    /// `true` if it is a list of texts.
    pub is_list: bool,
    /// The type of the parameter that takes its place in a template:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>.
    pub parameter_type: &'static str,
}

const fn text(name: &'static str, parameter_type: &'static str) -> AnswerOutput {
    AnswerOutput { name, is_list: false, parameter_type }
}

const fn list(name: &'static str, parameter_type: &'static str) -> AnswerOutput {
    AnswerOutput { name, is_list: true, parameter_type }
}

const TEXT: &str = "String";
const TEXTS: &str = "CommaDelimitedList";
const SUBNETS: &str = "List<AWS::EC2::Subnet::Id>";

const VPC: &[AnswerOutput] = &[
    text("VpcId", "AWS::EC2::VPC::Id"),
    text("CidrBlock", TEXT),
    list("CidrBlocks", TEXTS),
    text("Ipv6CidrBlock", TEXT),
    list("PublicSubnetIds", SUBNETS),
    list("PrivateSubnetIds", SUBNETS),
    list("PublicSubnetIdPerZone", SUBNETS),
    list("PrivateSubnetIdPerZone", SUBNETS),
];
const PUBLIC_PARAMETER: &[AnswerOutput] = &[text("Value", "AWS::SSM::Parameter::Value<String>")];
const AVAILABILITY_ZONES: &[AnswerOutput] =
    &[list("ZoneNames", "List<AWS::EC2::AvailabilityZone::Name>"), list("ZoneIds", TEXTS)];
const PREFIX_LIST: &[AnswerOutput] = &[text("PrefixListId", TEXT)];
const HOSTED_ZONE: &[AnswerOutput] = &[text("HostedZoneId", "AWS::Route53::HostedZone::Id")];

impl Query {
    /// Returns the outputs that an answer can have. An answer has none that is empty: a VPC without public subnets has
    /// no `PublicSubnetIds`.
    ///
    /// | query | outputs |
    /// |---|---|
    /// | VPC | `VpcId`; `CidrBlock`, the first IPv4 block, and `CidrBlocks`, all of them; `Ipv6CidrBlock` |
    /// | its subnets, by zone | `PublicSubnetIds` and `PrivateSubnetIds` |
    /// | the first subnet of each zone | `PublicSubnetIdPerZone` and `PrivateSubnetIdPerZone` |
    /// | public parameter | `Value` |
    /// | availability zones | `ZoneNames` and `ZoneIds`, both by name |
    /// | prefix list | `PrefixListId` |
    /// | hosted zone | `HostedZoneId` |
    pub fn outputs(&self) -> &'static [AnswerOutput] {
        match self {
            Self::Vpc(_) => VPC,
            Self::PublicParameter { .. } => PUBLIC_PARAMETER,
            Self::AvailabilityZones => AVAILABILITY_ZONES,
            Self::PrefixList { .. } => PREFIX_LIST,
            Self::HostedZone(_) => HOSTED_ZONE,
        }
    }

    /// Returns one of the [`outputs`](Self::outputs), and the position if the attribute is an element of a list, as in
    /// `ZoneNames.0`. `None` if no answer can have it.
    pub fn output(&self, attribute: &str) -> Option<(AnswerOutput, Option<usize>)> {
        let (name, position) = split(attribute);
        let output = self.outputs().iter().find(|output| output.name == name)?;
        (position.is_none() || output.is_list).then_some((*output, position))
    }

    /// Returns the output of an answer, or the element of a list, as in `ZoneNames.0`.
    pub fn value<'a>(&self, answer: &'a Map<String, Json>, attribute: &str) -> Option<&'a Json> {
        match split(attribute) {
            (name, None) => answer.get(name),
            (name, Some(position)) => answer.get(name)?.get(position),
        }
    }

    /// Returns the type of the resource that the query is about.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Vpc(_) | Self::AvailabilityZones => "AWS::EC2::VPC",
            Self::PublicParameter { .. } => "AWS::SSM::Parameter",
            Self::PrefixList { .. } => "AWS::EC2::PrefixList",
            Self::HostedZone(_) => "AWS::Route53::HostedZone",
        }
    }

    /// Returns the output that identifies the resource that is found; `None` if it is no resource of a customer.
    pub fn id_output(&self) -> Option<&'static str> {
        match self {
            Self::Vpc(_) => Some("VpcId"),
            Self::PrefixList { .. } => Some("PrefixListId"),
            Self::HostedZone(_) => Some("HostedZoneId"),
            Self::PublicParameter { .. } | Self::AvailabilityZones => None,
        }
    }

    /// Returns whether the answer is the same in all regions.
    pub fn is_global(&self) -> bool {
        matches!(self, Self::HostedZone(_))
    }

    /// Returns the kind of the lookup as a noun: `VPC`.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Vpc(_) => "VPC",
            Self::PublicParameter { .. } => "public parameter",
            Self::AvailabilityZones => "availability zone",
            Self::PrefixList { .. } => "managed prefix list",
            Self::HostedZone(HostedZoneQuery { private: false, .. }) => "public hosted zone",
            Self::HostedZone(HostedZoneQuery { private: true, .. }) => "private hosted zone",
        }
    }
}

/// Splits an output into its name and the position in its list.
fn split(attribute: &str) -> (&str, Option<usize>) {
    match attribute.rsplit_once('.').map(|(name, position)| (name, position.parse())) {
        Some((name, Ok(position))) => (name, Some(position)),
        _ => (attribute, None),
    }
}

/// As in ``VPC with the tag `Name` = `shared` ``.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = self.noun();
        match self {
            Self::Vpc(query) => query.fmt(f),
            Self::PublicParameter { name } | Self::PrefixList { name } => write!(f, "{noun} `{name}`"),
            Self::HostedZone(HostedZoneQuery { domain, vpc, tags, .. }) => {
                write!(f, "{noun} `{domain}`")?;
                if let Some(vpc) = vpc {
                    write!(f, " of the VPC `{vpc}`")?;
                }
                f.write_str(&vpc::with_tags(tags))
            }
            Self::AvailabilityZones => write!(f, "{noun}s"),
        }
    }
}

/// A lookup of a program whose answer a test can state.
pub trait Lookup {
    /// The type of the answer that a test states.
    type Answer;

    /// Returns the query.
    fn query(&self) -> Query;

    /// Returns the outputs of an answer.
    fn outputs(answer: Self::Answer) -> Map<String, Json>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::{App, Stack};
    use crate::code::Code;
    use crate::environment::Environment;
    use crate::input::Output;
    use crate::node::Node;
    use crate::scope::{Construct, Scope};
    use crate::synth::Synthesis;
    use crate::value::Value;

    struct Zones;

    impl Construct for Zones {
        type Handle = Node;

        fn build(self, scope: &Scope) -> Node {
            scope.lookup(Query::AvailabilityZones)
        }
    }

    fn synth(build: impl FnOnce(&Stack)) -> Result<Synthesis, Vec<(Code, String)>> {
        let app = App::new("shop");
        build(&app.stack("shop", Environment::new("eu-west-1")));
        app.synth().map_err(|found| found.0.into_iter().map(|it| (it.code, it.to_string())).collect())
    }

    #[test]
    fn every_query_survives_the_way_to_json_and_back() {
        let zone = |vpc: Option<&str>, tags| {
            let vpc = vpc.map(str::to_owned);
            Query::HostedZone(HostedZoneQuery { domain: "a.b".into(), private: true, vpc, tags })
        };
        let tags = BTreeMap::from([("Name".to_owned(), "shared".to_owned()), ("Tier".to_owned(), "core".to_owned())]);
        let queries = [
            (
                Query::Vpc(VpcQuery { tags: tags.clone(), ..Default::default() }),
                json!({"vpc": {"tags": {"Name": "shared", "Tier": "core"}}}),
            ),
            (
                Query::Vpc(VpcQuery { is_default: true, private_subnets: tags.clone(), ..Default::default() }),
                json!({"vpc": {"is_default": true, "private_subnets": {"Name": "shared", "Tier": "core"}}}),
            ),
            (Query::PublicParameter { name: "/a".into() }, json!({"public_parameter": {"name": "/a"}})),
            (Query::AvailabilityZones, json!("availability_zones")),
            (Query::PrefixList { name: "p".into() }, json!({"prefix_list": {"name": "p"}})),
            (zone(None, Tags::new()), json!({"hosted_zone": {"domain": "a.b", "private": true}})),
            (
                zone(Some("vpc-1"), [("Tier".to_owned(), "core".to_owned())].into()),
                json!({"hosted_zone": {"domain": "a.b", "private": true, "vpc": "vpc-1", "tags": {"Tier": "core"}}}),
            ),
        ];
        for (query, document) in queries {
            assert_eq!(serde_json::to_value(&query).expect("it has string keys only"), document);
            assert_eq!(serde_json::from_value::<Query>(document).expect("it was just written"), query);
        }
    }

    #[test]
    fn an_element_of_a_list_is_an_output_and_one_of_a_text_is_not() {
        let zones = Query::AvailabilityZones;
        let answer = json!({"ZoneNames": ["a", "b"]}).as_object().cloned().expect("it is a map");
        let position = |attribute: &str| zones.output(attribute).map(|(output, position)| (output.name, position));
        assert_eq!(position("ZoneNames"), Some(("ZoneNames", None)));
        assert_eq!(position("ZoneNames.1"), Some(("ZoneNames", Some(1))));
        assert_eq!(position("VpcId"), None);
        assert_eq!(zones.value(&answer, "ZoneNames.1"), Some(&json!("b")));
        assert_eq!((zones.value(&answer, "ZoneNames.2"), zones.value(&answer, "ZoneIds")), (None, None));
        assert_eq!(Query::PrefixList { name: "p".into() }.output("PrefixListId.0"), None);
    }

    #[test]
    fn a_query_for_a_zone_reads_as_what_it_finds() {
        let tags = Tags::from([("Tier".to_owned(), "core".to_owned())]);
        let query = HostedZoneQuery { domain: "a.b".into(), private: true, vpc: Some("vpc-1".into()), tags };
        let text = "private hosted zone `a.b` of the VPC `vpc-1` with the tag `Tier` = `core`";
        assert_eq!(Query::HostedZone(query).to_string(), text);
        assert_eq!(Query::AvailabilityZones.to_string(), "availability zones");
    }

    #[test]
    fn a_lookup_is_a_node_of_the_assembly_that_outputs_refer_to() {
        let synthesis = synth(|stack| {
            let zones = stack.add("zones", Zones);
            stack.export("first", zones.output::<String>("ZoneNames.0"));
        })
        .expect("it is valid");
        let document: Json = serde_json::from_str(&synthesis.assembly.to_json()).expect("it is JSON");
        assert_eq!(document["lookups"], json!({"shop/zones": "availability_zones"}));
        assert_eq!(document["outputs"]["first"], json!({"$ref": "shop/zones#ZoneNames.0"}));
        assert!(synthesis.locations["shop/zones"][0].file().ends_with("lookup.rs"));
        let without = synth(|_| ()).expect("it is valid").assembly.to_json();
        assert!(!without.contains("lookups"), "{without}");
    }

    #[test]
    fn an_output_that_no_answer_has_and_a_second_node_at_the_path_are_refused() {
        let found = synth(|stack| {
            let zones = stack.add("zones", Zones);
            stack.export("vpc", Output::<Value>::new(zones.output::<String>("VpcId").reference().clone()));
            stack.add("zones", Zones);
        })
        .expect_err("both are wrong");
        let codes: Vec<_> = found.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [Code::PathTaken, Code::UnknownAttribute]);
        assert!(found[1].1.contains("ZoneNames, ZoneIds"), "{}", found[1].1);
    }
}
