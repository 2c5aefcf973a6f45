//! Security groups and their rules.

use groundplan_core::{
    Code, Construct, Deferred, Diagnostic, Handle, Input, Ipv4Net, Ipv6Net, Output, Provides, Scope, main_resource,
};
use groundplan_resources::ec2;

use super::vpc_ref::VpcRef;
use crate::passed_as::PassedAs;

/// The maximum length of a description, and its characters beside letters, digits and spaces.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
const DESCRIPTION: (usize, &str) = (255, "._-:/()#,@[]+=&;{}!$*");

/// A security group: a firewall around its members. By default, it blocks all inbound traffic until
/// [`allow_from`](SecurityGroupHandle::allow_from) adds a rule, and allows all outbound traffic.
///
/// Each rule is a separate resource, so two groups can refer to each other.
///
/// ```
/// use groundplan_constructs::network::{Port, SecurityGroup, Vpc};
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
/// let api = stack.add("api", SecurityGroup::new(&vpc, "API"));
/// let cache = stack.add("cache", SecurityGroup::new(&vpc, "Cache").no_outbound());
/// cache.allow_from(&api, Port::REDIS);
/// # app.synth().expect("it is valid");
/// ```
pub struct SecurityGroup {
    vpc: VpcRef,
    description: String,
    outbound: bool,
}

impl SecurityGroup {
    /// Creates a group in `vpc`. Changing the description later replaces the group.
    pub fn new(vpc: impl PassedAs<VpcRef>, description: impl Into<String>) -> Self {
        Self { vpc: vpc.pass(), description: description.into(), outbound: true }
    }

    /// Refers to an existing group by its id, which can be a known id, an output of a resource or an export of
    /// another app. Rules of other groups accept the reference as a peer.
    ///
    /// ```
    /// use groundplan_constructs::network::{Port, SecurityGroup, Vpc};
    /// use groundplan_core::{App, Environment};
    /// use groundplan_resources::ec2::{SecurityGroupId, VpcId};
    /// let app = App::new("shop");
    /// let stack = app.stack("shop", Environment::new("eu-west-1"));
    /// let shared = Vpc::existing(VpcId::new("vpc-0123456789abcdef0"));
    /// let bastion = SecurityGroup::existing(SecurityGroupId::new("sg-0123456789abcdef0"));
    /// let cache = stack.add("cache", SecurityGroup::new(&shared, "Cache"));
    /// cache.allow_from(&bastion, Port::REDIS);
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(id: impl Provides<ec2::SecurityGroupId>) -> SecurityGroupRef {
        let id = id.provide();
        let name = match &id {
            Input::Known(id) => id.as_str().to_owned(),
            Input::Deferred(Deferred::Ref(group)) => group_name(group.path.as_str()),
            Input::Deferred(Deferred::CrossApp(export)) => format!("{}-{}", export.app, export.name),
            Input::Deferred(_) => "group".to_owned(),
        };
        SecurityGroupRef { name, id }
    }

    /// Blocks outbound traffic, except for the rules of [`allow_to`](SecurityGroupHandle::allow_to). The group
    /// is declared with an empty list of outbound rules, which removes the default rule of AWS.
    #[must_use]
    pub fn no_outbound(mut self) -> Self {
        self.outbound = false;
        self
    }
}

/// The handle of a [`SecurityGroup`].
#[derive(Clone)]
pub struct SecurityGroupHandle {
    scope: Scope,
    /// The security group.
    pub group: Handle<ec2::SecurityGroup>,
    all_outbound: bool,
}

impl Construct for SecurityGroup {
    type Handle = SecurityGroupHandle;

