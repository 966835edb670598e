//! The loop every job runs in: it outlives errors and panics of a round, and ends between two rounds when the node does.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use syncledger_domain::event::{Position, Timestamp};
use tokio::{sync::watch, time::sleep};

use super::Context;

/// Shortest pause between two rounds: what changes in a burst is looked at once.
const BREATH: Duration = Duration::from_millis(100);
/// Pause after a failed round; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A wall clock may be set: nobody sleeps through that for longer.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Something a node does again and again.
pub(super) trait Job: Send {
    /// Its name, in logs and as the actor of its events.
    const NAME: &'static str;

    /// Does what is due.
    ///
    /// # Errors
    /// Whatever kept it from doing so; it is tried again, each time later.
    fn round(&mut self, context: &Context) -> impl Future<Output = anyhow::Result<Wait>> + Send;
}

/// When the next round is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    /// Not before this time is over.
    least: Duration,
    /// When something was appended to the log, or when this time is over.
    most: Option<Duration>,
}

impl Wait {
    /// Until something is appended.
    pub(super) fn change() -> Self {
        Self { least: BREATH, most: None }
    }

    /// Until something is appended, and at least so long.
    pub(super) fn change_after(least: Duration) -> Self {
        Self { least, most: None }
    }

    /// Until something is appended, or for so long.
    pub(super) fn change_within(most: Duration) -> Self {
        Self { least: BREATH, most: Some(most.min(LONGEST_SLEEP)) }
    }

    /// For so long.
    pub(super) fn just(time: Duration) -> Self {
        Self { least: time.clamp(BREATH, LONGEST_SLEEP), most: Some(Duration::ZERO) }
    }

    async fn over(self, changes: &mut watch::Receiver<Position>) {
        sleep(self.least).await;
        let change = async {
            if changes.changed().await.is_err() {
                // Nobody tells of changes any more, which is so only at the end.
                std::future::pending::<()>().await;
            }
        };
        match self.most {
            None => change.await,
            Some(most) => drop(tokio::time::timeout(most, change).await),
        }
    }
}

/// The time from one moment to a later one; none if it is not later.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0))
}

/// Runs a job until the node shuts down. A round that is under way then is not cut off here.
pub(super) async fn run<J: Job>(mut job: J, context: Arc<Context>) {
    let shutdown = context.services.shutdown.clone();
    let mut changes = context.services.policy.changes();
    let mut pause = FIRST_PAUSE;
    while !shutdown.is_cancelled() {
        changes.borrow_and_update();
        let wait = match AssertUnwindSafe(job.round(&context)).catch_unwind().await {
            Ok(Ok(wait)) => {
                pause = FIRST_PAUSE;
                wait
            }
            failed => {
                let error = match failed {
                    Ok(Err(error)) => format!("{error:#}"),
                    // Where it happened the panic hook has told.
                    _ => "internal fault".to_owned(),
                };
                tracing::error!(
                    job.name = J::NAME,
                    error,
                    pause_ms = pause.as_millis(),
                    "job failed, trying again"
                );
                let wait = Wait { least: pause, most: Some(Duration::ZERO) };
                pause = (2 * pause).min(LONGEST_PAUSE);
                wait
            }
        };
        if shutdown.run_until_cancelled(wait.over(&mut changes)).await.is_none() {
            return;
        }
    }
}
