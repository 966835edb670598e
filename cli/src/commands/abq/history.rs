//! The Device Control List as the log tells it, with who made each entry.

use std::collections::HashMap;

use anyhow::Context as _;
use syncledger_domain::{
    Aggregate as _, StoredEvent as _,
    abq::{AbqEvent, DeviceControl},
    event::{Actor, Revision, StreamId, Timestamp},
    ids::{AccountId, DeviceId},
    ports::event_log::EventLog as _,
};

use crate::node::Node;

/// Events read at a time.
const PAGE: usize = 2000;

/// Who made an entry what it is, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SetBy {
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
}

/// The list and the rules, and where each entry is from.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) control: DeviceControl,
    set_by: HashMap<(DeviceId, Option<AccountId>), SetBy>,
}

impl Recorded {
    /// Folds the stream.
    pub(super) async fn load(node: &Node) -> anyhow::Result<Self> {
        let (stream, mut from) = (StreamId::abq(), Revision(0));
        let mut recorded = Self::default();
        loop {
            let page = node.log.read_stream(&stream, from, PAGE).await?;
            let complete = page.len() < PAGE;
            for stored in page {
                let event = AbqEvent::decode(&stored.event_type, stored.version, &stored.payload)
                    .with_context(|| {
                        format!("stream {stream} revision {} cannot be read", stored.revision)
                    })?;
                recorded.take(&event, SetBy { actor: stored.actor, at: stored.recorded_at });
                from = stored.revision.next();
            }
            if complete {
                return Ok(recorded);
            }
        }
    }

    fn take(&mut self, event: &AbqEvent, by: SetBy) {
        self.control.evolve(event);
        match event {
            AbqEvent::StatusSet(set) => {
                self.set_by.insert((set.device.canonical(), set.account), by);
            }
            AbqEvent::StatusDeleted(deleted) => {
                self.set_by.remove(&(deleted.device.canonical(), deleted.account));
            }
            AbqEvent::RuleSet(_) | AbqEvent::RuleDeleted(_) | AbqEvent::Seeded(_) => {}
        }
    }

    /// Who made this entry what it is.
    pub(super) fn set_by(&self, device: &DeviceId, account: Option<AccountId>) -> Option<&SetBy> {
        self.set_by.get(&(device.clone(), account))
    }
}