    fn build(self, scope: &Scope) -> SecurityGroupHandle {
        let (most, punctuation) = DESCRIPTION;
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == ' ' || punctuation.contains(letter);
        let fits = (1..=most).contains(&self.description.len()) && self.description.chars().all(allowed);
        if !fits {
            let error = Diagnostic::error(Code::GroupDescription, "a security group cannot have this description");
            scope.report(
                error
                    .got(format!("{:?}", self.description))
                    .allowed(format!("1 to {most} letters, digits, spaces and `{punctuation}`")),
            );
        }
        let mut group = ec2::SecurityGroup::new(self.description).vpc_id(&self.vpc);
        if self.outbound && self.vpc.dual_stack {
            // AWS adds a default rule for IPv6 only if the VPC already has its IPv6 block. Omitting the rule
            // and adding it separately are therefore both wrong; declared with the group, it exists once.
            // <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
            let everything = || ec2::security_group::Egress::new(Port::ALL.protocol);
            group = group.security_group_egress([
                everything().cidr_ip(Ipv4Net::default()),
                everything().cidr_ipv6(Ipv6Net::default()),
            ]);
        }
        if !self.outbound {
            // An empty list removes the default rule of AWS. The other rules are separate resources.
            group = group.security_group_egress(Vec::<ec2::security_group::Egress>::new());
        }
        SecurityGroupHandle { scope: scope.clone(), group: scope.resource(group), all_outbound: self.outbound }
    }
}

/// A range of ports of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    protocol: &'static str,
    from: u16,
    to: u16,
}

impl Port {
    /// Every port of every protocol.
    pub const ALL: Self = Self { protocol: "-1", from: 0, to: 0 };
    /// TCP port 443.
    pub const HTTPS: Self = Self::tcp(443);
    /// TCP port 80.
    pub const HTTP: Self = Self::tcp(80);
    /// TCP port 5432.
    pub const POSTGRES: Self = Self::tcp(5432);
    /// TCP port 6379.
    pub const REDIS: Self = Self::tcp(6379);
    /// TCP port 22.
    pub const SSH: Self = Self::tcp(22);

    /// Returns a TCP port.
    pub const fn tcp(port: u16) -> Self {
        Self::tcp_range(port, port)
    }

    /// Returns the TCP ports from `from` to `to`, inclusive.
    ///
    /// # Panics
    /// If `from` is greater than `to`. In a constant, this is an error of the compiler.
    pub const fn tcp_range(from: u16, to: u16) -> Self {
        assert!(from <= to, "a range of ports begins with the lower one");
        Self { protocol: "tcp", from, to }
    }

    /// Returns a UDP port.
    pub const fn udp(port: u16) -> Self {
        Self { protocol: "udp", from: port, to: port }
    }

    /// Returns the part of a rule name for these ports: `5432`, `8000-8080`, `udp-53`, `all`.
    fn name(self) -> String {
        let range = if self.from == self.to { self.from.to_string() } else { format!("{}-{}", self.from, self.to) };
        match self.protocol {
            "-1" => "all".to_owned(),
            "tcp" => range,
            protocol => format!("{protocol}-{range}"),
        }
    }

    fn range(self) -> Option<(u16, u16)> {
        (self.protocol != "-1").then_some((self.from, self.to))
    }
}

/// The source or destination of a rule.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The part of the rule name for this peer.
    name: String,
    address: Address,
}

#[derive(Clone, Debug)]
enum Address {
    Ipv4(Ipv4Net),
    Ipv6(Ipv6Net),
    /// An IPv4 block that is known when a lookup has found it.
    Ipv4Output(Input<String>),
    /// An IPv6 block that is known after the deploy.
    Ipv6Output(Input<String>),
    Group(Input<ec2::SecurityGroupId>),
    PrefixList(Input<ec2::PrefixListId>),
}

impl Peer {
    /// Returns the peer that an address block, a security group or a prefix list is: for a list of different ones.
    pub fn new(peer: impl PassedAs<Self>) -> Self {
        peer.pass()
    }

    /// Returns all IPv4 addresses.
    pub fn anywhere_ipv4() -> Self {
        Self::new(Ipv4Net::default())
    }

    /// Returns all IPv6 addresses.
    pub fn anywhere_ipv6() -> Self {
        Self::new(Ipv6Net::default())
    }

