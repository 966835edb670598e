//! Seals of the log at intervals, whatever the node's restarts: the next one is due an interval after the last one on
//! the log, and an orderly stop seals what has come since.

use std::time::Duration;

use syncledger_commands::{Issuer, Repository, seal_log};
use syncledger_domain::{
    event::{Actor, CorrelationId, Revision, StreamId, Timestamp},
    ports::event_log::ReadError,
};
use tokio_util::sync::CancellationToken;

/// Seals read at a time.
const PAGE: usize = 500;

/// Seals whenever a seal is due, until told to stop.
pub(crate) async fn regularly(repository: Repository, interval: Duration, shutdown: CancellationToken) {
    let mut due = match last(&repository).await {
        Ok(last) => due_in(last, repository.clock().now(), interval),
        Err(error) => {
            tracing::warn!(%error, "the last seal could not be read");
            interval
        }
    };
    while shutdown.run_until_cancelled(tokio::time::sleep(due)).await.is_some() {
        now(&repository).await;
        due = interval;
    }
}

/// Seals what has come since the last seal, if anything has.
pub(crate) async fn now(repository: &Repository) {
    let correlation_id = CorrelationId(repository.randomness().uuid_v7(repository.clock().now()));
    let issuer = Issuer { actor: Actor::Job("seal".to_owned()), correlation_id };
    if let Err(error) = seal_log::run(repository, &issuer).await {
        tracing::warn!(%error, "the log could not be sealed; trying again at the next interval");
    }
}

/// How long until the next seal. A log that was never sealed is sealed at once; one sealed in the future (the clock was
/// wrong then, or is now) within an interval.
fn due_in(last: Option<Timestamp>, now: Timestamp, interval: Duration) -> Duration {
    let Some(last) = last else { return Duration::ZERO };
    let since = u64::try_from(now.0.saturating_sub(last.0)).unwrap_or(0);
    interval.saturating_sub(Duration::from_micros(since))
}

/// When the log was sealed last.
async fn last(repository: &Repository) -> Result<Option<Timestamp>, ReadError> {
    let (mut from, mut last) = (Revision(0), None);
    loop {
        let page = repository.log().read_stream(&StreamId::log(), from, PAGE).await?;
        let Some(newest) = page.last() else { return Ok(last) };
        (from, last) = (newest.revision.next(), Some(newest.recorded_at));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use syncledger_commands::{AttributeTarget, set_attribute};
    use syncledger_domain::ports::clock::Clock;
    use syncledger_eventlog_memory::MemoryEventLog;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::system::SystemRandomness;

    const HOUR: Duration = Duration::from_hours(1);
    const NOON: Timestamp = Timestamp(1_714_564_800_000_000);

    /// Goes as the runtime's own clock does, which stands while there is something to do.
    struct Running(Instant);

    impl Clock for Running {
        fn now(&self) -> Timestamp {
            Timestamp(NOON.0 + i64::try_from(self.0.elapsed().as_micros()).unwrap())
        }
    }

    fn repository() -> Repository {
        let clock = Arc::new(Running(Instant::now()));
        Repository::new(Arc::new(MemoryEventLog::new()), clock, Arc::new(SystemRandomness))
    }

    async fn append(repository: &Repository, value: u32) {
        let issuer =
            Issuer { actor: Actor::Admin("root".into()), correlation_id: CorrelationId(uuid::Uuid::nil()) };
        let (target, value) = (AttributeTarget::Global, value.to_string());
        set_attribute::run(repository, &issuer, &target, "pingMaxFolders", &value).await.unwrap();
    }

    /// Minutes after noon at which the log was sealed.
    async fn sealed_at(repository: &Repository) -> Vec<i64> {
        let seals = repository.log().read_stream(&StreamId::log(), Revision(0), 100).await.unwrap();
        seals.iter().map(|seal| (seal.recorded_at.0 - NOON.0) / 60_000_000).collect()
    }

    /// A node that is killed after so long.
    async fn run_for(repository: &Repository, minutes: u64) {
        let job = tokio::spawn(regularly(repository.clone(), HOUR, CancellationToken::new()));
        sleep(Duration::from_mins(minutes)).await;
        job.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_never_runs_for_an_hour_seals_every_hour_all_the_same() {
        let repository = repository();
        for round in 1..10 {
            append(&repository, round).await;
            run_for(&repository, 25).await;
        }
        assert_eq!(sealed_at(&repository).await, [0, 60, 120, 180]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seal_that_is_overdue_is_made_at_the_start_and_none_when_nothing_came() {
        let repository = repository();
        append(&repository, 1).await;
        run_for(&repository, 1).await;
        sleep(Duration::from_mins(90)).await;
        append(&repository, 2).await;
        run_for(&repository, 1).await;
        assert_eq!(sealed_at(&repository).await, [0, 91]);
        sleep(Duration::from_mins(90)).await;
        run_for(&repository, 500).await;
        now(&repository).await;
        assert_eq!(sealed_at(&repository).await, [0, 91]);
        append(&repository, 3).await;
        now(&repository).await;
        assert_eq!(sealed_at(&repository).await.len(), 3, "an orderly stop");
    }

    #[test]
    fn a_wrong_clock_puts_a_seal_off_by_an_interval_at_most() {
        assert_eq!(due_in(Some(NOON.plus_seconds(1_000_000)), NOON, HOUR), HOUR);
        assert_eq!(due_in(Some(NOON), NOON.plus_seconds(600), HOUR), Duration::from_mins(50));
        assert_eq!(due_in(Some(NOON), NOON.plus_seconds(1_000_000), HOUR), Duration::ZERO);
    }
}
