//! Conflicts that make a plan impossible.

use std::fmt;

use groundplan_core::Path;
use groundplan_core::claim::Claim;

use crate::hint::{Hint, Hints};
use crate::stages::diff::Need;

/// A claim that a resource takes while another resource holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The resource that takes it.
    pub path: Path,
    /// The claim, as in `inline policy of a role (worker, read)`.
    pub what: String,
    /// The resource that holds it.
    pub holder: Path,
    /// The reason why the holder does not release it.
    pub how: Holding,
    /// The identifier of the holder, if an earlier deploy has left it in the account.
    pub id: Option<String>,
}

/// The reason why a resource does not release a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The program does not change the holder.
    Stays,
    /// The program gives both resources the claim.
    Both,
    /// The holder is removed from the program, but stays in the account.
    Retained,
    /// An earlier deploy has left it in the account.
    WasRetained,
    /// The change of the holder is left out of a partial plan.
    LeftOut,
}

/// A resource that cannot be deleted, because others hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldResource {
    /// The resource.
    pub path: Path,
    /// The reason for its deletion.
    pub because: String,
    /// The resources that hold it, and how.
    pub holders: Vec<(Path, Need)>,
    /// The fix.
    pub fix: String,
    /// Hints that involve the state instead of the program or account.
    pub hints: Vec<Hint>,
}

/// A resource that names another one by text and must be created before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTooEarly {
    /// The resource.
    pub path: Path,
    /// The one that it names.
    pub named: Path,
    /// The place of the name, as in `LoggingConfiguration.DestinationBucketName`.
    pub place: String,
}

impl Taken {
    pub(crate) fn new(path: &Path, claim: &Claim, holder: &Path, how: Holding) -> Self {
        Self { path: path.clone(), what: named(claim), holder: holder.clone(), how, id: None }
    }

    /// Returns the same conflict from the view of the other resource.
    pub(crate) fn turned(&self) -> Self {
        Self { path: self.holder.clone(), holder: self.path.clone(), ..self.clone() }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what, holder, how, .. } = self;
        write!(f, "`{path}` takes the {what} of `{holder}`, ")?;
        match how {
            Holding::Stays => write!(f, "which keeps it; give one of the two a different value, or remove `{holder}`"),
            Holding::Both => write!(f, "which also claims it; give one of the two a different value"),
            Holding::Retained => {
                write!(
                    f,
                    "which is removed from the program but stays in the account; give `{path}` a different value, or move the resource with `moved`"
                )
            }
            Holding::WasRetained => {
                write!(
                    f,
                    "which an earlier deploy left in the account; give `{path}` a different value, or import the existing resource"
                )
            }
            Holding::LeftOut => write!(f, "whose change is left out"),
        }
    }
}

impl Hints for Taken {
    fn hints(&self) -> Vec<Hint> {
        match self.how {
            Holding::LeftOut => vec![Hint::IncludePaths { paths: vec![self.holder.clone()] }],
            Holding::WasRetained => vec![
                Hint::Import { path: Some(self.path.clone()), id: self.id.clone(), new_state: false },
                Hint::DropRetained { path: self.holder.clone() },
            ],
            Holding::Stays | Holding::Both | Holding::Retained => Vec::new(),
        }
    }
}

impl Hints for HeldResource {
    fn hints(&self) -> Vec<Hint> {
        self.hints.clone()
    }
}

impl fmt::Display for NamedTooEarly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, named, place } = self;
        write!(
            f,
            "`{path}` names `{named}` ({place}), which is created after it; deploy without {place} of `{path}` first, and \
             add it in a second deploy"
        )
    }
}

impl fmt::Display for HeldResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, because, holders, fix, .. } = self;
        let holders: Vec<_> = holders.iter().map(|(holder, need)| format!("{holder} ({need})")).collect();
        write!(f, "`{path}` is held by {}, and {because}; {fix}", holders.join(", "))
    }
}

/// As in `inline policy of a role (worker, read)`.
pub(crate) fn named(claim: &Claim) -> String {
    match claim.values() {
        values if values.is_empty() => claim.what.to_owned(),
        values => format!("{} ({values})", claim.what),
    }
}