    /// Returns the addresses of a prefix list, such as the list of CloudFront. `name` is part of the rule name.
    pub fn prefix_list(name: impl Into<String>, id: impl Provides<ec2::PrefixListId>) -> Self {
        Self { name: name.into(), address: Address::PrefixList(id.provide()) }
    }

    /// Returns the addresses of a VPC: its first IPv4 block, and its IPv6 block, if it has IPv6. `None` if one of them is
    /// not known.
    pub(crate) fn of_vpc(vpc: &VpcRef) -> Option<Vec<Self>> {
        let ipv4 = match vpc.ipv4_block.clone()? {
            Input::Known(block) => Self::new(block),
            Input::Deferred(block) => {
                Self { name: "vpc".to_owned(), address: Address::Ipv4Output(Input::Deferred(block)) }
            }
        };
        let ipv6 = |block| Self { name: "vpc-ipv6".to_owned(), address: Address::Ipv6Output(block) };
        let ipv6 = if vpc.dual_stack { Some(ipv6(vpc.ipv6_block.clone()?)) } else { None };
        Some([ipv4].into_iter().chain(ipv6).collect())
    }

    /// Returns the text for this peer in descriptions of rules.
    fn label(&self) -> String {
        match &self.address {
            Address::Ipv4(block) => block.to_string(),
            Address::Ipv6(block) => block.to_string(),
            Address::Ipv4Output(_) | Address::Ipv6Output(_) | Address::Group(_) | Address::PrefixList(_) => {
                self.name.clone()
            }
        }
    }
}

impl PassedAs<Peer> for Ipv4Net {
    fn pass(self) -> Peer {
        let name = if self.prefix_len() == 0 { "anywhere".to_owned() } else { self.to_string().replace('/', "_") };
        Peer { name, address: Address::Ipv4(self) }
    }
}

impl PassedAs<Peer> for Ipv6Net {
    fn pass(self) -> Peer {
        let name = match self.prefix_len() {
            0 => "anywhere-ipv6".to_owned(),
            _ => self.to_string().replace([':', '/'], "_"),
        };
        Peer { name, address: Address::Ipv6(self) }
    }
}

/// A security group that rules of other groups name: a [`SecurityGroup`] of the program, by its handle, or an
/// existing group, by [`SecurityGroup::existing`].
#[derive(Clone, Debug)]
pub struct SecurityGroupRef {
    /// The part of rule names for the group.
    name: String,
    id: Input<ec2::SecurityGroupId>,
}

main_resource!(SecurityGroupHandle, group: ec2::SecurityGroup);

impl Provides<ec2::SecurityGroupId> for &SecurityGroupRef {
    fn provide(self) -> Input<ec2::SecurityGroupId> {
        self.id()
    }
}

impl SecurityGroupRef {
    /// Returns the id of the group.
    pub fn id(&self) -> Input<ec2::SecurityGroupId> {
        self.id.clone()
    }
}

/// The name in rule names is the path without the stack. Two groups with the same name in two constructs therefore
/// have different rules.
impl PassedAs<SecurityGroupRef> for &SecurityGroupHandle {
    fn pass(self) -> SecurityGroupRef {
        SecurityGroupRef { name: group_name(self.scope.path().as_str()), id: self.id().into() }
    }
}

impl PassedAs<Peer> for &SecurityGroupHandle {
    fn pass(self) -> Peer {
        PassedAs::<SecurityGroupRef>::pass(self).pass()
    }
}

impl PassedAs<Peer> for &SecurityGroupRef {
    fn pass(self) -> Peer {
        self.clone().pass()
    }
}

impl PassedAs<Peer> for SecurityGroupRef {
    fn pass(self) -> Peer {
        Peer { name: self.name, address: Address::Group(self.id) }
    }
}

/// Returns the path of a group without the stack, as a name.
fn group_name(path: &str) -> String {
    path.split_once('/').map_or(path, |(_, rest)| rest).replace('/', "-")
}

