//! What a presented key means, and which events an answer needs.

use crate::{ids::SyncKey, ports::mailbox::FolderClass};

use super::{
    AppliedChange, CollectionDropped, CollectionOptions, CollectionStarted, Delta, ItemSkipped,
    ItemUnskipped, ItemsRegistered, Known, OptionsChanged, SyncEvent, SyncOffered, SyncState, apply_client,
};

/// What a presented key says about the last answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// No answer is outstanding.
    Current,
    /// The last answer arrived.
    Confirms,
    /// The last answer was lost; the request is made again.
    Repeats,
    /// The request had been made twice at once, and the device took the answer that was given first.
    ConfirmsEarlier,
}

/// Why a key is refused. All are Status 3 to the device; the log tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The collection was never started from key 0, or its state was dropped since.
    #[error("the collection has no state: it was never started or was dropped")]
    NotStarted,
    /// A key from before the last start.
    #[error("the key belongs to generation {presented}, the state is in generation {current}")]
    OtherGeneration {
        /// Of the key.
        presented: u32,
        /// Of the state.
        current: u32,
    },
    /// Neither the confirmed nor the offered key.
    #[error("the key's counter is {presented}; only {confirmed} and {offered:?} are valid")]
    UnknownKey {
        /// Of the key.
        presented: u32,
        /// The confirmed one.
        confirmed: u32,
        /// The offered one.
        offered: Option<u32>,
    },
}

/// From how many lost answers in a row on windows shrink.
const SHRINK_AFTER: u32 = 3;
/// From how many lost answers in a row on an item that was offered alone is skipped.
const SKIP_AFTER: u32 = 12;

impl SyncState {
    /// What a key means.
    ///
    /// # Errors
    /// [`Refusal`] when the device must start from key 0.
    pub fn standing(&self, key: SyncKey) -> Result<Standing, Refusal> {
        if !self.active {
            return Err(Refusal::NotStarted);
        }
        if key.generation != self.generation {
            return Err(Refusal::OtherGeneration { presented: key.generation, current: self.generation });
        }
        let offered = self.offer.as_ref().map(|offer| offer.to);
        match offered {
            Some(to) if to == key.counter => Ok(Standing::Confirms),
            _ if self.superseded.as_ref().is_some_and(|offer| offer.to == key.counter) => {
                Ok(Standing::ConfirmsEarlier)
            }
            _ if key.counter == self.confirmed_counter && self.confirmed_counter > 0 => {
                Ok(if offered.is_some() { Standing::Repeats } else { Standing::Current })
            }
            _ => Err(Refusal::UnknownKey {
                presented: key.counter,
                confirmed: self.confirmed_counter,
                offered,
            }),
        }
    }

    /// What the device knows when it presents a key of this standing, client changes already applied included.
    pub fn baseline(&self, standing: Standing) -> Known {
        match standing {
            Standing::Confirms => self.given(),
            Standing::Current => self.confirmed.clone(),
            Standing::Repeats => {
                let mut known = self.confirmed.clone();
                apply_client(self.carried(standing), &mut known);
                known
            }
            Standing::ConfirmsEarlier => {
                let mut known = self.confirmed.clone();
                if let Some(earlier) = &self.superseded {
                    earlier.apply_to(&mut known);
                }
                apply_client(self.carried(standing), &mut known);
                known
            }
        }
    }

