//! Ctrl-C: the first one requests that a deploy finishes the calls in flight, the second one stops at once.

use std::sync::atomic::{AtomicBool, Ordering};

use groundplan_engine::execute::Cancellation;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::error::{CommandError, Exit};
use crate::style::{WARNING, paint};
use crate::terminal::Terminal;

/// Cancellation of a command, which depends on whether it is changing something.
#[derive(Default)]
pub(crate) struct Interrupt {
    cancellation: Cancellation,
    changing: AtomicBool,
    /// `true` if something was changed before, such as by the deploy of an app that this one uses.
    changed: AtomicBool,
}

impl Interrupt {
    /// Marks the beginning of changes, and returns the means to cancel them.
    pub(crate) fn begin(&self) -> &Cancellation {
        self.changed.store(true, Ordering::Relaxed);
        self.changing.store(true, Ordering::Relaxed);
        &self.cancellation
    }

    /// Tells that nothing is changed any more.
    pub(crate) fn end(&self) {
        self.changing.store(false, Ordering::Relaxed);
    }

    /// Does what changes something and takes only a moment: the first Ctrl-C does not cut it short.
    pub(crate) async fn finishing<T>(&self, work: impl Future<Output = T>) -> T {
        self.begin();
        let result = work.await;
        self.end();
        result
    }

    /// Runs `work` until it ends or is interrupted.
    pub(crate) async fn watch(
        &self,
        work: impl Future<Output = Result<Exit, CommandError>>,
        interrupts: &mut UnboundedReceiver<()>,
        terminal: &Terminal,
    ) -> Result<Exit, CommandError> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                Some(()) = interrupts.recv() => match (self.changing.load(Ordering::Relaxed), self.cancellation.is_cancelled()) {
                    (true, false) => {
                        self.cancellation.cancel();
                        let message = "interrupted: finishing and saving the calls in flight; press Ctrl-C again to stop immediately";
                        terminal.note(paint(WARNING, message));
                    }
                    (true, true) => {
                        return Err(CommandError::interrupted("stopped immediately")
                            .hint("the next run checks the outcome of the calls that were in flight"));
                    }
                    (false, _) => {
                        let message = if self.changed.load(Ordering::Relaxed) {
                            "interrupted: the changes made so far are saved, and nothing else was changed"
                        } else {
                            "interrupted: nothing was changed"
                        };
                        return Err(CommandError::interrupted(message));
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::args::Color;
    use crate::error::Kind;
    use crate::host::{Host, Streams};

    /// Returns the error by which this number of Ctrl-C ends work that never ends by itself.
    async fn interrupted(times: usize, changing: bool, ended: bool) -> Option<CommandError> {
        let (sender, mut interrupts) = tokio::sync::mpsc::unbounded_channel();
        (0..times).for_each(|_| sender.send(()).expect("somebody listens"));
        let streams = Streams {
            out: Box::new(std::io::sink()),
            err: Box::new(std::io::sink()),
            input: Box::new(std::io::empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            input_is_terminal: false,
            columns: None,
        };
        let (_, closed) = tokio::sync::mpsc::unbounded_channel();
        let host = Host::for_tests(closed);
        let terminal = Terminal::new(streams, &host, Color::Never, false, false);
        let interrupt = Interrupt::default();
        if changing {
            interrupt.begin();
        }
        if ended {
            interrupt.end();
        }
        let cancelled = interrupt.cancellation.clone();
        let work = async {
            if changing && !ended && times == 1 {
                while !cancelled.is_cancelled() {
                    tokio::task::yield_now().await;
                }
                return Ok(Exit::Interrupted);
            }
            pending().await
        };
        interrupt.watch(work, &mut interrupts, &terminal).await.err()
    }

    #[tokio::test]
    async fn the_first_ends_at_once_what_changes_nothing() {
        let error = interrupted(1, false, false).await.expect("it is ended");
        assert_eq!((error.kind, error.message.as_str()), (Kind::Interrupted, "interrupted: nothing was changed"));
    }

    #[tokio::test]
    async fn the_first_lets_a_deploy_finish_what_is_in_flight() {
        assert!(interrupted(1, true, false).await.is_none());
    }

    #[tokio::test]
    async fn between_two_deploys_it_does_not_say_that_nothing_was_changed() {
        let error = interrupted(1, true, true).await.expect("it is ended");
        assert_eq!(error.message, "interrupted: the changes made so far are saved, and nothing else was changed");
    }

    #[tokio::test]
    async fn the_second_stops_a_deploy_at_once() {
        let error = interrupted(2, true, false).await.expect("it is ended");
        assert_eq!((error.kind, error.message.as_str()), (Kind::Interrupted, "stopped immediately"));
    }
}
