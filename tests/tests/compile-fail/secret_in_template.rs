//! A secret as part of a text, which would be stored and shown.
use groundplan::{Secret, template};

fn main() {
    template!("postgres://saleor:{}@db/saleor", Secret::from_env("DB_PASSWORD"));
}
