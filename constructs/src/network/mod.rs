//! Networks: VPCs, subnets and security groups.

mod connectable;
mod layout;
mod security_group;
mod vpc;
mod vpc_ref;
mod zones;

pub use connectable::Connectable;
pub use layout::{LayoutError, PlannedSubnet, SubnetLayout, Tier, Visibility};
pub use security_group::{Peer, Port, SecurityGroup, SecurityGroupHandle, SecurityGroupRef};
pub use vpc::{Endpoint, NatGateways, Vpc, VpcHandle};
pub use vpc_ref::VpcRef;
