//! SyncState: what one device knows of one collection, offered and confirmed.
//!
//! Two generations of knowledge are kept. `confirmed` is what the device has proven to know by presenting a key;
//! `offer` is the answer it was given last, which may have been lost. A request with the offered key confirms; a
//! request with the confirmed key while an offer stands means the answer was lost: the offer is superseded, the client
//! changes it carried stay applied and their replies are replayed, and the server's part is computed anew. The offer
//! superseded last stays good as well, for a device that made a request twice at once and took the first answer. Any
//! other key is refused. Nothing is resynchronised from zero because a train went through a tunnel.
//!
//! Source: MS-ASCMD, "SyncKey (Sync)"; the folder hierarchy uses the same aggregate with folder ids as items.

mod decide;
mod event;
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

pub use decide::{Refusal, Standing};
pub use event::{
    AppliedChange, BodyPreference, ClientOperation, CollectionDropped, CollectionOptions, CollectionStarted,
    Delta, Effect, ItemSkipped, ItemUnskipped, ItemsRegistered, OptionsChanged, SyncEvent, SyncOffered,
};
pub use plan::{Filter, Limits, Planned, plan};

use crate::{
    Aggregate,
    ids::{ItemId, SyncKey},
    ports::mailbox::{Fingerprint, FolderClass},
};

/// What a device knows: each item with the state it knows it in. Cheap to copy.
pub type Known = OrdMap<ItemId, Fingerprint>;

/// The answer a device was given last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// Counter of the key it carried.
    pub to: u32,
    /// What it told.
    pub delta: Delta,
    /// The client changes it replied to.
    pub client: Vec<AppliedChange>,
}

/// State of one collection of one device.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SyncState {
    /// How often the collection was started; 0 is never.
    pub generation: u32,
    /// Whether keys are accepted: started and not dropped since.
    pub active: bool,
    /// What the collection holds; `None` for the hierarchy.
    pub class: Option<FolderClass>,
    /// What the device has proven to know.
    pub confirmed: Known,
    /// Counter of the key that proved it; 0 right after a start.
    pub confirmed_counter: u32,
    /// The answer that is not proven to have arrived.
    pub offer: Option<Offer>,
    /// The answer before `offer` to the same confirmed key, if there was one.
    pub superseded: Option<Offer>,
    /// Highest counter given out in this generation.
    pub last_counter: u32,
    /// Sticky options; `None` until the device sent some.
    pub options: Option<CollectionOptions>,
    /// Items left out while they stay in this state.
    pub skipped: OrdMap<ItemId, Fingerprint>,
    /// How many answers to the confirmed key were lost in a row.
    pub lost_answers: u32,
    /// The item skipped since the last confirmation: skipping is on trial until a confirmation follows.
    pub on_trial: Option<ItemId>,
    /// Items that were let in again after having been left out; the next time they stay out.
    pub pardoned: OrdSet<ItemId>,
}

impl Aggregate for SyncState {
    type Event = SyncEvent;

    fn evolve(&mut self, event: &SyncEvent) {
        match event {
            SyncEvent::Started(started) => {
                *self = Self {
                    generation: started.generation,
                    active: true,
                    class: started.class,
                    ..Self::default()
                };
            }
            SyncEvent::OptionsChanged(changed) => self.options = Some(changed.options.clone()),
            SyncEvent::Offered(offered) => self.take_offer(offered),
            SyncEvent::Skipped(skipped) => {
                self.skipped.insert(skipped.item.clone(), skipped.fingerprint);
                self.on_trial = Some(skipped.item.clone());
            }
            SyncEvent::Unskipped(unskipped) => {
                self.skipped.remove(&unskipped.item);
                self.pardoned.insert(unskipped.item.clone());
            }
            SyncEvent::Registered(registered) => self.register(registered),
            SyncEvent::Dropped(_) => {
                *self = Self { generation: self.generation, ..Self::default() };
            }
        }
    }
}

impl SyncState {
    fn take_offer(&mut self, offered: &SyncOffered) {
        let (offer, earlier) = (self.offer.take(), self.superseded.take());
        let arrived = [&offer, &earlier].into_iter().flatten().find(|given| given.to == offered.from);
        if let Some(arrived) = arrived {
            arrived.apply_to(&mut self.confirmed);
            self.confirmed_counter = offered.from;
            self.lost_answers = 0;
            self.on_trial = None;
        } else if offer.is_some() {
            self.lost_answers = self.lost_answers.saturating_add(1);
            self.superseded = offer;
        }
        self.last_counter = self.last_counter.max(offered.to);
        self.offer =
            Some(Offer { to: offered.to, delta: offered.delta.clone(), client: offered.client.clone() });
    }

    fn register(&mut self, registered: &ItemsRegistered) {
        for (item, fingerprint) in &registered.known {
            self.confirmed.insert(item.clone(), *fingerprint);
        }
        for item in &registered.gone {
            self.confirmed.remove(item);
        }
        for offer in self.offer.iter_mut().chain(&mut self.superseded) {
            let touched = |item: &ItemId| {
                registered.gone.contains(item) || registered.known.iter().any(|(i, _)| i == item)
            };
            offer.delta.adds.retain(|(item, _)| !touched(item));
            offer.delta.changes.retain(|(item, _)| !touched(item));
            offer.delta.removes.retain(|item| !touched(item));
            offer.delta.soft_removes.retain(|item| !touched(item));
        }
    }

    /// The key the device was given last; what Ping measures news against. `None` while no key is valid.
    pub fn given_key(&self) -> Option<SyncKey> {
        let counter = self.offer.as_ref().map_or(self.confirmed_counter, |offer| offer.to);
        (self.active && counter > 0).then_some(SyncKey { generation: self.generation, counter })
    }

    /// What the device knows if the last answer arrived.
    pub fn given(&self) -> Known {
        let mut known = self.confirmed.clone();
        if let Some(offer) = &self.offer {
            offer.apply_to(&mut known);
        }
        known
    }
}

impl Offer {
    fn apply_to(&self, known: &mut Known) {
        apply_client(&self.client, known);
        for (item, fingerprint) in self.delta.adds.iter().chain(&self.delta.changes) {
            known.insert(item.clone(), *fingerprint);
        }
        for item in self.delta.removes.iter().chain(&self.delta.soft_removes) {
            known.remove(item);
        }
    }
}

/// What the device knows after these operations of its own. A change of an item it was never told makes it known to
/// nobody: a device that starts anew may still hold such changes, and is to be told the item itself.
pub fn apply_client(changes: &[AppliedChange], known: &mut Known) {
    for change in changes {
        match (&change.item, change.effect) {
            (Some(item), Effect::Known(fingerprint)) => {
                if matches!(change.operation, ClientOperation::Add(_)) || known.contains_key(item) {
                    known.insert(item.clone(), fingerprint);
                }
            }
            (Some(item), Effect::Gone) => {
                known.remove(item);
            }
            (_, Effect::None) | (None, _) => {}
        }
    }
}
