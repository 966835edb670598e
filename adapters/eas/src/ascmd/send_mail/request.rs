//! From the body to a [`SendRequest`]. From 14.0 on WBXML, before that the message itself.

use bytes::Bytes;
use syncledger_domain::{device::Recognition, ids::ClientId, ports::mailbox::content_digest};
use syncledger_wbxml::{
    Element,
    pages::{compose_mail as c, rights_management as rm},
};

use crate::{
    answer::{CommonStatus, Failure},
    context::{Context, RequestBody},
};

/// A message to send.
pub(super) struct SendRequest {
    /// The client's id, or a digest of the message where the version has none.
    pub(super) client_id: ClientId,
    /// Which of the two.
    pub(super) recognition: Recognition,
    pub(super) save_in_sent: bool,
    pub(super) mime: Bytes,
}

/// Longest ClientId (MS-ASCMD, "ClientId (SendMail)").
const MAX_CLIENT_ID: usize = 40;

/// Reads the request. Some clients of 14.x behind odd gateways send the bare message: that is taken as well.
pub(super) fn parse(context: &Context, body: RequestBody) -> Result<SendRequest, Failure> {
    match body {
        RequestBody::Mime(mime) => from_mime(mime, context.parameters.save_in_sent),
        RequestBody::Wbxml(_) if !context.version.reports_errors_in_body() => {
            Err(Failure::status(CommonStatus::InvalidContent, "WBXML before version 14.0"))
        }
        other => from_document(&other.document(c::SEND_MAIL)?),
    }
}

fn from_mime(mime: Bytes, save_in_sent: bool) -> Result<SendRequest, Failure> {
    if mime.is_empty() {
        return Err(Failure::status(CommonStatus::InvalidContent, "empty message"));
    }
    let client_id = ClientId::new(&content_digest(&mime))
        .map_err(|error| Failure::status(CommonStatus::ServerError, error.to_string()))?;
    Ok(SendRequest { client_id, recognition: Recognition::ByContent, save_in_sent, mime })
}

fn from_document(root: &Element) -> Result<SendRequest, Failure> {
    let malformed = |reason: &str| Failure::status(CommonStatus::InvalidXml, reason);
    if root.child(c::ACCOUNT_ID).is_some() {
        return Err(Failure::status(
            CommonStatus::InvalidAccountId,
            "there is no other account to send from",
        ));
    }
    if root.child(rm::TEMPLATE_ID).is_some() {
        return Err(Failure::status(CommonStatus::IrmFeatureDisabled, "rights management is not on offer"));
    }
    let client_id = root
        .child(c::CLIENT_ID)
        .and_then(Element::text_content)
        .filter(|text| text.chars().count() <= MAX_CLIENT_ID)
        .and_then(|text| ClientId::new(&text).ok())
        .ok_or_else(|| malformed("ClientId is missing or not 1 to 40 characters"))?;
    let mime = root.child(c::MIME).ok_or_else(|| malformed("Mime is missing"))?.bytes_content();
    if mime.is_empty() {
        return Err(Failure::status(CommonStatus::InvalidMime, "Mime is empty"));
    }
    Ok(SendRequest {
        client_id,
        recognition: Recognition::ById,
        save_in_sent: root
            .child(c::SAVE_IN_SENT_ITEMS)
            .is_some_and(|tag| tag.text_content().as_deref() != Some("0")),
        mime: Bytes::copy_from_slice(&mime),
    })
}
