//! The roles of tasks.

use groundplan_core::{Input, Scope, template};
use groundplan_resources::iam;

use crate::identity::{Condition, Grantee, Identity, Principal, Role, RoleHandle, RoleRef, Statement};
use crate::passed_as::PassedAs;

/// A role that tasks use: a [`Role`] of the program or an existing one, by its handle. Groundplan adds the permissions
/// that the task needs to it.
#[derive(Clone)]
pub struct TaskRole {
    arn: Input<iam::RoleArn>,
    identity: Identity,
}

impl TaskRole {
    /// Adds a role that only tasks of ECS in the account and region of the stack can assume.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
    pub(super) fn add(scope: &Scope, name: &str, description: &str) -> Self {
        let tasks = template!("arn:{}:ecs:{}:{}:*", scope.partition(), scope.region(), scope.account_id());
        let trust = Statement::allow(["sts:AssumeRole"])
            .by(Principal::service("ecs-tasks.amazonaws.com"))
            .when(Condition::new("ArnLike", "aws:SourceArn", [tasks]))
            .when(Condition::new("StringEquals", "aws:SourceAccount", [scope.account_id()]));
        (&scope.add(name, Role::trusting(trust).description(description))).pass()
    }

    /// Returns the ARN of the role.
    pub fn arn(&self) -> Input<iam::RoleArn> {
        self.arn.clone()
    }
}

impl Grantee for TaskRole {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl PassedAs<TaskRole> for &RoleHandle {
    fn pass(self) -> TaskRole {
        TaskRole { arn: self.arn().into(), identity: self.identity().clone() }
    }
}

impl PassedAs<TaskRole> for &RoleRef {
    fn pass(self) -> TaskRole {
        TaskRole { arn: self.arn(), identity: self.identity().clone() }
    }
}
