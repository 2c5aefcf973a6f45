//! Identity and access: roles, policy documents, keys and credentials.

mod kms_key;
mod policy_document;
mod role;
mod smtp_credentials;

pub use kms_key::{KmsKey, KmsKeyHandle, ServiceUse};
pub use policy_document::{Condition, Effect, PolicyDocument, Principal, Statement};
pub use role::{Role, RoleHandle};
pub use smtp_credentials::{SmtpCredentials, SmtpCredentialsHandle};
