//! Read-only checks over the finished tree.

use crate::assembly::Assembly;
use crate::diagnostic::Diagnostic;

/// A check over a whole assembly: what the compiler cannot see and production would punish.
///
/// A policy changes nothing. It names the node of each finding with
/// [`Diagnostic::at`](crate::Diagnostic::at); synth adds the place in the user's program.
/// Warnings are acknowledged by code where they are meant.
pub trait Policy {
    /// The findings in `assembly`.
    fn check(&self, assembly: &Assembly) -> Vec<Diagnostic>;
}

impl<F: Fn(&Assembly) -> Vec<Diagnostic>> Policy for F {
    fn check(&self, assembly: &Assembly) -> Vec<Diagnostic> {
        self(assembly)
    }
}
