//! `DeviceInformation`, which comes with Settings and, from 14.1 on, with Provision (MS-ASCMD, "DeviceInformation").

use syncledger_domain::device::DeviceInfo;
use syncledger_wbxml::{
    Element, Tag,
    pages::settings::{
        ENABLE_OUTBOUND_SMS, FRIENDLY_NAME, IMEI, MOBILE_OPERATOR, MODEL, OS, OS_LANGUAGE, PHONE_NUMBER, SET,
        USER_AGENT,
    },
};

/// What is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InfoDefect {
    /// It must hold exactly what is to be set.
    #[error("DeviceInformation without Set")]
    NoSet,
    /// Each property comes once.
    #[error("DeviceInformation names {0} twice")]
    Twice(Tag),
    /// A property holds elements, or bytes that are no text.
    #[error("DeviceInformation holds {0} that is no text")]
    NotText(Tag),
    /// `EnableOutboundSMS` is 0 or 1.
    #[error("EnableOutboundSMS is neither 0 nor 1")]
    NotBool,
}

/// Reads a `DeviceInformation` of any version, in any order; elements nobody knows are passed over.
///
/// # Errors
/// [`InfoDefect`].
pub fn read(element: &Element) -> Result<DeviceInfo, InfoDefect> {
    let set = element.child(SET).ok_or(InfoDefect::NoSet)?;
    Ok(DeviceInfo {
        model: text(set, MODEL)?,
        imei: text(set, IMEI)?,
        friendly_name: text(set, FRIENDLY_NAME)?,
        os: text(set, OS)?,
        os_language: text(set, OS_LANGUAGE)?,
        phone_number: text(set, PHONE_NUMBER)?,
        mobile_operator: text(set, MOBILE_OPERATOR)?,
        user_agent: text(set, USER_AGENT)?,
        enable_outbound_sms: match text(set, ENABLE_OUTBOUND_SMS)?.as_deref().map(str::trim) {
            None | Some("") => None,
            Some("0") => Some(false),
            Some("1") => Some(true),
            Some(_) => return Err(InfoDefect::NotBool),
        },
    })
}

fn text(set: &Element, tag: Tag) -> Result<Option<String>, InfoDefect> {
    let mut found = set.children_with(tag);
    let Some(first) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(InfoDefect::Twice(tag));
    }
    first.text_content().map(|text| Some(text.into_owned())).ok_or(InfoDefect::NotText(tag))
}
