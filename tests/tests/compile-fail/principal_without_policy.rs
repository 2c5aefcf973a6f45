use groundplan::identity::Principal;
use groundplan::observability::{LogGroup, Retention};
use groundplan::{App, Environment};

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    let logs = stack.add("logs", LogGroup::new(Retention::Month));
    logs.grant_write(&Principal::service("delivery.logs.amazonaws.com"));
}