    /// Client changes that were applied by the requests whose answers were lost: replay their replies, do not apply
    /// them again.
    pub fn carried(&self, standing: Standing) -> &[AppliedChange] {
        match (standing, &self.offer, &self.superseded) {
            (Standing::Repeats, Some(offer), _) => &offer.client,
            // What the later request did besides: each offer carries on the operations of the one before it.
            (Standing::ConfirmsEarlier, Some(offer), Some(earlier)) => {
                offer.client.get(earlier.client.len()..).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The window to use where the device asked for `window`: smaller the more answers were lost, so that one item that
    /// breaks the device is found. At least 1.
    pub fn shrunk_window(&self, standing: Standing, window: usize) -> usize {
        let lost = if standing == Standing::Repeats { self.lost_answers + 1 } else { 0 };
        match lost.checked_sub(SHRINK_AFTER) {
            None => window.max(1),
            Some(excess) => (window >> (2 * (excess + 1)).min(16)).max(1),
        }
    }

    /// Whether key 0 repeats the start of the present generation: nothing given out since was proven to arrive, so the
    /// device may be asking twice at once or have lost the answer, and the generation goes on ([`Standing::Repeats`]).
    /// Not so once the device was told of items by another way than Sync: key 0 is to forget them.
    pub fn start_is_repeated(&self, class: Option<FolderClass>) -> bool {
        let nothing_known = self.confirmed_counter == 0 && self.confirmed.is_empty();
        self.active && nothing_known && self.offer.is_some() && self.class == class
    }

    /// Starts the collection from key 0; the answer's own changes follow by [`Self::offer`] with [`Standing::Current`]
    /// on the evolved state.
    pub fn start(&self, class: Option<FolderClass>) -> SyncEvent {
        SyncEvent::Started(CollectionStarted { generation: self.generation + 1, class })
    }

    /// The event of changed options, if they changed.
    pub fn change_options(&self, options: &CollectionOptions) -> Option<SyncEvent> {
        (self.options.as_ref() != Some(options))
            .then(|| SyncEvent::OptionsChanged(OptionsChanged { options: options.clone() }))
    }

    /// The events of an answer. None when nothing was said by either side and no answer was lost: the key stays.
    ///
    /// `client` are the operations applied by this request alone; those carried over from lost answers are added here.
    /// A lost answer is always followed by a new offer, even an empty one: otherwise what the lost answer told would
    /// go on to count as given.
    pub fn offer(&self, standing: Standing, delta: Delta, client: Vec<AppliedChange>) -> Vec<SyncEvent> {
        let starts = self.last_counter == 0;
        let answer_was_lost = matches!(standing, Standing::Repeats | Standing::ConfirmsEarlier);
        let mut events: Vec<SyncEvent> = self.pardon(standing).into_iter().collect();
        if delta.is_empty() && client.is_empty() && !answer_was_lost && !starts {
            return events;
        }
        let from = match (standing, &self.offer, &self.superseded) {
            (Standing::Confirms, Some(offer), _) | (Standing::ConfirmsEarlier, _, Some(offer)) => offer.to,
            _ => self.confirmed_counter,
        };
        let mut all = self.carried(standing).to_vec();
        all.extend(client);
        let delta = self.skip_what_hurts(standing, delta, &mut events);
        let to = self.last_counter + 1;
        events.push(SyncEvent::Offered(SyncOffered {
            generation: self.generation,
            from,
            to,
            delta,
            client: all,
        }));
        events
    }

    /// Answers arrive again: whether the item hurt or the connection was down is found out by letting it in once more.
    fn pardon(&self, standing: Standing) -> Option<SyncEvent> {
        let confirms = matches!(standing, Standing::Confirms | Standing::ConfirmsEarlier);
        let item = self.on_trial.as_ref().filter(|item| confirms && !self.pardoned.contains(*item))?;
        self.unskip(item)
    }

    /// An item that was offered alone again and again in vain is left out; when leaving it out did not help, it is let
    /// in again, and no other is tried before a confirmation.
    fn skip_what_hurts(&self, standing: Standing, mut delta: Delta, events: &mut Vec<SyncEvent>) -> Delta {
        // A folder tree with a hole would orphan what is below it.
        let is_hierarchy = self.class.is_none();
        if standing != Standing::Repeats || is_hierarchy || self.lost_answers + 1 < SKIP_AFTER {
            return delta;
        }
        match &self.on_trial {
            Some(item) if self.lost_answers + 1 >= 2 * SKIP_AFTER && self.skipped.contains_key(item) => {
                events.push(SyncEvent::Unskipped(ItemUnskipped { item: item.clone() }));
            }
            None if delta.len() == 1 => {
                let hurts = delta.adds.first().or(delta.changes.first()).cloned();
                let same_as_before = hurts.as_ref().is_some_and(|(item, _)| {
                    self.offer.as_ref().is_some_and(|offer| {
                        offer.delta.adds.iter().chain(&offer.delta.changes).any(|(before, _)| before == item)
                    })
                });
                if let Some((item, fingerprint)) = hurts.filter(|_| same_as_before) {
                    let attempts = self.lost_answers + 1;
                    events.push(SyncEvent::Skipped(ItemSkipped { item, fingerprint, attempts }));
                    delta = Delta::default();
                }
            }
            Some(_) | None => {}
        }
        delta
    }

    /// Registers items the device learned of by MoveItems. Nothing when the collection is not synchronised.
    pub fn register_items(&self, registered: ItemsRegistered) -> Option<SyncEvent> {
        let anything = !registered.known.is_empty() || !registered.gone.is_empty();
        (self.active && anything).then_some(SyncEvent::Registered(registered))
    }

    /// Lets a skipped item in again.
    pub fn unskip(&self, item: &crate::ids::ItemId) -> Option<SyncEvent> {
        self.skipped.contains_key(item).then(|| SyncEvent::Unskipped(ItemUnskipped { item: item.clone() }))
    }

    /// Drops the state.
    pub fn drop_state(&self, cause: &str) -> Option<SyncEvent> {
        self.active.then(|| SyncEvent::Dropped(CollectionDropped { cause: cause.to_owned() }))
    }
}
