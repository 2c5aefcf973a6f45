//! A quarter of a vCPU with the memory of two.
use groundplan::containers::{TaskDefinition, Vcpu025};

fn main() {
    TaskDefinition::new(Vcpu025::GIB_8);
}
