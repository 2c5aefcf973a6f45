//! A subnet without its VPC.
use groundplan::resources::ec2;

fn main() {
    ec2::Subnet::new();
}
