//! One request, past all gates.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use syncledger_commands::{CommandError, Issuer, Loaded};
use syncledger_domain::{
    abq::Decision,
    folders::FolderMap,
    ids::{AccountId, Address, DeviceId, DeviceType, ProtocolVersion, ShownDeviceId},
    ports::{
        mailbox::{Folder, Mailbox, MailboxError},
        transport::Transport,
    },
};
use syncledger_wbxml::Element;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{CommonStatus, Failure},
    dummy::{self, DummyMailbox, NoTransport},
    http::OpenedBy,
    services::Services,
};

/// Which mailbox a request works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// The account's own.
    Real,
    /// The one a device is shown that may not synchronise (see [`dummy`]).
    Dummy,
}

/// What a room works with.
pub struct Context {
    /// What all requests share.
    pub services: Arc<Services>,
    /// The device, with the request's correlation id.
    pub issuer: Issuer,
    /// The authenticated account.
    pub account: AccountId,
    /// Its primary address.
    pub address: Address,
    /// The secret the request came with.
    pub opened_by: OpenedBy,
    /// The device, in canonical form.
    pub device: DeviceId,
    /// The same as the device writes it.
    pub shown: ShownDeviceId,
    /// As the device names its kind.
    pub device_type: DeviceType,
    /// Header `User-Agent`, cut to 256 characters; may be empty.
    pub user_agent: String,
    /// The version this request speaks.
    pub version: ProtocolVersion,
    /// What was decided about its access.
    pub decision: Decision,
    /// Which mailbox that is: only [`Context::into_dummy_world`] makes it another.
    pub world: World,
    /// The account's mailbox, or what the gates put in its place.
    pub mailbox: Arc<dyn Mailbox>,
    /// Where its messages leave.
    pub transport: Arc<dyn Transport>,
    /// Parameters of the query.
    pub parameters: Parameters,
    /// Cancelled when the device hung up: waiting is pointless from then on. What changes things goes on.
    pub hung_up: CancellationToken,
}

impl Context {
    /// The same request where nothing of the account's mailbox is: no room can reach it from there, nor send.
    #[must_use]
    pub fn into_dummy_world(self, mailbox: Arc<DummyMailbox>) -> Self {
        Self { world: World::Dummy, mailbox, transport: Arc::new(NoTransport), ..self }
    }

    /// The folders this request knows. The dummy world's are always the same and on no log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn folder_map(&self) -> Result<Arc<Loaded<FolderMap>>, CommandError<Infallible>> {
        match self.world {
            World::Real => self.services.folder_maps.load(self.account).await,
            World::Dummy => Ok(dummy::folder_map()),
        }
    }

    /// The folders after a look at the mailbox. Nothing of the dummy world gets into the account's folder map.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub async fn observe_folders(
        &self,
        listing: &[Folder],
    ) -> Result<Arc<Loaded<FolderMap>>, CommandError<Infallible>> {
        match self.world {
            World::Real => self.services.folder_maps.observe(&self.issuer, self.account, listing).await,
            World::Dummy => Ok(dummy::folder_map()),
        }
    }
}

/// Command parameters of the query line (MS-ASHTTP, "Command Parameters").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// GetAttachment.
    pub attachment_name: Option<String>,
    /// SmartReply and SmartForward before 14.0.
    pub collection_id: Option<String>,
    /// SmartReply and SmartForward before 14.0.
    pub item_id: Option<String>,
    /// SmartReply and SmartForward before 14.0.
    pub long_id: Option<String>,
    /// SmartReply and SmartForward before 14.0.
    pub occurrence: Option<String>,
    /// SendMail, SmartReply and SmartForward before 14.0.
    pub save_in_sent: bool,
    /// ItemOperations: from the option bit or the header `MS-ASAcceptMultiPart`.
    pub accept_multipart: bool,
}

/// The body of a request, decoded as far as its type tells.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestBody {
    /// None at all.
    Empty,
    /// A WBXML document.
    Wbxml(Element),
    /// `message/rfc822`.
    Mime(Bytes),
}

impl RequestBody {
    /// The document of a command that cannot do without.
    ///
    /// # Errors
    /// 101 when there is none; 103 when its root is another command's.
    pub fn document(self, root: syncledger_wbxml::Tag) -> Result<Element, Failure> {
        match self {
            Self::Wbxml(element) if element.tag == root => Ok(element),
            Self::Wbxml(element) => {
                Err(Failure::status(CommonStatus::InvalidXml, format!("root is {}, not {root}", element.tag)))
            }
            Self::Empty => Err(Failure::status(CommonStatus::InvalidContent, "no body")),
            Self::Mime(_) => {
                Err(Failure::status(CommonStatus::InvalidContent, "body is message/rfc822, not WBXML"))
            }
        }
    }
}

impl From<CommandError<Infallible>> for Failure {
    fn from(error: CommandError<Infallible>) -> Self {
        match error {
            CommandError::Refused(never) => match never {},
            CommandError::Busy(_) | CommandError::Log(_) => Self::retry_later(error.to_string()),
            CommandError::Unreadable { .. } => Self::status(CommonStatus::ServerError, error.to_string()),
        }
    }
}

impl From<MailboxError> for Failure {
    /// For failures of the mailbox as a whole; what concerns one item or folder is each room's to say.
    fn from(error: MailboxError) -> Self {
        let reason = error.to_string();
        match error {
            MailboxError::Unavailable(_) | MailboxError::Unauthenticated => Self::retry_later(reason),
            MailboxError::QuotaExceeded => Self::status(CommonStatus::MailboxQuotaExceeded, reason),
            MailboxError::Denied(_) => Self::status(CommonStatus::AccessDenied, reason),
            MailboxError::NoSuchFolder(_)
            | MailboxError::NoSuchItem(_)
            | MailboxError::Unsupported(_)
            | MailboxError::Refused(_) => Self::status(CommonStatus::ServerError, reason),
        }
    }
}
