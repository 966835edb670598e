//! The whole query as one base64 value (MS-ASHTTP, "Base64 Encoded Query Value"), little-endian:
//! version, command code, locale (2), then device id, policy key and device type, each after a length byte, then
//! parameters as tag, length, value.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use syncledger_domain::ids::{DeviceId, DeviceType, ProtocolVersion, ShownDeviceId};

use super::{Blob, Query, QueryError, unescape, utf8_or_latin1};
use crate::{context::Parameters, http::verb::Verb};

/// Padding may be there or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// MS-ASHTTP, "Command Parameters".
mod tag {
    pub(super) const ATTACHMENT_NAME: u8 = 0;
    pub(super) const COLLECTION_ID: u8 = 1;
    pub(super) const ITEM_ID: u8 = 3;
    pub(super) const LONG_ID: u8 = 4;
    pub(super) const OCCURRENCE: u8 = 6;
    pub(super) const OPTIONS: u8 = 7;
    pub(super) const USER: u8 = 8;
}

/// Bits of the parameter `Options`.
const SAVE_IN_SENT: u8 = 0x01;
const ACCEPT_MULTIPART: u8 = 0x02;

pub(super) fn read(query: &str) -> Result<Query, QueryError> {
    let mut text = unescape(query);
    for byte in &mut text {
        // The URL-safe alphabet will do, too.
        *byte = match *byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
    }
    let blob = BASE64.decode(text).map_err(|_| QueryError::NotBase64)?;
    Reader { rest: &blob }.query()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn query(mut self) -> Result<Query, QueryError> {
        let version = self.byte("version")?;
        let verb = Verb::by_code(self.byte("command code")?);
        let _locale = self.take(2, "locale")?;
        let device_id = self.counted("device id")?;
        let policy_key = match *self.counted("policy key")? {
            [] => None,
            [a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
            ref other => {
                return Err(QueryError::PolicyKeyLength(u8::try_from(other.len()).unwrap_or(u8::MAX)));
            }
        };
        let device_type = self.counted("device type")?;
        let (parameters, user) = self.parameters()?;
        Ok(Query {
            verb: Some(verb),
            blob: Some(Blob {
                version: ProtocolVersion::from_number(version).map_err(|error| error.to_string()),
                policy_key,
            }),
            user,
            device_id: DeviceId::from_bytes(device_id).map_err(|error| error.to_string()),
            shown_id: ShownDeviceId::from_text_bytes(device_id),
            device_type: DeviceType::new(&utf8_or_latin1(device_type)).map_err(|error| error.to_string()),
            parameters,
        })
    }

    fn parameters(&mut self) -> Result<(Parameters, Option<String>), QueryError> {
        let (mut parameters, mut user) = (Parameters::default(), None);
        while !self.rest.is_empty() {
            let tag = self.byte("parameters")?;
            let value = self.counted("parameters")?;
            let text = || Some(utf8_or_latin1(value));
            match tag {
                tag::ATTACHMENT_NAME => parameters.attachment_name = text(),
                tag::COLLECTION_ID => parameters.collection_id = text(),
                tag::ITEM_ID => parameters.item_id = text(),
                tag::LONG_ID => parameters.long_id = text(),
                tag::OCCURRENCE => parameters.occurrence = text(),
                tag::OPTIONS => {
                    let bits = value.first().copied().unwrap_or(0);
                    parameters.save_in_sent = bits & SAVE_IN_SENT != 0;
                    parameters.accept_multipart = bits & ACCEPT_MULTIPART != 0;
                }
                tag::USER => user = text().filter(|user| !user.is_empty()),
                // Retired or not yet invented.
                _ => {}
            }
        }
        Ok((parameters, user))
    }

    fn byte(&mut self, field: &'static str) -> Result<u8, QueryError> {
        Ok(self.take(1, field)?[0])
    }

    fn counted(&mut self, field: &'static str) -> Result<&'a [u8], QueryError> {
        let length = self.byte(field)?;
        self.take(usize::from(length), field)
    }

    fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], QueryError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(QueryError::Truncated(field))?;
        self.rest = rest;
        Ok(taken)
    }
}
