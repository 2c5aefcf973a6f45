//! Conversions of handles to references.

/// States that a `Self` can be passed where a `T` is expected, such as the handle of a VPC for a
/// [`VpcRef`](crate::network::VpcRef).
///
/// A conversion alone would do, but the messages of the compiler about [`Into`] name neither what is missing nor what to
/// pass instead.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but a `{Self}` was given",
    label = "this cannot be passed for a `{T}`",
    note = "pass a reference to a handle, or the result of `existing(…)`"
)]
pub trait PassedAs<T>: Into<T> {}
