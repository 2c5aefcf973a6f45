//! Lookups find resources that exist already and that the program does not manage, by a query while a plan is made.
//!
//! A lookup is a node of the tree with a path, like a resource, and its outputs are referred to like those of a
//! resource. A query consists of known values only: no lookup waits for a resource or for another lookup, so that every
//! plan has all answers before it compares anything. Synth makes no request.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A query for something that exists already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Query {
    /// The VPC of the region that has all of these tags, with its subnets.
    Vpc {
        /// The tags, at least one.
        tags: BTreeMap<String, String>,
    },
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
    HostedZone {
        /// The domain, in lower case and without the dot at its end.
        domain: String,
        /// `true` if it is a private zone.
        private: bool,
    },
}

/// The prefix of the parameters that AWS publishes for every account.
pub const PUBLIC_PARAMETERS: &str = "/aws/service/";

impl Query {
    /// Returns the outputs that an answer can have, in CloudFormation's spelling where it has one. An answer has none that is
    /// empty: a VPC without public subnets has no `PublicSubnetIds`.
    ///
    /// | query | outputs |
    /// |---|---|
    /// | VPC | `VpcId`, `CidrBlock`, `Ipv6CidrBlock`; `PublicSubnetIds` and `PrivateSubnetIds`, by zone; `PublicSubnetIdPerZone` and `PrivateSubnetIdPerZone`, the first one of each zone |
    /// | public parameter | `Value` |
    /// | availability zones | `ZoneNames` and `ZoneIds`, both by name |
    /// | prefix list | `PrefixListId` |
    /// | hosted zone | `HostedZoneId` |
    pub fn outputs(&self) -> &'static [&'static str] {
        match self {
            Self::Vpc { .. } => &[
                "VpcId",
                "CidrBlock",
                "Ipv6CidrBlock",
                "PublicSubnetIds",
                "PrivateSubnetIds",
                "PublicSubnetIdPerZone",
                "PrivateSubnetIdPerZone",
            ],
            Self::PublicParameter { .. } => &["Value"],
            Self::AvailabilityZones => &["ZoneNames", "ZoneIds"],
            Self::PrefixList { .. } => &["PrefixListId"],
            Self::HostedZone { .. } => &["HostedZoneId"],
        }
    }

    /// Returns whether an answer can have the output: one of [`outputs`](Self::outputs), or an element of a list among them by
    /// its position, as in `ZoneNames.0`.
    pub fn has_output(&self, attribute: &str) -> bool {
        let (name, position) = split(attribute);
        self.outputs().contains(&name) && (position.is_none() || is_list(name))
    }

    /// Returns the output of an answer, or the element of a list, as in `ZoneNames.0`.
    pub fn value<'a>(&self, answer: &'a Map<String, Json>, attribute: &str) -> Option<&'a Json> {
        match split(attribute) {
            (name, None) => answer.get(name),
            (name, Some(position)) => answer.get(name)?.get(position),
        }
    }

    /// Returns the type of the resource that is found, and the output that identifies it; `None` if it is no resource.
    pub fn resource(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Vpc { .. } => Some(("AWS::EC2::VPC", "VpcId")),
            Self::PrefixList { .. } => Some(("AWS::EC2::PrefixList", "PrefixListId")),
            Self::HostedZone { .. } => Some(("AWS::Route53::HostedZone", "HostedZoneId")),
            Self::PublicParameter { .. } | Self::AvailabilityZones => None,
        }
    }

    /// Returns the kind of the lookup as a noun: `VPC`.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Vpc { .. } => "VPC",
            Self::PublicParameter { .. } => "public parameter",
            Self::AvailabilityZones => "availability zone",
            Self::PrefixList { .. } => "managed prefix list",
            Self::HostedZone { private: false, .. } => "public hosted zone",
            Self::HostedZone { private: true, .. } => "private hosted zone",
        }
    }
}

/// Returns whether the output is a list.
pub(crate) fn is_list(name: &str) -> bool {
    name.ends_with('s') || name.ends_with("PerZone")
}

/// Splits an output into its name and the position in its list.
pub(crate) fn split(attribute: &str) -> (&str, Option<usize>) {
    match attribute.rsplit_once('.').map(|(name, position)| (name, position.parse())) {
        Some((name, Ok(position))) => (name, Some(position)),
        _ => (attribute, None),
    }
}

/// As in ``VPC with the tag `Name` = `shared` ``.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())?;
        match self {
            Self::Vpc { tags } => {
                for (position, (key, value)) in tags.iter().enumerate() {
                    write!(f, "{} `{key}` = `{value}`", if position == 0 { " with the tag" } else { " and" })?;
                }
                Ok(())
            }
            Self::PublicParameter { name } | Self::PrefixList { name } => write!(f, " `{name}`"),
            Self::HostedZone { domain, .. } => write!(f, " `{domain}`"),
            Self::AvailabilityZones => f.write_str("s"),
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
        let tags = BTreeMap::from([("Name".to_owned(), "shared".to_owned()), ("Tier".to_owned(), "core".to_owned())]);
        let queries = [
            (Query::Vpc { tags }, json!({"vpc": {"tags": {"Name": "shared", "Tier": "core"}}})),
            (Query::PublicParameter { name: "/a".into() }, json!({"public_parameter": {"name": "/a"}})),
            (Query::AvailabilityZones, json!("availability_zones")),
            (Query::PrefixList { name: "p".into() }, json!({"prefix_list": {"name": "p"}})),
            (
                Query::HostedZone { domain: "a.b".into(), private: true },
                json!({"hosted_zone": {"domain": "a.b", "private": true}}),
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
        assert!(zones.has_output("ZoneNames") && zones.has_output("ZoneNames.1") && !zones.has_output("VpcId"));
        assert_eq!(zones.value(&answer, "ZoneNames.1"), Some(&json!("b")));
        assert_eq!((zones.value(&answer, "ZoneNames.2"), zones.value(&answer, "ZoneIds")), (None, None));
        assert!(!Query::PrefixList { name: "p".into() }.has_output("PrefixListId.0"));
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
