//! A grant to something that is no role.
use groundplan::data::Bucket;
use groundplan::{App, Environment};

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    let media = stack.add("media", Bucket::new());
    let backup = stack.add("backup", Bucket::new());
    media.grant_read(&backup, "*");
}
