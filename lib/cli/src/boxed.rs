//! Futures that do not take up the stack.

use std::pin::Pin;

/// A future on the heap, and never on the stack of the caller: without optimization, every one that
/// a function awaits has its own place there, those of the commands and of the SDK take hundreds of
/// kilobytes, and a main thread may have no more than a megabyte.
pub(crate) fn boxed<'a, F: Future + 'a>(make: impl FnOnce() -> F) -> Pin<Box<dyn Future<Output = F::Output> + 'a>> {
    Box::pin(make())
}
