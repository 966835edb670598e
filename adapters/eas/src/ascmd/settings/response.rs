//! Answered properties → WBXML tree.

use syncledger_domain::ids::Address;
use syncledger_wbxml::{
    Element, Tag,
    pages::settings::{
        ACCOUNT, ACCOUNTS, DEVICE_INFORMATION, DEVICE_PASSWORD, EMAIL_ADDRESSES, ENABLED, GET, OOF,
        OOF_MESSAGE, OOF_STATE, PRIMARY_SMTP_ADDRESS, RIGHTS_MANAGEMENT_INFORMATION, SETTINGS, SMTP_ADDRESS,
        STATUS, USER_INFORMATION,
    },
};

use super::{
    oof::AUDIENCES,
    plan::{Answered, UserInformation},
    status::PropertyStatus,
};

/// `None`: the request was malformed.
pub(super) fn encode(answered: Option<&[Answered]>) -> Element {
    let whole = if answered.is_some() { PropertyStatus::Success } else { PropertyStatus::ProtocolError };
    Element::new(SETTINGS)
        .with(status(whole))
        .with_all(answered.unwrap_or_default().iter().map(encode_property))
}

fn encode_property(answered: &Answered) -> Element {
    let property = |tag: Tag, outcome: PropertyStatus| Element::new(tag).with(status(outcome));
    match answered {
        Answered::Oof(outcome, with_state) => property(OOF, *outcome).with_all(with_state.then(oof_state)),
        Answered::DevicePassword(outcome) => property(DEVICE_PASSWORD, *outcome),
        Answered::DeviceInformation(outcome) => property(DEVICE_INFORMATION, *outcome),
        Answered::UserInformation(Err(outcome)) => property(USER_INFORMATION, *outcome),
        Answered::UserInformation(Ok(user)) => property(USER_INFORMATION, PropertyStatus::Success)
            .with(Element::new(GET).with(user_information(user))),
        Answered::RightsManagement(outcome) => property(RIGHTS_MANAGEMENT_INFORMATION, *outcome),
    }
}

/// Off, with one message per audience, all of them disabled.
fn oof_state() -> Element {
    let message = |audience: Tag| {
        Element::new(OOF_MESSAGE).with(Element::new(audience)).with(Element::text(ENABLED, "0"))
    };
    Element::new(GET).with(Element::text(OOF_STATE, "0")).with_all(AUDIENCES.map(message))
}

fn user_information(user: &UserInformation) -> Element {
    match user {
        UserInformation::Addresses(addresses) => email_addresses(addresses),
        UserInformation::Account(addresses) => {
            let primary =
                addresses.first().map(|address| Element::text(PRIMARY_SMTP_ADDRESS, address.as_str()));
            let addresses = email_addresses(addresses).with_all(primary);
            Element::new(ACCOUNTS).with(Element::new(ACCOUNT).with(addresses))
        }
    }
}

fn email_addresses(addresses: &[Address]) -> Element {
    let listed = addresses.iter().map(|address| Element::text(SMTP_ADDRESS, address.as_str()));
    Element::new(EMAIL_ADDRESSES).with_all(listed)
}

fn status(status: PropertyStatus) -> Element {
    Element::text(STATUS, status.value().to_string())
}
