//! The query for a VPC, and which of its subnets are the public and the private ones.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Tags;

/// A query for the VPC of the region that has all that is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VpcQuery {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its tags. An account that the VPC is shared with does not see them.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// `true` for the default VPC of the region.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// The account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The tags of its public subnets. If there are none, those subnets are public that lead to the internet.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub public_subnets: Tags,
    /// The tags of its private subnets. If there are none, those subnets are private that do not lead to the internet.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub private_subnets: Tags,
}

/// A subnet of the VPC that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSubnet {
    /// The availability zone.
    pub zone: String,
    /// The id.
    pub id: String,
    /// The tags.
    pub tags: Tags,
    /// `true` if its route table has a route to an internet gateway.
    pub leads_to_internet: bool,
}

/// The outputs with the subnets of one kind: all, and the first one of each zone.
const PUBLIC: [&str; 2] = ["PublicSubnetIds", "PublicSubnetIdPerZone"];
const PRIVATE: [&str; 2] = ["PrivateSubnetIds", "PrivateSubnetIdPerZone"];

impl VpcQuery {
    /// Returns whether the query states what the VPC is.
    pub fn says_which(&self) -> bool {
        self.id.is_some() || !self.tags.is_empty() || self.is_default || self.owner.is_some()
    }

    /// Returns the outputs of an answer that name the subnets of the VPC. Tags decide alone where they are stated; else
    /// a subnet is public if it leads to the internet, as long as it is not chosen by its tags for the other kind.
    ///
    /// # Errors
    /// No subnet has the tags of one kind. Returns descriptions of all subnets.
    pub fn subnet_outputs(&self, mut subnets: Vec<FoundSubnet>) -> Result<Map<String, Json>, Vec<String>> {
        subnets.sort_by(|a, b| (&a.zone, &a.id).cmp(&(&b.zone, &b.id)));
        let is_chosen = |by: &Tags, subnet: &FoundSubnet| !by.is_empty() && has_all(&subnet.tags, by);
        let chosen = |by: &Tags, others: &Tags, leads_to_internet: bool| {
            let is_of = |subnet: &&FoundSubnet| match by.is_empty() {
                true => subnet.leads_to_internet == leads_to_internet && !is_chosen(others, subnet),
                false => is_chosen(by, subnet),
            };
            subnets.iter().filter(is_of).collect::<Vec<_>>()
        };
        let mut outputs = Map::new();
        for (names, by, others) in [
            (PUBLIC, &self.public_subnets, &self.private_subnets),
            (PRIVATE, &self.private_subnets, &self.public_subnets),
        ] {
            let subnets_of_kind = chosen(by, others, names == PUBLIC);
            if subnets_of_kind.is_empty() {
                if by.is_empty() {
                    continue;
                }
                return Err(subnets.iter().map(ToString::to_string).collect());
            }
            let mut zones = BTreeSet::new();
            let first = subnets_of_kind.iter().filter(|subnet| zones.insert(&subnet.zone));
            let first: Vec<Json> = first.map(|subnet| subnet.id.as_str().into()).collect();
            let all: Vec<Json> = subnets_of_kind.iter().map(|subnet| subnet.id.as_str().into()).collect();
            outputs.extend(names.into_iter().map(str::to_owned).zip([all.into(), first.into()]));
        }
        Ok(outputs)
    }

    /// Returns in how many zones the subnets of an output of an answer are; `None` if the output is no list of subnets.
    pub fn zones(answer: &Map<String, Json>, output: &str) -> Option<usize> {
        let [_, per_zone] = [PUBLIC, PRIVATE].into_iter().find(|names| names.contains(&output))?;
        answer.get(per_zone)?.as_array().map(Vec::len)
    }
}

/// Returns whether all of `wanted` are among the tags.
pub fn has_all(tags: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}

/// As in `` with the tag `Name` = `shared` and `Tier` = `core` ``; empty if there are no tags.
pub(super) fn with_tags(tags: &Tags) -> String {
    let each: Vec<_> = tags.iter().map(|(key, value)| format!("`{key}` = `{value}`")).collect();
    if each.is_empty() { String::new() } else { format!(" with the tag {}", each.join(" and ")) }
}

/// As in ``VPC with the tag `Name` = `shared` ``.
impl fmt::Display for VpcQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, tags, is_default, owner, public_subnets, private_subnets } = self;
        f.write_str(if *is_default { "default VPC" } else { "VPC" })?;
        if let Some(id) = id {
            write!(f, " `{id}`")?;
        }
        if let Some(owner) = owner {
            write!(f, " of account {owner}")?;
        }
        f.write_str(&with_tags(tags))?;
        for (kind, tags) in [("public", public_subnets), ("private", private_subnets)] {
            if !tags.is_empty() {
                write!(f, ", {kind} subnets{}", with_tags(tags))?;
            }
        }
        Ok(())
    }
}

