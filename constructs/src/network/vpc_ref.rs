//! A reference to a VPC of the program or to an existing VPC.

use groundplan_core::{Code, Diagnostic, Handle, Input, Ipv4Net, List, Node, Provides, Scope};
use groundplan_resources::ec2;

use super::layout::Visibility;

/// A VPC that a construct is placed in: a [`Vpc`](super::Vpc) of this program, by its handle, or an existing
/// VPC, by [`Vpc::existing`](super::Vpc::existing) or the handle of a [lookup](crate::lookup::Lookup::vpc).
///
/// Groundplan does not read a VPC that is given by its id, so the reference states what constructs need: subnets for
/// load balancers and databases, and the block for internal load balancers. A lookup finds all of that.
///
/// ```
/// use groundplan_constructs::data::PostgresDatabase;
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment};
/// use groundplan_resources::ec2::{SubnetId, VpcId};
///
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-central-1"));
/// let shared = Vpc::existing(VpcId::new("vpc-0123456789abcdef0"))
///     .private_subnets([SubnetId::new("subnet-0a"), SubnetId::new("subnet-0b")]);
/// stack.add("database", PostgresDatabase::new(&shared));
/// # app.synth().expect("it is valid");
/// ```
#[derive(Clone)]
pub struct VpcRef {
    pub(super) id: Input<ec2::VpcId>,
    pub(super) dual_stack: bool,
    /// The first IPv4 block: stated, or found by a lookup.
    pub(super) ipv4_block: Option<Input<Ipv4Net>>,
    /// The IPv6 block of a VPC of the program, or of one that is looked up.
    pub(super) ipv6_block: Option<Input<String>>,
    pub(super) public: Option<Subnets>,
    pub(super) private: Option<Subnets>,
    /// The attachment of the internet gateway of a VPC of the program.
    pub(super) internet_gateway_attachment: Option<Handle<ec2::VpcGatewayAttachment>>,
}

/// Subnets of a VPC with the same visibility.
#[derive(Clone)]
pub(super) struct Subnets {
    pub(super) all: Input<List<ec2::SubnetId>>,
    /// The first subnet of each zone.
    pub(super) per_zone: Input<List<ec2::SubnetId>>,
}

impl Subnets {
    fn stated(subnets: impl Provides<List<ec2::SubnetId>>) -> Self {
        let all = subnets.provide();
        Self { per_zone: all.clone(), all }
    }
}

impl VpcRef {
    pub(super) fn existing(id: Input<ec2::VpcId>) -> Self {
        Self {
            id,
            dual_stack: false,
            ipv4_block: None,
            ipv6_block: None,
            public: None,
            private: None,
            internet_gateway_attachment: None,
        }
    }

    /// Refers to a VPC that the lookup at `node` finds.
    pub(crate) fn found(node: &Node, dual_stack: bool) -> Self {
        let subnets = |visibility: &str| Subnets {
            all: node.output(&format!("{visibility}SubnetIds")).into(),
            per_zone: node.output(&format!("{visibility}SubnetIdPerZone")).into(),
        };
        Self {
            dual_stack,
            ipv4_block: Some(node.output("CidrBlock").into()),
            ipv6_block: dual_stack.then(|| node.output("Ipv6CidrBlock").into()),
            public: Some(subnets("Public")),
            private: Some(subnets("Private")),
            ..Self::existing(node.output("VpcId").into())
        }
    }

    /// States that the existing VPC also has IPv6.
    #[must_use]
    pub fn dual_stack(mut self) -> Self {
        self.dual_stack = true;
        self
    }

    /// States the IPv4 block of the existing VPC.
    #[must_use]
    pub fn block(mut self, block: Ipv4Net) -> Self {
        self.ipv4_block = Some(Input::Known(block));
        self
    }

