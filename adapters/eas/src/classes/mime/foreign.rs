//! Header values, read by the `mail-parser` crate: the only file that names it.
//!
//! Each call is contained and its input bounded, so that one bad field costs that field and not the message. Values
//! that are not UTF-8 are taken for windows-1252, which is what raw 8-bit headers nearly always are.

use std::borrow::Cow;

use mail_parser::{
    Address, HeaderValue,
    decoders::{charsets::map::charset_decoder, html::add_html_token},
    parsers::{MessageStream, fields::thread::thread_name},
};

use super::{
    Media,
    decode::{as_utf8, windows_1252},
};
use crate::classes::{shield, text};

/// Bytes of a structured or unstructured field that are looked at; lists of addresses have no bound of their own.
const MAX_VALUE: usize = 16 << 10;
/// Encoded words longer than this (RFC 2047 allows 75) are left as they are: the decoder looks for an end that is not
/// there from every beginning anew, which is quadratic.
const MAX_ENCODED_WORD: usize = 2_000;
/// Addresses of one field that are looked at.
const MAX_ADDRESSES: usize = 20_000;
/// Characters of a display name.
const MAX_NAME: usize = 256;

/// A mailbox of an address field: display name and address, both clean, either may be empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::classes) struct Mailbox {
    /// Display name, decoded.
    pub(in crate::classes) name: String,
    /// `local@domain`, as far as the sender had one.
    pub(in crate::classes) address: String,
    /// No mailbox but the name of a group without members (`undisclosed-recipients:;`).
    pub(in crate::classes) is_empty_group: bool,
}

/// Free text (`Subject`): decoded, unfolded, one line of at most `max` characters.
pub(in crate::classes) fn unstructured(value: &[u8], max: usize) -> String {
    let read = with_value(bounded(value), |stream| match stream.parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    });
    text::line(&read, max)
}

/// Addresses (`To`), groups opened.
pub(in crate::classes) fn address_list(value: &[u8]) -> Vec<Mailbox> {
    with_value(value, |stream| match stream.parse_address() {
        HeaderValue::Address(Address::List(list)) => list.iter().map(mailbox).take(MAX_ADDRESSES).collect(),
        HeaderValue::Address(Address::Group(groups)) => {
            let members = groups.iter().flat_map(|group| {
                let empty = group.addresses.is_empty().then(|| Mailbox {
                    name: text::line(group.name.as_deref().unwrap_or_default(), MAX_NAME),
                    address: String::new(),
                    is_empty_group: true,
                });
                group.addresses.iter().map(mailbox).chain(empty)
            });
            members.take(MAX_ADDRESSES).collect()
        }
        _ => Vec::new(),
    })
}

fn mailbox(found: &mail_parser::Addr<'_>) -> Mailbox {
    let name = text::line(found.name.as_deref().unwrap_or_default(), MAX_NAME);
    let address = text::line(found.address.as_deref().unwrap_or_default(), MAX_NAME * 2);
    // Some senders write nothing but a bare address, which then is read as a name.
    if address.is_empty() && name.contains('@') && !name.contains(' ') {
        return Mailbox { address: name, ..Mailbox::default() };
    }
    Mailbox { name, address, is_empty_group: false }
}

/// Message ids without their angle brackets (`References`).
pub(in crate::classes) fn message_ids(value: &[u8]) -> Vec<String> {
    with_value(bounded(value), |stream| match stream.parse_id() {
        HeaderValue::Text(id) => vec![id.into_owned()],
        HeaderValue::TextList(ids) => ids.into_iter().map(Cow::into_owned).collect(),
        _ => Vec::new(),
    })
}

/// A date as seconds since 1970.
pub(in crate::classes) fn date_seconds(value: &[u8]) -> Option<i64> {
    with_value(bounded(value), |stream| match stream.parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() => Some(date.to_timestamp()),
        _ => None,
    })
}

/// A media type; `default` where there is none or it cannot be read.
pub(super) fn media(value: Option<&[u8]>, default: (&str, &str)) -> Media {
    let default = || Media { kind: default.0.into(), subtype: default.1.into(), ..Media::default() };
    let Some((kind, Some(subtype), parameters)) = value.and_then(content_type) else { return default() };
    Media { kind, subtype, parameters, explicit: true }
}

/// A disposition (`attachment`) with its parameters.
pub(in crate::classes) fn disposition(value: &[u8]) -> Option<(String, Vec<(String, String)>)> {
    content_type(value).map(|(kind, _, parameters)| (kind, parameters))
}

type ContentType = (String, Option<String>, Vec<(String, String)>);

fn content_type(value: &[u8]) -> Option<ContentType> {
    with_value(bounded(value), |stream| {
        let HeaderValue::ContentType(read) = stream.parse_content_type() else { return None };
        let lower = |text: &str| text::line(text, 127).to_ascii_lowercase();
        let parameters = read.attributes.iter().flatten();
        let parameters = parameters.map(|a| (lower(&a.name), clean_parameter(&a.value))).collect();
        Some((lower(&read.c_type), read.c_subtype.as_deref().map(lower), parameters))
    })
}

fn clean_parameter(value: &str) -> String {
    value.chars().filter(|c| text::allowed(*c) && !c.is_control()).collect()
}

/// The subject without `Re:`, `Fwd:` and the like.
pub(in crate::classes) fn subject_root(subject: &str) -> String {
    shield::contain(|| thread_name(subject).trim().to_owned()).unwrap_or_else(|| subject.to_owned())
}

/// What an HTML character reference (`&amp;`) stands for; the reference itself where it stands for nothing.
pub(in crate::classes) fn html_entity(reference: &str) -> String {
    let read = shield::contain(|| {
        let mut out = String::new();
        add_html_token(&mut out, reference.as_bytes(), false);
        out
    });
    read.unwrap_or_else(|| reference.to_owned())
}

/// Bytes of a named character set as text; `None` where nobody knows the name.
pub(super) fn decode_charset(name: &str, bytes: &[u8]) -> Option<String> {
    let decoder = charset_decoder(name.trim().as_bytes())?;
    shield::contain(|| decoder(bytes))
}

fn bounded(value: &[u8]) -> &[u8] {
    &value[..value.len().min(MAX_VALUE)]
}

fn with_value<T: Default>(value: &[u8], read: impl FnOnce(&mut MessageStream<'_>) -> T) -> T {
    let mut bytes =
        as_utf8(value).map_or_else(|| windows_1252(value).into_bytes(), |text| text.as_bytes().to_vec());
    if bytes.len() > MAX_VALUE {
        defuse_endless_words(&mut bytes);
    }
    bytes.push(b'\n');
    shield::contain(|| read(&mut MessageStream::new(&bytes))).unwrap_or_default()
}

/// Breaks up beginnings of encoded words that have no end nearby.
fn defuse_endless_words(bytes: &mut [u8]) {
    for at in 0..bytes.len().saturating_sub(1) {
        if bytes[at..].starts_with(b"=?") {
            let near = &bytes[at + 2..bytes.len().min(at + 2 + MAX_ENCODED_WORD)];
            if !near.windows(2).any(|pair| pair == b"?=") {
                bytes[at + 1] = b'_';
            }
        }
    }
}
