//! `AWS::IAM::*`. IAM is global; its calls go to the region of the stack, which routes them.

mod role;
mod role_policy;

pub(crate) use role::Role;
pub(crate) use role_policy::RolePolicy;