    /// States the public subnets of the existing VPC, one per zone: known ids, or an export of another app.
    #[must_use]
    pub fn public_subnets(mut self, subnets: impl Provides<List<ec2::SubnetId>>) -> Self {
        self.public = Some(Subnets::stated(subnets));
        self
    }

    /// States the private subnets of the existing VPC, one per zone: known ids, or an export of another app.
    #[must_use]
    pub fn private_subnets(mut self, subnets: impl Provides<List<ec2::SubnetId>>) -> Self {
        self.private = Some(Subnets::stated(subnets));
        self
    }

    /// Returns true if the VPC has IPv6.
    pub(crate) fn has_ipv6(&self) -> bool {
        self.dual_stack
    }

    /// Returns the attachment of the internet gateway of a VPC of the program.
    pub(crate) fn internet_gateway_attachment(&self) -> Option<&Handle<ec2::VpcGatewayAttachment>> {
        self.internet_gateway_attachment.as_ref()
    }

    /// Returns the subnets with this visibility for `user`, such as `a database`. Reports an existing VPC without
    /// them, and subnets in fewer than two zones.
    pub(crate) fn subnets_in_two_zones(
        &self,
        scope: &Scope,
        visibility: Visibility,
        user: &str,
    ) -> Input<List<ec2::SubnetId>> {
        self.checked(scope, visibility, user).map_or_else(none, |subnets| subnets.all)
    }

    /// Returns one subnet per zone, like [`subnets_in_two_zones`](Self::subnets_in_two_zones).
    pub(crate) fn subnet_per_zone(
        &self,
        scope: &Scope,
        visibility: Visibility,
        user: &str,
    ) -> Input<List<ec2::SubnetId>> {
        self.checked(scope, visibility, user).map_or_else(none, |subnets| subnets.per_zone)
    }

    /// Returns the subnets with this visibility for `user`, which also works in one zone. Reports an existing VPC without
    /// them.
    pub(crate) fn subnets(&self, scope: &Scope, visibility: Visibility, user: &str) -> Input<List<ec2::SubnetId>> {
        self.stated(scope, visibility, user).map_or_else(none, |subnets| subnets.all)
    }

    fn stated(&self, scope: &Scope, visibility: Visibility, user: &str) -> Option<Subnets> {
        let kind = visibility.name();
        let subnets = match visibility {
            Visibility::Public => self.public.clone(),
            Visibility::Private => self.private.clone(),
        };
        if subnets.is_none() {
            let message = format!("{user} needs the {kind} subnets of the existing VPC");
            scope
                .report(Diagnostic::error(Code::UnknownSubnets, message).help(format!(
                    "state one subnet per zone with `.{kind}_subnets([…])` at the reference to the VPC"
                )));
        }
        subnets
    }

    fn checked(&self, scope: &Scope, visibility: Visibility, user: &str) -> Option<Subnets> {
        let subnets = self.stated(scope, visibility, user)?;
        let kind = visibility.name();
        // A list that another app exports is not known here.
        if let Some(List(per_zone)) = subnets.per_zone.known().filter(|List(per_zone)| per_zone.len() < 2) {
            scope.report(
                Diagnostic::error(Code::TooFewZones, format!("{user} needs subnets in at least two zones"))
                    .got(format!("{kind} subnets in {}", per_zone.len()))
                    .help(format!("give the VPC a {kind} subnet in each of its zones")),
            );
        }
        Some(subnets)
    }
}

fn none() -> Input<List<ec2::SubnetId>> {
    Input::Known(List(Vec::new()))
}

