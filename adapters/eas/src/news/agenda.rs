//! When a waiting request looks next, and at what.

use std::time::Duration;

use syncledger_domain::ports::mailbox::Changed;
use tokio::time::Instant;

/// The first delay after a look that failed; it doubles up to [`LONGEST_DELAY`].
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The longest delay between looks that fail.
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// The next look, if there is to be one.
#[derive(Default)]
pub(super) struct Agenda {
    next: Option<(Instant, Changed)>,
    /// The delay before the look that failed last, while looks fail.
    failing: Option<Duration>,
}

impl Agenda {
    /// Takes note of a change that is to be looked at after this time at the latest. What changes meanwhile is looked at
    /// together with it, so that a burst is one look; what a look that failed left out is, too.
    pub(super) fn note(&mut self, changed: Changed, delay: Duration) {
        let at = Instant::now() + delay;
        let changed = if self.failing.is_some() { Changed::Anything } else { changed };
        self.next = Some(match self.next.take() {
            None => (at, changed),
            Some((known_at, known)) => (known_at.min(at), both(known, changed)),
        });
    }

    /// The delay is another one from now on: what waits to be looked at waits no longer than that.
    pub(super) fn hurry(&mut self, delay: Duration) {
        if let Some((at, _)) = &mut self.next {
            *at = (*at).min(Instant::now() + delay);
        }
    }

    /// Returns when it is time to look; never while there is nothing to look at. Dropping it loses nothing.
    pub(super) async fn due(&self) {
        match &self.next {
            Some((at, _)) if *at <= Instant::now() => {}
            Some((at, _)) => tokio::time::sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }

    /// What to look at now.
    pub(super) fn take(&mut self) -> Option<Changed> {
        self.next.take().map(|(_, changed)| changed)
    }

    /// The look succeeded, and found nothing.
    pub(super) fn looked(&mut self) {
        self.failing = None;
    }

    /// The look failed: it is tried again a while later, ever more seldom.
    pub(super) fn failed(&mut self) {
        let delay = self.failing.map_or(FIRST_DELAY, |delay| (2 * delay).min(LONGEST_DELAY));
        self.failing = Some(delay);
        self.note(Changed::Anything, delay);
    }
}

fn both(a: Changed, b: Changed) -> Changed {
    match (a, b) {
        (Changed::Folders(mut a), Changed::Folders(b)) => {
            a.extend(b.into_iter().filter(|key| !a.contains(key)).collect::<Vec<_>>());
            Changed::Folders(a)
        }
        _ => Changed::Anything,
    }
}

#[cfg(test)]
mod tests {
    use syncledger_domain::ports::mailbox::BackendKey;

    use super::*;

    const LATENCY: Duration = Duration::from_secs(10);

    fn folder(name: &str) -> Changed {
        Changed::Folders(vec![BackendKey(name.to_owned())])
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_look_counted_from_its_first_change() {
        let begun = Instant::now();
        let mut agenda = Agenda::default();
        for name in ["a", "b", "a"] {
            agenda.note(folder(name), LATENCY);
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        agenda.due().await;
        assert_eq!(begun.elapsed().as_secs(), 10);
        let keys = vec![BackendKey("a".to_owned()), BackendKey("b".to_owned())];
        assert_eq!(agenda.take(), Some(Changed::Folders(keys)));
        assert_eq!(agenda.take(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_does_not_wait_for_what_is_not() {
        let mut agenda = Agenda::default();
        agenda.note(folder("a"), LATENCY);
        agenda.note(Changed::Anything, Duration::ZERO);
        let begun = Instant::now();
        agenda.due().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(agenda.take(), Some(Changed::Anything));
    }

    #[tokio::test(start_paused = true)]
    async fn looks_that_fail_are_repeated_ever_more_seldom_and_look_at_everything() {
        let mut agenda = Agenda::default();
        let mut waited = Vec::new();
        for _ in 0..8 {
            let begun = Instant::now();
            agenda.failed();
            agenda.due().await;
            waited.push(begun.elapsed().as_secs());
            assert_eq!(agenda.take(), Some(Changed::Anything));
        }
        assert_eq!(waited, [1, 2, 4, 8, 16, 32, 60, 60]);
        agenda.note(folder("a"), Duration::ZERO);
        assert_eq!(agenda.take(), Some(Changed::Anything), "something was left out before");
        agenda.looked();
        agenda.note(folder("a"), Duration::ZERO);
        assert_eq!(agenda.take(), Some(folder("a")));
    }

    #[tokio::test(start_paused = true)]
    async fn with_nothing_to_look_at_it_is_never_due() {
        let agenda = Agenda::default();
        assert!(tokio::time::timeout(Duration::from_hours(24), agenda.due()).await.is_err());
    }
}
