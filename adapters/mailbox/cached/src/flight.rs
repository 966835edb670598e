//! At most one refresh of a folder at a time, shared by all calls that came before it began.
//!
//! A call may only take the result of a refresh that began after the call did: one that was under way already may
//! have looked before the change the caller wants to see. So each call notes how many refreshes had begun when it
//! came, queues for the folder's turn, and, when its turn comes, either finds that a later refresh has ended
//! meanwhile and takes its result, or flies itself. However many calls come during one refresh, one more serves
//! them all. A caller that is cancelled gives up its turn, and the next in the queue flies in its place.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use syncledger_domain::ports::mailbox::{FolderIndex, MailboxError};

use crate::Key;

/// How a refresh ended.
pub(crate) type Outcome = Result<Arc<FolderIndex>, MailboxError>;

/// The refreshes of all folders.
#[derive(Default)]
pub(crate) struct Flights {
    lanes: Mutex<HashMap<Key, Weak<Lane>>>,
}

/// The refreshes of one folder; lives as long as somebody waits for one.
#[derive(Default)]
struct Lane {
    /// How many refreshes have begun.
    begun: AtomicU64,
    turn: tokio::sync::Mutex<Option<Landed>>,
}

/// The last refresh that ended with something to share.
struct Landed {
    number: u64,
    outcome: Outcome,
}

impl Flights {
    /// The outcome of a refresh that began after this call, and whether another call made it.
    pub(crate) async fn fly(&self, key: &Key, refresh: impl Future<Output = Outcome>) -> (Outcome, bool) {
        let lane = self.lane(key);
        let begun_before = lane.begun.load(SeqCst);
        let mut landed = lane.turn.lock().await;
        if let Some(later) = landed.as_ref().filter(|landed| landed.number > begun_before) {
            return (later.outcome.clone(), true);
        }
        let number = lane.begun.fetch_add(1, SeqCst) + 1;
        let outcome = refresh.await;
        if is_shared(&outcome) {
            *landed = Some(Landed { number, outcome: outcome.clone() });
        }
        (outcome, false)
    }

    fn lane(&self, key: &Key) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(key).and_then(Weak::upgrade) {
            return lane;
        }
        if lanes.len() == lanes.capacity() {
            lanes.retain(|_, lane| lane.strong_count() > 0);
        }
        let lane = Arc::new(Lane::default());
        lanes.insert(key.clone(), Arc::downgrade(&lane));
        lane
    }
}

/// A backend that is down is down for all who wait, and each asking anew would only queue up time-outs. Any other
/// error may be this one handle's own affair.
fn is_shared(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(_) | Err(MailboxError::Unavailable(_) | MailboxError::NoSuchFolder(_)))
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use futures_util::{FutureExt, future::join_all};
    use syncledger_domain::{ids::Address, ports::mailbox::BackendKey};
    use tokio::sync::oneshot;

    use super::*;

    fn key() -> Key {
        (Address::new("alice@example.com").unwrap(), BackendKey("INBOX".into()))
    }

    #[expect(clippy::unnecessary_wraps, reason = "stands where a refresh's outcome does")]
    fn index(token: &str) -> Outcome {
        Ok(Arc::new(FolderIndex { entries: Vec::new(), token: token.into() }))
    }

    fn unavailable() -> Outcome {
        Err(MailboxError::Unavailable("down".into()))
    }

    #[tokio::test]
    async fn calls_during_a_refresh_share_the_one_after_it_and_never_join_the_running_one() {
        let (flights, key) = (Flights::default(), key());
        let (land, landing) = oneshot::channel::<()>();
        let mut first = Box::pin(flights.fly(&key, async {
            landing.await.unwrap();
            index("first")
        }));
        assert!(first.as_mut().now_or_never().is_none());

        let made = AtomicUsize::new(0);
        let later = |_| {
            flights.fly(&key, async {
                made.fetch_add(1, Relaxed);
                index("second")
            })
        };
        let mut later = Box::pin(join_all((0..10).map(later)));
        assert!(later.as_mut().now_or_never().is_none());

        land.send(()).unwrap();
        assert_eq!(first.await, (index("first"), false));
        let outcomes = later.await;
        assert!(outcomes.iter().all(|(outcome, _)| *outcome == index("second")));
        assert_eq!(outcomes.iter().filter(|(_, joined)| *joined).count(), 9);
        assert_eq!(made.load(Relaxed), 1);
    }

    #[tokio::test]
    async fn a_cancelled_caller_gives_its_turn_to_the_next() {
        let (flights, key) = (Flights::default(), key());
        let mut cancelled = Box::pin(flights.fly(&key, future::pending()));
        assert!(cancelled.as_mut().now_or_never().is_none());
        let mut next = Box::pin(flights.fly(&key, async { index("next") }));
        assert!(next.as_mut().now_or_never().is_none());
        drop(cancelled);
        assert_eq!(next.await, (index("next"), false));
    }

    #[tokio::test]
    async fn a_backend_that_is_down_is_asked_once_for_all_who_wait_and_a_refusal_is_not_shared() {
        for (error, calls_made) in [(unavailable(), 1), (Err(MailboxError::Unauthenticated), 3)] {
            let (flights, key) = (Flights::default(), key());
            let (land, landing) = oneshot::channel::<()>();
            let mut first = Box::pin(flights.fly(&key, async {
                landing.await.unwrap();
                index("first")
            }));
            assert!(first.as_mut().now_or_never().is_none());
            let made = AtomicUsize::new(0);
            let later = |_| {
                flights.fly(&key, async {
                    made.fetch_add(1, Relaxed);
                    error.clone()
                })
            };
            let mut later = Box::pin(join_all((0..3).map(later)));
            assert!(later.as_mut().now_or_never().is_none());
            land.send(()).unwrap();
            first.await.0.unwrap();
            assert!(later.await.iter().all(|(outcome, _)| *outcome == error));
            assert_eq!(made.load(Relaxed), calls_made);
        }
    }

    #[tokio::test]
    async fn lanes_nobody_waits_in_are_forgotten() {
        let flights = Flights::default();
        for n in 0..1000 {
            let key = (Address::new("alice@example.com").unwrap(), BackendKey(n.to_string()));
            flights.fly(&key, async { index("") }).await.0.unwrap();
        }
        assert!(flights.lanes.lock().unwrap().len() < 10);
    }
}
