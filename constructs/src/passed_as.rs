//! Conversions of handles and references into what a construct takes.

/// Allows a `Self` where a `T` is expected, such as the handle of a VPC for a [`VpcRef`](crate::network::VpcRef).
///
/// [`Into`] would do, but the messages of the compiler about it name neither what is missing nor what to pass instead.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but a `{Self}` was given",
    label = "this cannot be passed for a `{T}`",
    note = "pass a reference to a handle, or the result of `existing(…)`"
)]
pub trait PassedAs<T> {
    /// Converts the argument.
    fn pass(self) -> T;
}

impl<T> PassedAs<T> for T {
    fn pass(self) -> T {
        self
    }
}

impl<T: Clone> PassedAs<T> for &T {
    fn pass(self) -> T {
        self.clone()
    }
}
