//! Who may do what: roles, policy documents and keys.

mod kms_key;
mod policy_document;
mod role;

pub use kms_key::{KmsKey, KmsKeyHandle, ServiceUse};
pub use policy_document::{Condition, Effect, PolicyDocument, Principal, Statement};
pub use role::{Role, RoleHandle};
