//! The real stacks, one function each: what the binaries deploy and the tests check.

pub mod account;
pub mod checkout;
