//! How a message that was sent is recognised when it is asked for again.

use crate::{event::Timestamp, ids::ClientId};

use super::Device;

/// What a message is recognised by when it is asked for again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recognition {
    /// The id the client gave it: as long as that is remembered.
    ById,
    /// Its content, where the protocol version has no ids. People do send the same words twice, so this holds for as
    /// long as a client may repeat a request whose answer it missed, and no longer.
    ByContent,
}

/// How long the same content is the same message, seconds.
const SAME_CONTENT_SECS: i64 = 15 * 60;

impl Recognition {
    /// From when on a message under the same id is the same message.
    fn since(self, now: Timestamp) -> Timestamp {
        match self {
            Self::ById => Timestamp(i64::MIN),
            Self::ByContent => now.plus_seconds(-SAME_CONTENT_SECS),
        }
    }
}

impl Device {
    /// Whether a message asked for now was submitted before.
    pub fn has_submitted(&self, id: &ClientId, by: Recognition, now: Timestamp) -> bool {
        self.submissions(id).any(|at| at >= by.since(now))
    }

    /// When another message under the same id, too long ago to be the same, was submitted last. It tells messages of
    /// one content apart, and stays the same for every repetition of one of them.
    pub fn last_other_submission(&self, id: &ClientId, by: Recognition, now: Timestamp) -> Option<Timestamp> {
        self.submissions(id).filter(|at| *at < by.since(now)).last()
    }

    fn submissions(&self, id: &ClientId) -> impl Iterator<Item = Timestamp> {
        self.submitted.iter().filter(move |(known, _)| known == id).map(|(_, at)| *at)
    }
}
