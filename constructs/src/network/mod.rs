//! Networks: VPCs, subnets and security groups.

mod layout;
mod security_group;
mod vpc;
mod vpc_ref;
mod zones;

pub use layout::{LayoutError, PlannedSubnet, SubnetLayout, Tier, Visibility};
pub use security_group::{Connectable, Peer, Port, SecurityGroup, SecurityGroupHandle, SecurityGroupRef};
pub use vpc::{Endpoint, NatGateways, Vpc, VpcHandle};
pub use vpc_ref::VpcRef;
