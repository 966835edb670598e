//! Out of office (MS-ASCMD, "Oof"): read in full, so that every mistake gets its Status, although it cannot be switched
//! on here.

use syncledger_wbxml::{
    Element, Tag,
    pages::settings::{
        APPLIES_TO_EXTERNAL_KNOWN, APPLIES_TO_EXTERNAL_UNKNOWN, APPLIES_TO_INTERNAL, BODY_TYPE, ENABLED,
        END_TIME, GET, OOF_MESSAGE, OOF_STATE, REPLY_MESSAGE, SET, START_TIME,
    },
};

use super::status::PropertyStatus;

/// Who is answered, in the order answers list them.
pub(super) const AUDIENCES: [Tag; 3] =
    [APPLIES_TO_INTERNAL, APPLIES_TO_EXTERNAL_KNOWN, APPLIES_TO_EXTERNAL_UNKNOWN];

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OofRequest {
    /// The present state.
    Get,
    /// Stay off, and store nothing.
    SetOff,
    /// Switch on, or store messages or times.
    Set,
}

pub(super) fn read(element: &Element) -> Result<OofRequest, PropertyStatus> {
    match (element.child(GET), element.child(SET)) {
        (Some(get), None) => body_type(get.child(BODY_TYPE)).map(|()| OofRequest::Get),
        (None, Some(set)) => read_set(set),
        _ => Err(PropertyStatus::ProtocolError),
    }
}

fn read_set(set: &Element) -> Result<OofRequest, PropertyStatus> {
    let state = set.child(OOF_STATE).map(Element::text_content);
    let state =
        state.map(|text| text.and_then(|text| text.trim().parse::<u8>().ok().filter(|state| *state <= 2)));
    let state = state.map(|state| state.ok_or(PropertyStatus::ProtocolError)).transpose()?;
    let times = (time(set, START_TIME)?, time(set, END_TIME)?);
    match times {
        (Some(start), Some(end)) if start > end => return Err(PropertyStatus::ConflictingArguments),
        (Some(_), None) | (None, Some(_)) => return Err(PropertyStatus::ProtocolError),
        _ => {}
    }
    let mut addressed = Vec::new();
    for message in set.children_with(OOF_MESSAGE) {
        addressed.extend(read_message(message)?);
    }
    if AUDIENCES.iter().any(|audience| addressed.iter().filter(|tag| *tag == audience).count() > 1) {
        return Err(PropertyStatus::ProtocolError);
    }
    let stays_off = state == Some(0) && addressed.is_empty();
    Ok(if stays_off { OofRequest::SetOff } else { OofRequest::Set })
}

/// The audiences of a message.
fn read_message(message: &Element) -> Result<Vec<Tag>, PropertyStatus> {
    let audiences: Vec<_> = message.elements().map(|e| e.tag).filter(|tag| AUDIENCES.contains(tag)).collect();
    let enabled = message.child(ENABLED).map(Element::text_content);
    let enabled_is_flag =
        enabled.is_none_or(|text| matches!(text.as_deref().map(str::trim), Some("0" | "1")));
    if audiences.is_empty() || !enabled_is_flag {
        return Err(PropertyStatus::ProtocolError);
    }
    if message.child(REPLY_MESSAGE).is_some_and(|reply| !reply.is_empty()) {
        body_type(message.child(BODY_TYPE))?;
    }
    Ok(audiences)
}

fn body_type(element: Option<&Element>) -> Result<(), PropertyStatus> {
    let text = element.and_then(Element::text_content).unwrap_or_default();
    let known = ["Text", "HTML"].iter().any(|known| known.eq_ignore_ascii_case(text.trim()));
    if known { Ok(()) } else { Err(PropertyStatus::ProtocolError) }
}

fn time(set: &Element, tag: Tag) -> Result<Option<jiff::Timestamp>, PropertyStatus> {
    let Some(element) = set.child(tag) else { return Ok(None) };
    let text = element.text_content().ok_or(PropertyStatus::ProtocolError)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|_| PropertyStatus::ProtocolError)
}
