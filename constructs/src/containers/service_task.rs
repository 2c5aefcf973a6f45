//! The task definition of a service.

use groundplan_core::Scope;

use super::task_definition::{TaskDefinition, TaskDefinitionHandle, family};
use crate::passed_as::PassedAs;

/// The task definition of a service: a [`TaskDefinition`], which becomes a part of the service, or the handle of one.
pub struct ServiceTask(Task);

enum Task {
    /// A definition of the service alone.
    New(Box<TaskDefinition>),
    Added(Box<TaskDefinitionHandle>),
}

impl PassedAs<ServiceTask> for TaskDefinition {
    fn pass(self) -> ServiceTask {
        ServiceTask(Task::New(Box::new(self)))
    }
}

impl PassedAs<ServiceTask> for &TaskDefinitionHandle {
    fn pass(self) -> ServiceTask {
        ServiceTask(Task::Added(Box::new(self.clone())))
    }
}

impl ServiceTask {
    /// Adds the definition at `task`, unless it exists already.
    pub(super) fn add(self, scope: &Scope) -> TaskDefinitionHandle {
        match self.0 {
            Task::New(task) => scope.add("task", task.default_family(family(scope))),
            Task::Added(task) => *task,
        }
    }
}
