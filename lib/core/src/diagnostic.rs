//! What synth reports, all of it at once.

use std::fmt;
use std::panic::Location;

use crate::code::Code;
use crate::path::Path;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look; acknowledged by code with [`Scope::acknowledge`](crate::Scope::acknowledge).
    Warning,
    /// The program is not valid: nothing is planned.
    Error,
}

/// One finding: what is wrong, the value got, what is allowed, how to mend it, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Says which finding it is, as in `GP0207`.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// The value that was given.
    pub got: Option<String>,
    /// What is allowed instead.
    pub allowed: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// The node.
    pub path: Option<Path>,
    /// Where in the user's program the node was added: the outermost call of `add` first, then
    /// those inside the constructs that it called.
    pub locations: Vec<&'static Location<'static>>,
}

impl Diagnostic {
    /// An error. Text is a custom code, for the checks of a program.
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

    /// A warning.
    pub fn warning(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// States the value that was given.
    #[must_use]
    pub fn got(mut self, got: impl fmt::Display) -> Self {
        self.got = Some(got.to_string());
        self
    }

    /// States what is allowed.
    #[must_use]
    pub fn allowed(mut self, allowed: impl fmt::Display) -> Self {
        self.allowed = Some(allowed.to_string());
        self
    }

    /// States what to do.
    #[must_use]
    pub fn help(mut self, help: impl fmt::Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// States the node that this is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// As a compiler writes it, over several lines.
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

/// Every diagnostic of a program that is not valid, errors and warnings.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Those that make the program invalid.
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
