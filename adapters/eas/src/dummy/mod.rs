//! The dummy world: what a device is shown that may not synchronise, in place of the account's mailbox.
//!
//! One Inbox with one message that says what happened (`domain::abq_messages`), served by the same rooms as any mailbox,
//! so that no client needs to be told otherwise. Three things keep the real mailbox out of it: the context's mailbox and
//! transport are replaced, its folder map is a fixed one, and commands that could ask for more are refused
//! ([`refuse`]). Nothing of it is on the log but the device's own sync states, and that the message was read or deleted.
//!
//! A device is led here by [`Context::into_dummy_world`](crate::context::Context::into_dummy_world) with a [`mailbox`].

mod folders;
mod mailbox;
mod message;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use syncledger_domain::ports::transport::{Outgoing, SendError, Transport};

pub use folders::folder_map;
pub use mailbox::{DummyMailbox, RemembersNotice};
pub use message::Notice;

use crate::{
    answer::{CommonStatus, Failure},
    ascmd::EasCommand,
};

/// The mailbox with this notice.
pub fn mailbox(notice: &Notice<'_>, remember: Arc<dyn RemembersNotice>) -> Arc<DummyMailbox> {
    Arc::new(DummyMailbox::new(notice, remember))
}

/// Why a command is refused in the dummy world; `None` when it is served there. Status 129 from 14.0 on, HTTP 403
/// before.
pub fn refuse(command: EasCommand) -> Option<Failure> {
    let refused = !EasCommand::IN_DUMMY_WORLD.contains(&command);
    let reason = || format!("{} is not served to a device that may not synchronise", command.name());
    refused.then(|| Failure::status(CommonStatus::DeviceIsBlockedForThisUser, reason()))
}

/// From the dummy world nothing is sent.
#[derive(Clone, Copy, Debug)]
pub struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    async fn send(&self, _outgoing: Outgoing) -> Result<(), SendError> {
        Err(SendError::Refused("a device that may not synchronise sends no mail".to_owned()))
    }
}
