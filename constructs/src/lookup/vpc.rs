//! Lookups of VPCs.

use groundplan_core::lookup::{self as core, FoundSubnet, Query, VpcQuery};
use groundplan_core::{Construct, Input, Ipv4Net, Ipv6Net, List, Node, Output, Provides, Scope};
use groundplan_resources::ec2;
use serde_json::{Map, Value as Json};

use super::report;
use crate::PassedAs;
use crate::network::VpcRef;

/// A lookup of a VPC with its subnets: [`Lookup::vpc`](super::Lookup::vpc). The VPC must have all that is stated.
///
/// ```
/// use groundplan_constructs::data::PostgresDatabase;
/// use groundplan_constructs::lookup::Lookup;
/// use groundplan_core::{App, Environment};
///
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-central-1"));
/// let lookup = Lookup::vpc().tag("Name", "shared").private_subnets_tagged("aws-cdk:subnet-type", "Isolated");
/// let shared = stack.add("shared", lookup);
/// stack.add("database", PostgresDatabase::new(&shared));
/// # app.synth().expect("it is valid");
/// ```
#[derive(Clone, Default)]
pub struct VpcLookup {
    query: VpcQuery,
    dual_stack: bool,
}

impl VpcLookup {
    /// Adds a tag that the VPC must have, such as `Name` = `shared`. The tags of a VPC that another account shares are
    /// not visible: look it up by its [id](Self::id) or its [owner](Self::owned_by).
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.tags.insert(key.into(), value.into());
        self
    }

    /// Sets the id of the VPC. Unlike [`Vpc::existing`](crate::network::Vpc::existing), the lookup finds its subnets
    /// and blocks.
    #[must_use]
    pub fn id(mut self, id: ec2::VpcId) -> Self {
        self.query.id = Some(id.as_str().to_owned());
        self
    }

    /// Finds the default VPC of the region. Its subnets are public in most accounts.
    #[must_use]
    pub fn default_vpc(mut self) -> Self {
        self.query.is_default = true;
        self
    }

    /// Sets the account that owns the VPC. It differs from the account of the stack if the VPC is shared.
    #[must_use]
    pub fn owned_by(mut self, account: impl Into<String>) -> Self {
        self.query.owner = Some(account.into());
        self
    }

    /// Adds a tag that the public subnets have. By default, a subnet is public if its route table has a route to an
    /// internet gateway; with tags, these decide alone. CDK tags subnets with `aws-cdk:subnet-type` = `Public`,
    /// `Private` or `Isolated`.
    #[must_use]
    pub fn public_subnets_tagged(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.public_subnets.insert(key.into(), value.into());
        self
    }

    /// Adds a tag that the private subnets have, such as `tier` = `database`. By default, a subnet is private if it is
    /// not public; with tags, these decide alone. A plan is refused where no subnet has the tags.
    #[must_use]
    pub fn private_subnets_tagged(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.private_subnets.insert(key.into(), value.into());
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
/// A subnet is public if its route table has a route to an internet gateway, and private otherwise, unless
/// [tags](VpcLookup::private_subnets_tagged) choose them. A plan is refused where the program uses the public or
/// private subnets of a VPC that has none, and where a resource needs two zones and these subnets are in one.
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

    /// Returns the first IPv4 block of the VPC. It is what rules of security groups mean by the VPC: clients in another
    /// block of [`cidr_blocks`](Self::cidr_blocks) need rules of their own.
    pub fn cidr_block(&self) -> Output<String> {
        self.node.output("CidrBlock")
    }

    /// Returns all IPv4 blocks of the VPC, starting with the first one.
    pub fn cidr_blocks(&self) -> Output<List<String>> {
        self.node.output("CidrBlocks")
    }

    /// Returns the ids of the public subnets, in the order of their zones.
    pub fn public_subnet_ids(&self) -> Output<List<ec2::SubnetId>> {
        self.node.output("PublicSubnetIds")
    }

    /// Returns the ids of the private subnets, in the order of their zones.
    pub fn private_subnet_ids(&self) -> Output<List<ec2::SubnetId>> {
        self.node.output("PrivateSubnetIds")
    }

    /// Returns the id of the public subnet at `position` of [`public_subnet_ids`](Self::public_subnet_ids), counted
    /// from zero. A plan is refused where there are fewer.
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
        if !self.query.says_which() {
            let help = "state a tag that only this VPC has, as in `.tag(\"Name\", \"shared\")`, or its `.id(…)`";
            report(scope, "the lookup does not state which VPC it finds", "no tag, id or owner", help);
        }
        if let Some(owner) = self.query.owner.as_ref().filter(|owner| !is_account(owner)) {
            report(scope, "this is not an account", owner, "pass the twelve digits of the account");
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

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|letter| letter.is_ascii_digit())
}

/// A VPC that a test states as the answer of a lookup.
#[derive(Clone, Debug)]
pub struct VpcAnswer {
    id: String,
    blocks: Vec<Ipv4Net>,
    ipv6_block: Option<Ipv6Net>,
    public: Vec<String>,
    private: Vec<String>,
}

impl VpcAnswer {
    /// Creates the answer that finds the VPC `id`, without subnets.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), blocks: Vec::new(), ipv6_block: None, public: Vec::new(), private: Vec::new() }
    }

    /// Adds an IPv4 block.
    #[must_use]
    pub fn block(mut self, block: Ipv4Net) -> Self {
        self.blocks.push(block);
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
        Query::Vpc(self.query.clone())
    }

    fn outputs(answer: VpcAnswer) -> Map<String, Json> {
        let blocks: Vec<_> = answer.blocks.iter().map(|block| Json::from(block.to_string())).collect();
        let block = blocks.first().map(|block| ("CidrBlock", block.clone()));
        let blocks = (!blocks.is_empty()).then(|| ("CidrBlocks", blocks.into()));
        let ipv6_block = answer.ipv6_block.map(|block| ("Ipv6CidrBlock", Json::from(block.to_string())));
        let named = [("VpcId", Json::from(answer.id))].into_iter().chain(block).chain(blocks).chain(ipv6_block);
        let subnets = |ids: Vec<String>, leads_to_internet: bool| {
            // Each is in a zone of its own, and the zones have the order of the subnets.
            let subnet = move |(position, id)| FoundSubnet {
                zone: format!("{position:04}"),
                id,
                leads_to_internet,
                ..FoundSubnet::default()
            };
            ids.into_iter().enumerate().map(subnet)
        };
        let subnets = subnets(answer.public, true).chain(subnets(answer.private, false)).collect();
        let subnets = VpcQuery::default().subnet_outputs(subnets).expect("no tags choose them");
        named.map(|(name, value)| (name.to_owned(), value)).chain(subnets).collect()
    }
}
