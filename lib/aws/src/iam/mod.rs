//! `AWS::IAM::*`. IAM is global; its calls go to the region of the stack, which routes them.

mod access_key;
mod principal;
mod role;
mod role_policy;
mod user;

#[cfg(test)]
mod replay_tests;

pub(crate) use access_key::AccessKey;
pub(crate) use role::Role;
pub(crate) use role_policy::RolePolicy;
pub(crate) use user::User;
