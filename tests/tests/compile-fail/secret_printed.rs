//! A secret in a log.
use groundplan::Secret;

fn main() {
    println!("{}", Secret::from_env("DB_PASSWORD"));
}
