//! The findings of synth, which are reported together.

use std::fmt;
use std::panic::Location;

use crate::code::Code;
use crate::path::Path;

/// The severity of a [`Diagnostic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A possible problem. [`Scope::acknowledge`](crate::Scope::acknowledge) suppresses it by its code.
    Warning,
    /// The program is not valid, and nothing is planned.
    Error,
}

/// A finding: what is wrong, the value given, what is allowed, how to fix it, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The code of the finding, as in `GP0207`.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The message, as a lower-case fragment.
    pub message: String,
    /// The given value.
    pub got: Option<String>,
    /// The allowed values.
    pub allowed: Option<String>,
    /// The fix.
    pub help: Option<String>,
    /// The path of the node.
    pub path: Option<Path>,
    /// The places in the program where the node was added: the outermost call of `add` first, then the calls inside of
    /// constructs.
    pub locations: Vec<&'static Location<'static>>,
}

impl Diagnostic {
    /// Creates an error. A text is a custom code, for the checks of a program.
    pub fn error(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Error,
            message: message.into(),
            got: None,
            allowed: None,
            help: None,
            path: None,
            locations: Vec::new(),
        }
    }

    /// Creates a warning.
    pub fn warning(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the given value.
    #[must_use]
    pub fn got(mut self, got: impl fmt::Display) -> Self {
        self.got = Some(got.to_string());
        self
    }

    /// Sets what is allowed.
    #[must_use]
    pub fn allowed(mut self, allowed: impl fmt::Display) -> Self {
        self.allowed = Some(allowed.to_string());
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl fmt::Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// Sets the path of the node.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// Writes it like a compiler, on several lines.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, self.message)?;
        let mut locations = self.locations.iter();
        match (locations.next(), &self.path) {
            (Some(location), Some(path)) => write!(f, "\n  --> {location} ({path})")?,
            (Some(location), None) => write!(f, "\n  --> {location}")?,
            (None, Some(path)) => write!(f, "\n  --> {path}")?,
            (None, None) => {}
        }
        for location in locations {
            write!(f, "\n      through {location}")?;
        }
        for (label, text) in [("got", &self.got), ("allowed", &self.allowed), ("help", &self.help)] {
            if let Some(text) = text {
                write!(f, "\n   = {label}: {text}")?;
            }
        }
        Ok(())
    }
}

/// All errors and warnings of a program that is not valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Returns the errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.0 {
            write!(f, "{diagnostic}\n\n")?;
        }
        let errors = self.errors().count();
        write!(f, "{errors} error{}", if errors == 1 { "" } else { "s" })
    }
}

impl std::error::Error for Diagnostics {}
