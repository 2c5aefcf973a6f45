//! Lookups of VPCs.

use std::collections::BTreeMap;

use groundplan_core::lookup::{self as core, Query};
use groundplan_core::{Construct, Input, Ipv4Net, Ipv6Net, List, Node, Output, Provides, Scope};
use groundplan_resources::ec2;
use serde_json::{Map, Value as Json};

use super::report;
use crate::PassedAs;
use crate::network::VpcRef;

/// A lookup of a VPC with its subnets: [`Lookup::vpc`](super::Lookup::vpc).
#[derive(Clone, Default)]
pub struct VpcLookup {
    tags: BTreeMap<String, String>,
    dual_stack: bool,
}

impl VpcLookup {
    /// Adds a tag that the VPC must have, such as `Name` = `shared`.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// States that the VPC also has IPv6. A plan is refused where it has no IPv6 block and the program uses that.
    #[must_use]
    pub fn dual_stack(mut self) -> Self {
        self.dual_stack = true;
        self
    }
}

/// The handle of a [`VpcLookup`]. It fits where a construct takes a VPC: `PostgresDatabase::new(&shared)`.
///
/// A subnet is public if its route table has a route to an internet gateway, and private otherwise. A plan is refused
/// where the program uses the public or private subnets of a VPC that has none.
#[derive(Clone)]
pub struct FoundVpc {
    node: Node,
    vpc: VpcRef,
}

impl FoundVpc {
    /// Returns the id of the VPC.
    pub fn vpc_id(&self) -> Output<ec2::VpcId> {
        self.node.output("VpcId")
    }

    /// Returns the first IPv4 block of the VPC.
    pub fn cidr_block(&self) -> Output<String> {
        self.node.output("CidrBlock")
    }

    /// Returns the ids of the public subnets, in the order of their zones.
    pub fn public_subnet_ids(&self) -> Output<List<ec2::SubnetId>> {
        self.node.output("PublicSubnetIds")
    }

    /// Returns the ids of the private subnets, in the order of their zones.
    pub fn private_subnet_ids(&self) -> Output<List<ec2::SubnetId>> {
        self.node.output("PrivateSubnetIds")
    }

    /// Returns the id of the public subnet at `position` of [`public_subnet_ids`](Self::public_subnet_ids), counted from
    /// zero. A plan is refused where there are fewer.
    pub fn public_subnet_id(&self, position: usize) -> Output<ec2::SubnetId> {
        self.node.output(&format!("PublicSubnetIds.{position}"))
    }

    /// Returns the id of the private subnet at `position` of [`private_subnet_ids`](Self::private_subnet_ids), counted
    /// from zero. A plan is refused where there are fewer.
    pub fn private_subnet_id(&self, position: usize) -> Output<ec2::SubnetId> {
        self.node.output(&format!("PrivateSubnetIds.{position}"))
    }
}

impl Construct for VpcLookup {
    type Handle = FoundVpc;

    fn build(self, scope: &Scope) -> FoundVpc {
        if self.tags.is_empty() {
            let help = "state a tag that only this VPC has, as in `.tag(\"Name\", \"shared\")`";
            report(scope, "a VPC is looked up by its tags, and there are none", &self.tags, help);
        }
        let node = scope.lookup(core::Lookup::query(&self));
        FoundVpc { vpc: VpcRef::found(&node, self.dual_stack), node }
    }
}

impl PassedAs<VpcRef> for &FoundVpc {
    fn pass(self) -> VpcRef {
        self.vpc.clone()
    }
}

impl Provides<ec2::VpcId> for &FoundVpc {
    fn provide(self) -> Input<ec2::VpcId> {
        self.vpc_id().into()
    }
}

/// A VPC that a test states as the answer of a lookup.
#[derive(Clone, Debug)]
pub struct VpcAnswer {
    id: String,
    block: Option<Ipv4Net>,
    ipv6_block: Option<Ipv6Net>,
    public: Vec<String>,
    private: Vec<String>,
}

impl VpcAnswer {
    /// Creates the answer that finds the VPC `id`, without subnets.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), block: None, ipv6_block: None, public: Vec::new(), private: Vec::new() }
    }

    /// Sets the IPv4 block.
    #[must_use]
    pub fn block(mut self, block: Ipv4Net) -> Self {
        self.block = Some(block);
        self
    }

    /// Sets the IPv6 block.
    #[must_use]
    pub fn ipv6_block(mut self, block: Ipv6Net) -> Self {
        self.ipv6_block = Some(block);
        self
    }

    /// Sets the ids of the public subnets, one per zone.
    #[must_use]
    pub fn public_subnets<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.public = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the ids of the private subnets, one per zone.
    #[must_use]
    pub fn private_subnets<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.private = ids.into_iter().map(Into::into).collect();
        self
    }
}

impl core::Lookup for VpcLookup {
    type Answer = VpcAnswer;

    fn query(&self) -> Query {
        Query::Vpc { tags: self.tags.clone() }
    }

    fn outputs(answer: VpcAnswer) -> Map<String, Json> {
        let block = answer.block.map(|block| ("CidrBlock", Json::from(block.to_string())));
        let ipv6_block = answer.ipv6_block.map(|block| ("Ipv6CidrBlock", Json::from(block.to_string())));
        let subnets = [
            ("PublicSubnetIds", &answer.public),
            ("PublicSubnetIdPerZone", &answer.public),
            ("PrivateSubnetIds", &answer.private),
            ("PrivateSubnetIdPerZone", &answer.private),
        ];
        let subnets = subnets.into_iter().filter(|(_, ids)| !ids.is_empty());
        let subnets = subnets.map(|(name, ids)| (name, Json::from(ids.clone())));
        let all = [("VpcId", Json::from(answer.id))].into_iter().chain(block).chain(ipv6_block).chain(subnets);
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
