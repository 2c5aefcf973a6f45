//! The readiness of a resource, by the state names of AWS APIs.

use groundplan_engine::provider::{Outputs, Status};

/// The states of a resource whose deletion was accepted, in lower case and with `-` for `_`: RDS, EC2, EKS and others
/// `deleting`, EC2 instances `shutting-down`, attachments `detaching`, CIDR blocks and associations `disassociating`, a
/// database whose replicas are checked before its deletion `delete-precheck`, an ECS cluster with capacity providers of its own
/// `deprovisioning`. Not among them are words that mean
/// something else for another type: a Lambda function that is idle is `Inactive`.
const DELETION_STATES: [&str; 11] = [
    "deleting",
    "deleted",
    "delete-in-progress",
    "delete-precheck",
    "pending-deletion",
    "pendingdeletion",
    "terminating",
    "shutting-down",
    "detaching",
    "disassociating",
    "deprovisioning",
];

/// The readiness of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Readiness {
    /// It works.
    Ready,
    /// It is being made, changed or deleted: AWS's name of the state.
    Pending(String),
    /// It will not work: why.
    Failed(String),
}

impl Readiness {
    /// Ready in the state that is named, else pending.
    pub(crate) fn when(state: &str, ready: &str) -> Self {
        if state == ready { Self::Ready } else { Self::Pending(state.to_owned()) }
    }

    /// Converts it for the engine; with these outputs if it is ready.
    pub(crate) fn status(self, outputs: Outputs) -> Status {
        match self {
            Self::Ready => Status::Ready(outputs),
            Self::Pending(state) => under_way(state),
            Self::Failed(reason) => Status::Failed(reason),
        }
    }
}

/// The status of what is under way, by AWS's name of its state, behind which an explanation may follow.
pub(crate) fn under_way(state: String) -> Status {
    let name = state.split(' ').next().unwrap_or_default().to_ascii_lowercase().replace('_', "-");
    if DELETION_STATES.contains(&name.as_str()) { Status::Deleting(state) } else { Status::Pending(state) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_a_deletion_is_told_from_others() {
        for state in ["deleting", "DELETING", "DELETE_IN_PROGRESS", "shutting-down", "PendingDeletion since yesterday"]
        {
            assert_eq!(under_way(state.to_owned()), Status::Deleting(state.to_owned()));
        }
        for state in
            ["available", "modifying", "creating", "PENDING_VALIDATION of deleting.example.com", "still deleting", ""]
        {
            assert_eq!(under_way(state.to_owned()), Status::Pending(state.to_owned()));
        }
    }
}
