//! Events of the dummy messages.

use serde::{Deserialize, Serialize};

use super::{Fields, MessageKind, MessageLocale, MessageScope};
use crate::event::stored_events;

/// Fields of a message were set; those not given stay. An empty text forgets the field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageSet {
    /// Where it is for.
    pub scope: MessageScope,
    /// When it is shown.
    pub kind: MessageKind,
    /// Its language.
    pub locale: MessageLocale,
    /// What is set.
    pub fields: Fields,
}

/// A message was deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageDeleted {
    /// Where it was for.
    pub scope: MessageScope,
    /// When it was shown.
    pub kind: MessageKind,
    /// Its language.
    pub locale: MessageLocale,
}

/// The built-in messages were written out, by the events before this one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessagesInitialised {
    /// How many were written.
    pub written: u32,
    /// How many there were and stayed.
    pub kept: u32,
    /// Whether such were to be written over.
    pub forced: bool,
}

stored_events! {
    /// What can happen to the dummy messages.
    pub enum MessagesEvent {
        /// A message was made or changed.
        "message-set" 1 => Set(MessageSet);
        /// A message was deleted.
        "message-deleted" 1 => Deleted(MessageDeleted);
        /// The built-in ones were written out.
        "messages-initialised" 1 => Initialised(MessagesInitialised);
    }
}
