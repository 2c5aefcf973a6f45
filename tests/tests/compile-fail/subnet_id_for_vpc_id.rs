//! A subnet's id where a VPC's belongs.
use groundplan::resources::ec2;
use groundplan::{App, Environment};

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    let vpc = stack.add("vpc", ec2::Vpc::new());
    let first = stack.add("first", ec2::Subnet::new(&vpc));
    stack.add("second", ec2::Subnet::new(first.subnet_id()));
}
