//! The name of a database where a VPC's id belongs: an output has to be of the right kind.
use groundplan::resources::{ec2, rds};
use groundplan::{App, Environment};

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("eu-west-1"));
    let database = stack.add("database", rds::DbInstance::new());
    ec2::Subnet::new(database.db_name());
}
