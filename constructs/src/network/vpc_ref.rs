//! A reference to a VPC of the program or to an existing VPC.

use groundplan_core::{Input, Provides};
use groundplan_resources::ec2;

/// A VPC that a construct is placed in: a [`Vpc`](super::Vpc) of this program, by its handle, or an existing
/// VPC, by its id.
///
/// ```
/// use groundplan_constructs::network::{Port, SecurityGroup, VpcRef};
/// use groundplan_core::{App, Environment, cidr};
/// use groundplan_resources::ec2::VpcId;
///
/// let app = App::new("tools");
/// let stack = app.stack("tools", Environment::new("eu-central-1"));
/// let shared = VpcRef::existing(VpcId::new("vpc-0123456789abcdef0"));
/// let group = stack.add("bastion", SecurityGroup::new(&shared, "Bastion"));
/// group.allow_from(cidr!("10.0.0.0/8"), Port::tcp(22));
/// # drop(stack);
/// # assert!(app.synth().is_ok());
/// ```
#[derive(Clone)]
pub struct VpcRef {
    pub(super) id: Input<ec2::VpcId>,
    pub(super) dual_stack: bool,
}

impl VpcRef {
    /// Refers to an existing VPC by its id, which can be a known id or an export of another app. The VPC is
    /// treated as having no IPv6 unless [`dual_stack`](Self::dual_stack) is called.
    pub fn existing(id: impl Provides<ec2::VpcId>) -> Self {
        Self { id: id.provide(), dual_stack: false }
    }

    /// States that the VPC also has IPv6.
    #[must_use]
    pub fn dual_stack(mut self) -> Self {
        self.dual_stack = true;
        self
    }
}

impl From<&VpcRef> for VpcRef {
    fn from(vpc: &VpcRef) -> Self {
        vpc.clone()
    }
}

impl Provides<ec2::VpcId> for &VpcRef {
    fn provide(self) -> Input<ec2::VpcId> {
        self.id.clone()
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Environment};

    use super::*;
    use crate::network::{SecurityGroup, Vpc};

    /// The properties of a security group in this VPC.
    fn group_in(vpc: impl FnOnce(&groundplan_core::Stack) -> VpcRef) -> serde_json::Value {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("eu-central-1"));
        let vpc = vpc(&stack);
        stack.add("group", SecurityGroup::new(&vpc, "Bastion"));
        drop(stack);
        let assembly = app.synth().unwrap().assembly;
        serde_json::to_value(&assembly.resources["shop/group"].properties).unwrap()
    }

    #[test]
    fn a_group_is_put_into_a_vpc_of_the_program_or_of_somebody_else() {
        let existing = || VpcRef::existing(ec2::VpcId::new("vpc-1"));
        let group = group_in(|_| existing());
        assert_eq!(group["VpcId"], "vpc-1");
        assert_eq!(group.get("SecurityGroupEgress"), None);
        let group = group_in(|_| existing().dual_stack());
        assert_eq!(group["SecurityGroupEgress"][1]["CidrIpv6"], "::/0");
        let own = |stack: &groundplan_core::Stack| {
            VpcRef::from(
                &stack.add("vpc", Vpc::new("10.0.0.0/16".parse().unwrap()).zones(["eu-central-1a", "eu-central-1b"])),
            )
        };
        assert_eq!(group_in(own)["VpcId"]["$ref"], "shop/vpc#VpcId");
    }
}
