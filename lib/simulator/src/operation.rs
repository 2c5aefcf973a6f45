//! The operations of a provider.

/// A method of [`Provider`](groundplan_engine::Provider).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the methods")]
pub enum Operation {
    Create,
    Read,
    Update,
    Delete,
    Status,
    Find,
    LookUp,
}

impl Operation {
    pub(crate) fn has_effect(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    /// Returns the name of the call at AWS, as in `ec2:CreateSubnet`.
    pub(crate) fn name(self, type_name: &str) -> String {
        let verb = match self {
            Self::Create => "Create",
            Self::Read | Self::Status | Self::Find | Self::LookUp => "Describe",
            Self::Update => "Modify",
            Self::Delete => "Delete",
        };
        let mut parts = type_name.split("::").skip(1);
        let service = parts.next().unwrap_or_default().to_lowercase();
        format!("{service}:{verb}{}", parts.next().unwrap_or_default())
    }
}
