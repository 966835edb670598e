//! What the user did to items, until the server has answered for it. MS-ASCMD, "Commands".

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use syncledger_wbxml::{
    Element, Limits, Tag, decode, encode,
    pages::{air_sync, email},
};

/// An element that can be saved: WBXML in base64.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document(pub Element);

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
        decode(&bytes, &Limits::default()).map(Self).map_err(D::Error::custom)
    }
}

/// One change by the user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
#[expect(missing_docs, reason = "ids as their names say")]
pub enum ClientCommand {
    /// Marks a mail read or unread.
    SetRead { server_id: String, read: bool },
    /// Sets or clears a mail's follow-up flag.
    SetFlag { server_id: String, flagged: bool },
    /// Changes these properties; `data` is the `ApplicationData` element.
    Change { server_id: String, data: Document },
    /// Deletes; whether into the trash is the collection's `DeletesAsMoves`.
    Delete { server_id: String },
    /// Adds an item; `data` as above.
    Add { client_id: String, data: Document },
}

impl ClientCommand {
    /// The item's `ServerId`; an Add has none yet.
    pub fn server_id(&self) -> Option<&str> {
        match self {
            Self::SetRead { server_id, .. }
            | Self::SetFlag { server_id, .. }
            | Self::Change { server_id, .. }
            | Self::Delete { server_id } => Some(server_id),
            Self::Add { .. } => None,
        }
    }

    /// The id a reply names: `ClientId` of an Add, `ServerId` of the rest.
    pub fn id(&self) -> &str {
        match self {
            Self::Add { client_id, .. } => client_id,
            _ => self.server_id().unwrap_or_default(),
        }
    }

    /// Add, Change or Delete.
    pub(crate) fn tag(&self) -> Tag {
        match self {
            Self::SetRead { .. } | Self::SetFlag { .. } | Self::Change { .. } => air_sync::CHANGE,
            Self::Delete { .. } => air_sync::DELETE,
            Self::Add { .. } => air_sync::ADD,
        }
    }

    /// The `ApplicationData` it carries.
    pub(crate) fn data(&self) -> Option<Element> {
        let data = Element::new(air_sync::APPLICATION_DATA);
        match self {
            Self::SetRead { read, .. } => {
                Some(data.with(Element::text(email::READ, if *read { "1" } else { "0" })))
            }
            Self::SetFlag { flagged: true, .. } => Some(
                data.with(
                    Element::new(email::FLAG)
                        .with(Element::text(email::STATUS, "2"))
                        .with(Element::text(email::FLAG_TYPE, "Flag for follow up")),
                ),
            ),
            Self::SetFlag { flagged: false, .. } => Some(data.with(Element::new(email::FLAG))),
            Self::Change { data, .. } | Self::Add { data, .. } => Some(data.0.clone()),
            Self::Delete { .. } => None,
        }
    }

    /// As in the request's Commands.
    pub(crate) fn element(&self) -> Element {
        let id = match self {
            Self::Add { client_id, .. } => Element::text(air_sync::CLIENT_ID, client_id),
            _ => Element::text(air_sync::SERVER_ID, self.id()),
        };
        Element::new(self.tag()).with(id).with_all(self.data())
    }
}
