//! Identity and access: roles, users, groups, policy documents, keys and credentials.

mod grantee;
mod kms_key;
mod policy_document;
mod role;
mod secret_ref;
mod smtp_credentials;
mod user;

pub use grantee::{Grantee, Identity, Recipient};
pub use kms_key::{KmsKey, KmsKeyHandle, KmsKeyRef, ServiceUse};
pub use policy_document::{Condition, Effect, PolicyDocument, Principal, Statement};
pub use role::{ExistingRole, Role, RoleHandle, RoleRef};
pub use secret_ref::SecretRef;
pub use smtp_credentials::{SmtpCredentials, SmtpCredentialsHandle};
pub use user::{ExistingGroup, ExistingUser, Group, GroupHandle, GroupRef, User, UserHandle, UserRef};
pub(crate) use {grantee::To, policy_document::PolicyKind};
