//! A block with bits set behind its prefix.
use groundplan::cidr;

fn main() {
    cidr!("10.51.0.1/16");
}
