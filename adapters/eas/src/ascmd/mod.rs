//! The EAS commands: one room each, and the row that leads to it.
//!
//! Adding a command touches its room, its row in [`EasCommand`] and the arm in [`handle`]. Devices that are shown the
//! dummy mailbox are refused it until it stands in [`EasCommand::IN_DUMMY_WORLD`], where only commands may stand whose
//! room reaches the mailbox through the context alone.

#[cfg(test)]
mod dummy_tests;
pub mod folder_sync;
pub mod get_item_estimate;
pub mod item_operations;
pub mod move_items;
pub mod ping;
pub mod provision;
pub mod send_mail;
pub mod settings;
pub mod sync;
#[cfg(test)]
mod testing;

use syncledger_wbxml::{
    Element, Tag,
    pages::{
        air_sync, compose_mail, folder_hierarchy, get_item_estimate as estimate,
        item_operations as operations, move_, ping as ping_page, provision as provision_page,
        settings as settings_page,
    },
};

use crate::{
    answer::{Answer, Failure},
    context::{Context, RequestBody, World},
    dummy,
};

/// The text of a number; `None` where the element is missing or, as some clients write that, empty.
fn number_text(parent: &Element, tag: Tag) -> Option<String> {
    let text = parent.child(tag)?.text_content();
    // What has child elements is no number; no parser takes it for one.
    let text = text.map_or_else(|| "<elements>".to_owned(), |text| text.trim().to_owned());
    Some(text).filter(|text| !text.is_empty())
}

macro_rules! eas_commands {
    ($($(#[$meta:meta])* $code:literal $variant:ident $name:literal $root:expr),+ $(,)?) => {
        /// A command this server speaks (MS-ASHTTP, "Command Codes").
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EasCommand { $( $(#[$meta])* $variant, )+ }

        impl EasCommand {
            /// All of them, in the order OPTIONS lists them.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// As the plain query and OPTIONS spell it.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }

            /// Its number in the base64 query.
            pub fn code(self) -> u8 {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The root element of its request and answer.
            pub fn root(self) -> Tag {
                match self { $( Self::$variant => $root, )+ }
            }
        }
    };
}

eas_commands! {
    /// Synchronises items.
    0 Sync "Sync" air_sync::SYNC,
    /// Sends a message.
    1 SendMail "SendMail" compose_mail::SEND_MAIL,
    /// Synchronises the folder tree.
    9 FolderSync "FolderSync" folder_hierarchy::FOLDER_SYNC,
    /// Moves items between folders.
    13 MoveItems "MoveItems" move_::MOVE_ITEMS,
    /// Counts what a Sync would bring.
    14 GetItemEstimate "GetItemEstimate" estimate::GET_ITEM_ESTIMATE,
    /// Device information and other settings.
    17 Settings "Settings" settings_page::SETTINGS,
    /// Waits for news.
    18 Ping "Ping" ping_page::PING,
    /// Fetches items and attachments.
    19 ItemOperations "ItemOperations" operations::ITEM_OPERATIONS,
    /// Negotiates the policy.
    20 Provision "Provision" provision_page::PROVISION,
}

impl EasCommand {
    /// What a device may use that is shown the dummy mailbox: whatever it takes to see the message there, to be told of
    /// changes and to stay provisioned.
    pub const IN_DUMMY_WORLD: &'static [Self] = &[
        Self::FolderSync,
        Self::Sync,
        Self::Ping,
        Self::GetItemEstimate,
        Self::ItemOperations,
        Self::Settings,
        Self::Provision,
    ];

    /// By name, without regard to case.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.name().eq_ignore_ascii_case(name))
    }

    /// By code.
    pub fn by_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.code() == code)
    }
}

/// Leads a request to its room. Each room's future is boxed, so that a request that waits does not take the memory of
/// the largest room.
///
/// # Errors
/// Failures common to all commands; what a command can say itself it says in its answer.
pub async fn handle(context: &Context, command: EasCommand, body: RequestBody) -> Result<Answer, Failure> {
    if context.world == World::Dummy
        && let Some(failure) = dummy::refuse(command)
    {
        return Err(failure);
    }
    match command {
        EasCommand::Sync => Box::pin(sync::handle(context, body)).await,
        EasCommand::SendMail => Box::pin(send_mail::handle(context, body)).await,
        EasCommand::FolderSync => Box::pin(folder_sync::handle(context, body)).await,
        EasCommand::MoveItems => Box::pin(move_items::handle(context, body)).await,
        EasCommand::GetItemEstimate => Box::pin(get_item_estimate::handle(context, body)).await,
        EasCommand::Settings => Box::pin(settings::handle(context, body)).await,
        EasCommand::Ping => Box::pin(ping::handle(context, body)).await,
        EasCommand::ItemOperations => Box::pin(item_operations::handle(context, body)).await,
        EasCommand::Provision => Box::pin(provision::handle(context, body)).await,
    }
}
