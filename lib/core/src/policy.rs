//! Read-only checks of the finished assembly.

use crate::assembly::Assembly;
use crate::diagnostic::Diagnostic;

/// A check of a whole assembly, for problems that the compiler cannot detect.
///
/// A policy changes nothing. It sets the node of each finding with [`Diagnostic::at`](crate::Diagnostic::at), and synth
/// adds the place in the program. A program can acknowledge intended warnings by their codes.
pub trait Policy {
    /// Returns the findings in `assembly`.
    fn check(&self, assembly: &Assembly) -> Vec<Diagnostic>;
}

impl<F: Fn(&Assembly) -> Vec<Diagnostic>> Policy for F {
    fn check(&self, assembly: &Assembly) -> Vec<Diagnostic> {
        self(assembly)
    }
}
