//! A construct of one's own: a queue with a dead-letter queue behind it, and who may send to it.

use std::process::ExitCode;

use groundplan::identity::{Grantee, Statement};
use groundplan::resources::sqs;
use groundplan::{App, Construct, Diagnostic, Environment, Handle, Scope, json};

/// A queue whose messages end up in a second one after too many failures.
pub struct WorkQueue {
    tries: u32,
}

impl WorkQueue {
    /// A queue that hands out each message at most `tries` times, 1 to 1000.
    pub fn new(tries: u32) -> Self {
        Self { tries }
    }
}

/// The outputs of a [`WorkQueue`]: the queues, and grants.
pub struct WorkQueueHandle {
    /// The queue itself.
    pub queue: Handle<sqs::Queue>,
    /// The queue of messages that could not be processed.
    pub failed: Handle<sqs::Queue>,
}

impl Construct for WorkQueue {
    type Handle = WorkQueueHandle;

    fn build(self, scope: &Scope) -> WorkQueueHandle {
        if !(1..=1000).contains(&self.tries) {
            scope.report(
                Diagnostic::error("MY0001", "a message cannot be tried this often")
                    .got(self.tries)
                    .allowed("1 to 1000"),
            );
        }
        let failed = scope
            .add("failed", sqs::Queue::new().message_retention_period(14 * 24 * 3600).sqs_managed_sse_enabled(true));
        // AWS publishes no schema for a redrive policy, so it is untyped JSON with an output in it.
        let redrive = json!({"deadLetterTargetArn": failed.arn(), "maxReceiveCount": self.tries});
        let queue = scope.resource(sqs::Queue::new().redrive_policy(redrive).sqs_managed_sse_enabled(true));
        WorkQueueHandle { queue, failed }
    }
}

impl WorkQueueHandle {
    /// Allows `grantee` to send messages: a role, a user, a group, or what has a role.
    pub fn grant_send(&self, grantee: &impl Grantee) {
        grantee.identity().grant(Statement::allow(["sqs:SendMessage"]).on([self.queue.arn()]));
    }
}

fn app() -> App {
    let app = App::new("construct");
    let stack = app.stack("mail", Environment::new("eu-west-1"));
    let queue = stack.add("outgoing", WorkQueue::new(5));
    stack.export("queue-url", queue.queue.queue_url());
    app
}

fn main() -> ExitCode {
    groundplan_cli::run(&app())
}

#[cfg(test)]
mod tests {
    use groundplan::identity::{Principal, Role};
    use groundplan::resources::sqs;
    use groundplan_testing::{Cloud, assembly};

    use super::*;

    #[test]
    fn failed_messages_are_kept_for_two_weeks() {
        let assembly = assembly(&app());
        let failed = assembly.get::<sqs::Queue>("mail/outgoing/failed").expect("the second queue");
        assert_eq!(failed.message_retention_period.as_ref().and_then(|it| it.known()), Some(&1_209_600));
    }

    #[test]
    fn who_is_granted_to_send_can_send_to_this_queue_only() {
        let app = App::new("grants");
        let stack = app.stack("mail", Environment::new("eu-west-1"));
        let api = stack.add("api", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        stack.add("outgoing", WorkQueue::new(5)).grant_send(&api);
        let policy = assembly(&app).resources["mail/api/policy"].properties["PolicyDocument"].to_json();
        assert_eq!(policy["Statement"][0]["Action"], "sqs:SendMessage");
        assert_eq!(policy["Statement"][0]["Resource"]["$ref"], "mail/outgoing#Arn");
    }

    #[test]
    fn it_deploys_and_a_second_plan_is_empty() {
        let cloud = Cloud::new();
        let deployed = cloud.deploy(&app());
        assert!(deployed.output("queue-url").is_string());
        assert!(cloud.plan(&app()).is_empty());
    }

    #[test]
    fn too_many_tries_are_refused() {
        let app = App::new("wrong");
        app.stack("mail", Environment::new("eu-west-1")).add("outgoing", WorkQueue::new(2000));
        let diagnostics = app.synth().expect_err("2000 tries");
        assert!(diagnostics.to_string().contains("MY0001"), "{diagnostics}");
    }
}
