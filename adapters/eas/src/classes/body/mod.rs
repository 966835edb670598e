//! Bodies: in which form a message is shown, how much of it, and the elements around it.
//!
//! The choice is pure (`choose`); each form is made at most once per message and only if it is looked at.
//!
//! Source: MS-ASAIRS, "Body", "`BodyPart`", "`BodyPreference`", "`NativeBodyType`"; MS-ASCMD, "`MIMESupport`",
//! "`MIMETruncation`".

mod choose;
mod form;
mod mime_text;
#[cfg(test)]
mod tests;

use syncledger_domain::{
    ids::ProtocolVersion,
    sync_state::{BodyPreference, CollectionOptions},
};
use syncledger_wbxml::{Element, pages::air_sync_base};

use super::{email::MailItem, text};
use choose::{Choice, choose};
use form::{Data, Forms};

/// How a client wants bodies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyWish {
    /// The version it speaks.
    pub version: ProtocolVersion,
    /// At most one per type, in its order of preference. Empty: plain text, all of it.
    pub preferences: Vec<BodyPreference>,
    /// `BodyPartPreference`, from 14.1 on; of type 2, others count as absent.
    pub body_part: Option<BodyPreference>,
    /// `MIMESupport`: 0 never, 1 for S/MIME, 2 always.
    pub mime_support: u8,
    /// `MIMETruncation`: 0..=8.
    pub mime_truncation: Option<u8>,
}

impl BodyWish {
    /// Plain text, all of it: what a client gets that asks for nothing.
    pub fn plain(version: ProtocolVersion) -> Self {
        Self { version, preferences: Vec::new(), body_part: None, mime_support: 0, mime_truncation: None }
    }

    /// What the sticky options of a collection ask for.
    pub fn from_options(version: ProtocolVersion, options: &CollectionOptions) -> Self {
        Self {
            version,
            preferences: options.body_preferences.clone(),
            body_part: options.body_part_preference,
            mime_support: options.mime_support,
            mime_truncation: options.mime_truncation,
        }
    }
}

/// The elements about the body, in the order in which they are sent.
pub(super) struct Rendered {
    pub(super) body: Option<Element>,
    pub(super) body_part: Option<Element>,
    pub(super) native_type: Element,
}

/// Makes what the client wishes.
pub(super) fn render(mail: &MailItem<'_>, wish: &BodyWish) -> Rendered {
    let forms = Forms::new(mail);
    let part_wish =
        wish.body_part.filter(|part| part.body_type == 2 && wish.version >= ProtocolVersion::V14_1);
    // A client that asks for the BodyPart alone gets that alone.
    let body = (part_wish.is_none() || !wish.preferences.is_empty()).then(|| {
        let choice = choose(&forms, wish);
        let previewed = wish.version >= ProtocolVersion::V14_0;
        Element::new(air_sync_base::BODY).with_all(content(&forms, &choice, previewed))
    });
    // The whole body stands for the part of it that is new in the conversation: quotes cannot be told from text
    // reliably, and a client shows too much rather than too little.
    let body_part = part_wish.map(|preference| {
        let choice = choose::only(&forms, preference);
        Element::new(air_sync_base::BODY_PART)
            .with(Element::text(air_sync_base::STATUS, "1"))
            .with_all(content(&forms, &choice, true))
    });
    let native = if mail.structure.has_html() { "2" } else { "1" };
    Rendered { body, body_part, native_type: Element::text(air_sync_base::NATIVE_BODY_TYPE, native) }
}

/// A body that says something in the place of one that cannot be made.
pub(super) fn placeholder(notice: &str) -> Element {
    Element::new(air_sync_base::BODY)
        .with(Element::text(air_sync_base::TYPE, "1"))
        .with(Element::text(air_sync_base::ESTIMATED_DATA_SIZE, notice.len().to_string()))
        .with(Element::text(air_sync_base::DATA, notice))
}

/// Type, `EstimatedDataSize`, Truncated, Data, Preview: in this order.
fn content(forms: &Forms<'_, '_>, choice: &Choice, previewed: bool) -> Vec<Element> {
    let form = forms.form(choice.body_type);
    let shown = choice.limit.map_or(form.data.len(), |limit| limit.min(form.data.len()));
    let data = if choice.withheld { None } else { data_element(&form.data, shown) };
    let sent = data.as_ref().map_or(0, |data| data.bytes_content().len());
    let truncated = choice.withheld || sent < form.size;
    let sends_text = choice.body_type == 1 && data.is_some();
    let characters = choice.preview.filter(|_| previewed && !sends_text).map(usize::from);
    let preview = characters.map(|max| text::line(forms.preview_source(), max.min(255)));
    let elements = [
        Some(Element::text(air_sync_base::TYPE, choice.body_type.to_string())),
        Some(Element::text(air_sync_base::ESTIMATED_DATA_SIZE, form.size.to_string())),
        truncated.then(|| Element::text(air_sync_base::TRUNCATED, "1")),
        data,
        preview
            .filter(|preview| !preview.is_empty())
            .map(|preview| Element::text(air_sync_base::PREVIEW, preview)),
    ];
    elements.into_iter().flatten().collect()
}

/// The first `max` bytes, cut between characters; `None` where that is nothing.
fn data_element(data: &Data, max: usize) -> Option<Element> {
    let element = match data {
        Data::Text(text) => Element::text(air_sync_base::DATA, text::prefix(text, max)),
        Data::Bytes(bytes) => Element::opaque(air_sync_base::DATA, &bytes[..max.min(bytes.len())]),
    };
    (!element.is_empty()).then_some(element)
}
