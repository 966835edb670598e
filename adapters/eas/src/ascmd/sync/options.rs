//! The sticky Options of a collection (MS-ASCMD, "Options (Sync)").
//!
//! From 14.0 there may be two blocks, one of them for SMS, which this server does not offer: that block is read, checked
//! and left aside.

use std::ops::RangeInclusive;

use syncledger_domain::{
    ids::ProtocolVersion,
    sync_state::{BodyPreference, CollectionOptions},
};
use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync as a, air_sync_base as base},
};

use crate::ascmd::number_text;

/// Reads the options of a collection; `None` when it names none and the stored ones go on to hold.
///
/// # Errors
/// What is wrong with them, for the log; the answer is Status 4.
pub fn parse(collection: &Element, version: ProtocolVersion) -> Result<Option<CollectionOptions>, String> {
    let mut own = None;
    let mut classes = Vec::new();
    for block in collection.children_with(a::OPTIONS) {
        let class = block.child(a::CLASS).and_then(Element::text_content).map(std::borrow::Cow::into_owned);
        if classes.contains(&class) {
            return Err("two Options blocks for one class".to_owned());
        }
        let options = parse_block(block, version)?;
        if class.as_deref() != Some("SMS") {
            if own.is_some() {
                return Err("two Options blocks, neither for SMS".to_owned());
            }
            own = Some(options);
        }
        classes.push(class);
    }
    Ok(own)
}

/// Reads one block of options; those of ItemOperations have the same children.
///
/// # Errors
/// What is wrong, for the log.
pub fn parse_block(block: &Element, version: ProtocolVersion) -> Result<CollectionOptions, String> {
    let filter_type = number(block, a::FILTER_TYPE, 0..=8)?.unwrap_or(0);
    let mut body_preferences: Vec<BodyPreference> = Vec::new();
    for element in block.children_with(base::BODY_PREFERENCE) {
        let preference = body_preference(element, 1..=4, version)?;
        if body_preferences.iter().any(|other| other.body_type == preference.body_type) {
            return Err(format!("two BodyPreference of Type {}", preference.body_type));
        }
        body_preferences.push(preference);
    }
    let body_part_preference = match block.child(base::BODY_PART_PREFERENCE) {
        // Which types there may be is the caller's to say: they have a Status of their own.
        Some(element) if version >= ProtocolVersion::V14_1 => {
            Some(body_preference(element, 0..=u8::MAX, version)?)
        }
        _ => None,
    };
    Ok(CollectionOptions {
        filter_type,
        client_wins: number(block, a::CONFLICT, 0..=1)? == Some(0),
        mime_support: number(block, a::MIME_SUPPORT, 0..=2)?.unwrap_or(0),
        mime_truncation: number(block, a::MIME_TRUNCATION, 0..=8)?,
        body_preferences,
        body_part_preference,
    })
}

/// Whether they ask for parts of bodies in another form than HTML, the only one there is: Status 164 (MS-ASCMD, "Common
/// Status Codes").
pub fn asks_for_other_parts_than_html(options: Option<&CollectionOptions>) -> bool {
    let preference = options.and_then(|options| options.body_part_preference);
    preference.is_some_and(|preference| preference.body_type != 2)
}

fn body_preference(
    element: &Element,
    types: RangeInclusive<u8>,
    version: ProtocolVersion,
) -> Result<BodyPreference, String> {
    let body_type =
        number(element, base::TYPE, types)?.ok_or_else(|| format!("{} without Type", element.tag))?;
    let truncation = match number_text(element, base::TRUNCATION_SIZE) {
        None => None,
        // 4294967295 and anything beyond what fits means "everything" to the clients that send it.
        Some(text) => match text.parse::<u64>() {
            Ok(size) => u32::try_from(size).ok().filter(|size| *size != u32::MAX),
            Err(_) => return Err(format!("TruncationSize is '{text}'")),
        },
    };
    let all_or_none = match element.child(base::ALL_OR_NONE).and_then(Element::text_content).as_deref() {
        None | Some("0") => false,
        Some("" | "1") => true,
        Some(other) => return Err(format!("AllOrNone is '{other}', allowed 0 or 1")),
    };
    let preview = match number(element, base::PREVIEW, 0..=255)? {
        Some(length) if version.reports_errors_in_body() => Some(length),
        _ => None,
    };
    Ok(BodyPreference { body_type, truncation, all_or_none, preview })
}

fn number(parent: &Element, tag: Tag, allowed: RangeInclusive<u8>) -> Result<Option<u8>, String> {
    let Some(text) = number_text(parent, tag) else { return Ok(None) };
    match text.parse::<u8>() {
        Ok(value) if allowed.contains(&value) => Ok(Some(value)),
        _ => Err(format!("{tag} is '{text}', allowed {} to {}", allowed.start(), allowed.end())),
    }
}