/// As in `subnet-1 (eu-central-1a, private, tier=web)`.
impl fmt::Display for FoundSubnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { zone, id, tags, leads_to_internet } = self;
        write!(f, "{id} ({zone}, {}", if *leads_to_internet { "public" } else { "private" })?;
        // AWS's own tags tell nothing about what a subnet is for.
        for (key, value) in tags.iter().filter(|(key, _)| !key.starts_with("aws:")) {
            write!(f, ", {key}={value}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tags(tags: &[(&str, &str)]) -> Tags {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Two zones with the three kinds of subnets that CDK makes.
    fn subnets() -> Vec<FoundSubnet> {
        let of = |zone: &str, kind: &str| FoundSubnet {
            zone: format!("eu-central-1{zone}"),
            id: format!("{}-{zone}", kind.to_lowercase()),
            tags: tags(&[("aws-cdk:subnet-type", kind), ("aws:cloudformation:stack-name", "network")]),
            leads_to_internet: kind == "Public",
        };
        ["b", "a"].into_iter().flat_map(|zone| ["Public", "Private", "Isolated"].map(|kind| of(zone, kind))).collect()
    }

    fn outputs(query: &VpcQuery) -> Json {
        query.subnet_outputs(subnets()).expect("there are such subnets").into()
    }

    #[test]
    fn routes_tell_public_subnets_from_private_ones_where_no_tags_are_stated() {
        assert_eq!(
            outputs(&VpcQuery::default()),
            json!({
                "PublicSubnetIds": ["public-a", "public-b"], "PublicSubnetIdPerZone": ["public-a", "public-b"],
                "PrivateSubnetIds": ["isolated-a", "private-a", "isolated-b", "private-b"],
                "PrivateSubnetIdPerZone": ["isolated-a", "isolated-b"],
            })
        );
    }

    #[test]
    fn tags_choose_the_subnets_of_their_kind_and_take_them_from_the_other_one() {
        let private = VpcQuery { private_subnets: tags(&[("aws-cdk:subnet-type", "Isolated")]), ..Default::default() };
        let found = outputs(&private);
        assert_eq!(found["PrivateSubnetIds"], json!(["isolated-a", "isolated-b"]));
        assert_eq!(found["PublicSubnetIds"], json!(["public-a", "public-b"]));
        // Behind a firewall, public subnets have no route to the internet gateway.
        let public = VpcQuery { public_subnets: tags(&[("aws-cdk:subnet-type", "Isolated")]), ..Default::default() };
        let found = outputs(&public);
        assert_eq!(found["PublicSubnetIdPerZone"], json!(["isolated-a", "isolated-b"]));
        assert_eq!(found["PrivateSubnetIds"], json!(["private-a", "private-b"]));
    }

    #[test]
    fn tags_that_no_subnet_has_are_an_error_that_shows_the_subnets() {
        let query = VpcQuery { private_subnets: tags(&[("tier", "database")]), ..Default::default() };
        let others = query.subnet_outputs(subnets()).expect_err("there are none");
        assert_eq!(
            (others.len(), others[0].as_str()),
            (6, "isolated-a (eu-central-1a, private, aws-cdk:subnet-type=Isolated)")
        );
        assert_eq!(query.subnet_outputs(Vec::new()), Err(Vec::new()));
        assert_eq!(VpcQuery::default().subnet_outputs(Vec::new()), Ok(Map::new()));
    }

    #[test]
    fn the_zones_of_subnets_are_counted_by_the_first_one_of_each() {
        let answer = VpcQuery::default().subnet_outputs(subnets()).expect("there are subnets");
        assert_eq!(VpcQuery::zones(&answer, "PrivateSubnetIds"), Some(2));
        assert_eq!(
            (VpcQuery::zones(&answer, "PublicSubnetIdPerZone"), VpcQuery::zones(&answer, "VpcId")),
            (Some(2), None)
        );
    }

    #[test]
    fn a_query_reads_as_what_it_finds() {
        let name = || tags(&[("Name", "shared"), ("Tier", "core")]);
        let cdk = || tags(&[("aws-cdk:subnet-type", "Private")]);
        for (query, text) in [
            (VpcQuery { tags: name(), ..Default::default() }, "VPC with the tag `Name` = `shared` and `Tier` = `core`"),
            (VpcQuery { id: Some("vpc-1".into()), ..Default::default() }, "VPC `vpc-1`"),
            (VpcQuery { is_default: true, ..Default::default() }, "default VPC"),
            (VpcQuery { owner: Some("111122223333".into()), ..Default::default() }, "VPC of account 111122223333"),
            (
                VpcQuery { id: Some("vpc-1".into()), private_subnets: cdk(), ..Default::default() },
                "VPC `vpc-1`, private subnets with the tag `aws-cdk:subnet-type` = `Private`",
            ),
        ] {
            assert_eq!((query.says_which(), query.to_string().as_str()), (true, text));
        }
        assert!(!VpcQuery { private_subnets: cdk(), ..Default::default() }.says_which());
    }
}
