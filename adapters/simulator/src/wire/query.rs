//! The query of the request URI in its two forms. MS-ASHTTP, "Request-URI", "Base64 Encoded Query Value".

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::command::{Command, Param};
use crate::{
    config::{PhoneConfig, QueryForm, Version},
    error::Error,
};

/// Bits of the base64 form's `Options` parameter.
const SAVE_IN_SENT: u8 = 0x01;
const ACCEPT_MULTI_PART: u8 = 0x02;
/// Its tag.
const OPTIONS: u8 = 7;

/// The query, without the question mark.
///
/// # Errors
/// [`Error::Config`] where the base64 form cannot hold a value (more than 255 bytes) or a command.
pub(crate) fn query(
    config: &PhoneConfig,
    version: Version,
    policy_key: u32,
    command: Command,
    params: &[Param],
) -> Result<String, Error> {
    match config.query {
        QueryForm::Plain => Ok(plain(config, command, params)),
        QueryForm::Base64 => base64(config, version, policy_key, command, params),
    }
}

fn plain(config: &PhoneConfig, command: Command, params: &[Param]) -> String {
    let mut query = format!(
        "Cmd={command}&User={}&DeviceId={}&DeviceType={}",
        escape(&config.user),
        escape(&config.device_id),
        escape(&config.device_type)
    );
    for param in params {
        let (name, value) = match param {
            Param::AttachmentName(value) => ("AttachmentName", value.as_str()),
            Param::CollectionId(value) => ("CollectionId", value.as_str()),
            Param::ItemId(value) => ("ItemId", value.as_str()),
            Param::LongId(value) => ("LongId", value.as_str()),
            Param::Occurrence(value) => ("Occurrence", value.as_str()),
            Param::SaveInSent => ("SaveInSent", "T"),
            // A header in this form.
            Param::AcceptMultiPart => continue,
        };
        query.extend(["&", name, "=", &escape(value)]);
    }
    query
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.extend(format!("%{byte:02X}").chars());
        }
    }
    escaped
}

fn base64(
    config: &PhoneConfig,
    version: Version,
    policy_key: u32,
    command: Command,
    params: &[Param],
) -> Result<String, Error> {
    let code = command
        .code()
        .ok_or_else(|| Error::config("query", "base64", format!("{command} has no command code")))?;
    let mut bytes = vec![version.byte(), code];
    bytes.extend(config.locale.to_le_bytes());
    push(&mut bytes, "device_id", config.device_id.as_bytes())?;
    if policy_key != 0 && command.sends_policy_key() {
        push(&mut bytes, "policy_key", &policy_key.to_le_bytes())?;
    } else {
        bytes.push(0);
    }
    push(&mut bytes, "device_type", config.device_type.as_bytes())?;
    let mut options = 0;
    for param in params {
        let (tag, value) = match param {
            Param::AttachmentName(value) => (0, value),
            Param::CollectionId(value) => (1, value),
            Param::ItemId(value) => (3, value),
            Param::LongId(value) => (4, value),
            Param::Occurrence(value) => (6, value),
            Param::SaveInSent => {
                options |= SAVE_IN_SENT;
                continue;
            }
            Param::AcceptMultiPart => {
                options |= ACCEPT_MULTI_PART;
                continue;
            }
        };
        bytes.push(tag);
        push(&mut bytes, "params", value.as_bytes())?;
    }
    if options != 0 {
        bytes.extend([OPTIONS, 1, options]);
    }
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Length, then value.
fn push(bytes: &mut Vec<u8>, field: &'static str, value: &[u8]) -> Result<(), Error> {
    let length = u8::try_from(value.len()).map_err(|_| {
        Error::config(field, String::from_utf8_lossy(value), "the base64 query holds at most 255 bytes of it")
    })?;
    bytes.push(length);
    bytes.extend(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn android() -> PhoneConfig {
        let mut config =
            PhoneConfig::new("http://127.0.0.1", "alice@example.com", "demo").device_id("androidc1234567890");
        config.device_type = "Android".to_owned();
        config.locale = 0x0407;
        config.query = QueryForm::Base64;
        config
    }

    const KEY: u32 = 2_718_281_828;

    #[test]
    fn base64_query_of_a_sync() {
        let query = query(&android(), Version::V14_1, KEY, Command::Sync, &[]).unwrap();
        assert_eq!(query, "jQAHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lk");
    }

    #[test]
    fn base64_query_of_a_smart_reply_with_parameters() {
        let params =
            [Param::CollectionId("2".to_owned()), Param::ItemId("2:41".to_owned()), Param::SaveInSent];
        let query = query(&android(), Version::V14_1, KEY, Command::SmartReply, &params).unwrap();
        assert_eq!(query, "jQMHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lkAQEyAwQyOjQxBwEB");
    }

    #[test]
    fn base64_query_without_a_policy_key_has_length_nought() {
        for (key, command) in [(0, Command::FolderSync), (KEY, Command::Ping)] {
            let query = query(&android(), Version::V12_1, key, command, &[]).unwrap();
            let bytes = BASE64_STANDARD.decode(query).unwrap();
            assert_eq!(bytes[0], 121);
            assert_eq!(bytes[5 + 18], 0, "{command}");
            assert_eq!(&bytes[5 + 18 + 1..], b"\x07Android");
        }
    }

    #[test]
    fn plain_query_escapes_what_is_not_unreserved() {
        let mut config = android();
        config.query = QueryForm::Plain;
        let params = [Param::ItemId("2:41".to_owned()), Param::SaveInSent, Param::AcceptMultiPart];
        assert_eq!(
            query(&config, Version::V14_1, KEY, Command::SmartReply, &params).unwrap(),
            "Cmd=SmartReply&User=alice%40example.com&DeviceId=androidc1234567890&DeviceType=Android\
             &ItemId=2%3A41&SaveInSent=T"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let config = android().device_id("x".repeat(256));
        let refused = query(&config, Version::V14_1, KEY, Command::Sync, &[]);
        assert!(matches!(refused, Err(Error::Config { field: "device_id", .. })), "{refused:?}");
    }
}