/// A construct that accepts connections on a port, such as a database. A service connects to it with
/// [`connect_to`](crate::containers::FargateServiceHandle::connect_to).
#[diagnostic::on_unimplemented(
    message = "a service cannot connect to a `{Self}`",
    label = "this does not accept connections",
    note = "implement `Connectable` for a handle with a security group, or use `allow_from` of its security group"
)]
pub trait Connectable {
    /// Returns the security group in front of it.
    fn security_group(&self) -> &SecurityGroupHandle;

    /// Returns the port that it listens on.
    fn port(&self) -> Port;
}

impl SecurityGroupHandle {
    /// Allows the members of this group to connect to `other`: in its security group and, if this group has
    /// [`no_outbound`](SecurityGroup::no_outbound), in this one.
    #[track_caller]
    pub fn connect_to(&self, other: &impl Connectable) -> &Self {
        other.security_group().allow_from(self, other.port());
        if !self.all_outbound {
            self.allow_to(other.security_group(), other.port());
        }
        self
    }

    /// Allows inbound traffic from `peer` on `port`.
    #[track_caller]
    pub fn allow_from(&self, peer: impl PassedAs<Peer>, port: Port) -> &Self {
        let peer = peer.pass();
        let mut rule = ec2::SecurityGroupIngress::new(port.protocol).group_id(&self.group).description(format!(
            "{} from {}",
            port.name(),
            peer.label()
        ));
        if let Some((from, to)) = port.range() {
            rule = rule.from_port(from).to_port(to);
        }
        rule = match peer.address {
            Address::Ipv4(block) => rule.cidr_ip(block),
            Address::Ipv4Output(block) => rule.cidr_ip(block),
            Address::Ipv6(block) => rule.cidr_ipv6(block),
            Address::Ipv6Output(block) => rule.cidr_ipv6(block),
            Address::Group(group) => rule.source_security_group_id(group),
            Address::PrefixList(id) => rule.source_prefix_list_id(id),
        };
        self.scope.add(&format!("from-{}-{}", peer.name, port.name()), rule);
        self
    }

    /// Allows outbound traffic to `peer` on `port`. The group must be declared with
    /// [`no_outbound`](SecurityGroup::no_outbound); otherwise this reports the warning `GP0311`.
    #[track_caller]
    pub fn allow_to(&self, peer: impl PassedAs<Peer>, port: Port) -> &Self {
        let peer = peer.pass();
        if self.all_outbound {
            let message = "this security group already allows all outbound traffic";
            self.scope.report(
                Diagnostic::warning(Code::RedundantRule, message)
                    .got(format!("{} to {}", port.name(), peer.label()))
                    .help("remove the rule, or declare the group with `.no_outbound()`"),
            );
            return self;
        }
        self.egress(&peer, port);
        self
    }

    #[track_caller]
    fn egress(&self, peer: &Peer, port: Port) {
        let mut rule = ec2::SecurityGroupEgress::new(ec2::SecurityGroupEgressArgs {
            group_id: &self.group,
            ip_protocol: port.protocol,
        })
        .description(format!("{} to {}", port.name(), peer.label()));
        if let Some((from, to)) = port.range() {
            rule = rule.from_port(from).to_port(to);
        }
        rule = match &peer.address {
            Address::Ipv4(block) => rule.cidr_ip(*block),
            Address::Ipv4Output(block) => rule.cidr_ip(block.clone()),
            Address::Ipv6(block) => rule.cidr_ipv6(*block),
            Address::Ipv6Output(block) => rule.cidr_ipv6(block.clone()),
            Address::Group(group) => rule.destination_security_group_id(group.clone()),
            Address::PrefixList(id) => rule.destination_prefix_list_id(id.clone()),
        };
        self.scope.add(&format!("to-{}-{}", peer.name, port.name()), rule);
    }

    /// Returns the id of the group.
    pub fn id(&self) -> Output<ec2::SecurityGroupId> {
        self.group.group_id()
    }
}

#[cfg(test)]
#[path = "security_group_tests.rs"]
mod tests;
