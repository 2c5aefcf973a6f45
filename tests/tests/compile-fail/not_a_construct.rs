//! Something in a scope that is neither a resource nor a construct.
use groundplan::{App, Environment};

struct Database;

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add("database", Database);
}
