//! A secret in a variable that everyone can read.
use groundplan::Secret;
use groundplan::containers::Container;

fn main() {
    let _ = Container::new("nginx:1.27").env("PASSWORD", Secret::from_env("PASSWORD"));
}