impl Provides<ec2::VpcId> for &VpcRef {
    fn provide(self) -> Input<ec2::VpcId> {
        self.id.clone()
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{Export, Stack, cidr};
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::data::PostgresDatabase;
    use crate::edge::ApplicationLoadBalancer;
    use crate::fixture::{assembly, findings, properties};
    use crate::network::{SecurityGroup, Vpc};

    const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111122223333:certificate/1";

    fn existing() -> VpcRef {
        Vpc::existing(ec2::VpcId::new("vpc-1"))
    }

    fn subnets(names: [&str; 2]) -> [ec2::SubnetId; 2] {
        names.map(ec2::SubnetId::new)
    }

    fn balancer(vpc: &VpcRef) -> ApplicationLoadBalancer {
        ApplicationLoadBalancer::new(vpc, groundplan_resources::certificatemanager::CertificateArn::new(CERTIFICATE))
    }

    /// The properties of a security group in this VPC.
    fn group_in(vpc: impl FnOnce(&Stack) -> VpcRef) -> Json {
        let assembly = assembly("eu-central-1", |stack| {
            let vpc = vpc(stack);
            stack.add("group", SecurityGroup::new(&vpc, "Bastion"));
        });
        properties(&assembly, "shop/group")
    }

    #[test]
    fn a_group_is_put_into_a_vpc_of_the_program_or_an_existing_one() {
        const ID: Export<ec2::VpcId> = Export::new("account", "vpc");
        let group = group_in(|_| existing());
        assert_eq!((&group["VpcId"], group.get("SecurityGroupEgress")), (&json!("vpc-1"), None));
        assert_eq!(group_in(|_| existing().dual_stack())["SecurityGroupEgress"][1]["CidrIpv6"], "::/0");
        assert_eq!(group_in(|_| Vpc::existing(ID))["VpcId"]["$import"]["name"], "vpc");
        let own = |stack: &Stack| crate::PassedAs::<VpcRef>::pass(&stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16"))));
        assert_eq!(group_in(own)["VpcId"], json!({"$ref": "shop/vpc#VpcId"}));
    }

    #[test]
    fn databases_and_load_balancers_take_the_subnets_that_the_reference_states() {
        const PUBLIC: Export<List<ec2::SubnetId>> = Export::new("account", "public-subnets");
        let assembly = assembly("us-east-1", |stack| {
            let vpc = existing().private_subnets(subnets(["subnet-a", "subnet-b"])).public_subnets(PUBLIC);
            let vpc = vpc.block(cidr!("10.7.0.0/16"));
            stack.add("database", PostgresDatabase::new(&vpc));
            stack.add("external", balancer(&vpc));
            stack.add("internal", balancer(&vpc).internal());
        });
        assert_eq!(properties(&assembly, "shop/database/subnets")["SubnetIds"], json!(["subnet-a", "subnet-b"]));
        assert_eq!(properties(&assembly, "shop/database/security-group")["VpcId"], "vpc-1");
        assert_eq!(properties(&assembly, "shop/external")["Subnets"]["$import"]["name"], "public-subnets");
        assert_eq!(properties(&assembly, "shop/internal")["Subnets"], json!(["subnet-a", "subnet-b"]));
        let rule = properties(&assembly, "shop/internal/security-group/from-10.7.0.0_16-443");
        assert_eq!(rule["CidrIp"], "10.7.0.0/16");
    }

    #[test]
    fn what_the_reference_lacks_is_named() {
        insta::assert_snapshot!(findings(|stack| {
            stack.add("database", PostgresDatabase::new(existing()));
            stack.add("external", balancer(&existing()));
            let one = existing().private_subnets([ec2::SubnetId::new("subnet-a")]);
            stack.add("internal", balancer(&one).internal());
        }), @"
        error[GP0316]: a database needs the private subnets of the existing VPC
           = help: state one subnet per zone with `.private_subnets([…])` at the reference to the VPC

        error[GP0316]: a load balancer needs the public subnets of the existing VPC
           = help: state one subnet per zone with `.public_subnets([…])` at the reference to the VPC

        error[GP0343]: the clients of an internal load balancer in an existing VPC are not known
           = help: state the address block with `.block(…)` at the reference to the VPC, or the clients with `.clients([…])`

        error[GP0337]: a load balancer needs subnets in at least two zones
           = got: private subnets in 1
           = help: give the VPC a private subnet in each of its zones
        ");
    }
}
