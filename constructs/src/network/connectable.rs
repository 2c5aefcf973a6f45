//! Constructs that others connect to.

use super::security_group::{Port, SecurityGroupHandle};

/// A construct that accepts connections on a port, such as a database. A service connects to it with
/// [`connect_to`](crate::containers::FargateServiceHandle::connect_to).
#[diagnostic::on_unimplemented(
    message = "a service cannot connect to a `{Self}`",
    label = "this does not accept connections",
    note = "implement `Connectable` for a handle with a security group, or use `allow_from` of its security group"
)]
pub trait Connectable {
    /// Returns the security group in front of it.
    fn security_group(&self) -> &SecurityGroupHandle;

    /// Returns the port that it listens on.
    fn port(&self) -> Port;
}
