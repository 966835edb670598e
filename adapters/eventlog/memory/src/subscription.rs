//! A live reader.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use syncledger_domain::{
    event::Position,
    ports::event_log::{ReadError, Subscription, SubscriptionItem},
};

use crate::Shared;

/// Events handed out at once.
const PAGE: usize = 500;

pub(crate) struct LiveReader {
    shared: Arc<Shared>,
    head: watch::Receiver<Position>,
    last: Position,
    said_caught_up: bool,
}

impl LiveReader {
    pub(crate) fn new(shared: Arc<Shared>, after: Position) -> Self {
        let head = shared.head.subscribe();
        Self { shared, head, last: after, said_caught_up: false }
    }
}

#[async_trait]
impl Subscription for LiveReader {
    async fn next(&mut self) -> Result<SubscriptionItem, ReadError> {
        loop {
            // Marked as seen before the store is looked at: what is appended after the look wakes us.
            self.head.mark_unchanged();
            let events = self.shared.read().after(self.last, "", PAGE);
            if let Some(event) = events.last() {
                self.last = event.position;
                self.said_caught_up = false;
                return Ok(SubscriptionItem::Events(events));
            }
            if !self.said_caught_up {
                self.said_caught_up = true;
                return Ok(SubscriptionItem::CaughtUp(self.last));
            }
            let gone = |_| ReadError::Unavailable("the log is gone".to_owned());
            self.head.changed().await.map_err(gone)?;
        }
    }
}
