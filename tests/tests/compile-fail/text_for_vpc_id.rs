//! A bare string where a VPC's id belongs: say what it is with `VpcId::new`.
use groundplan::resources::ec2;

fn main() {
    ec2::Subnet::new("vpc-0a1b2c3d");
}
