//! WBXML tree → [`SettingsRequest`].

use syncledger_domain::device::DeviceInfo;
use syncledger_wbxml::{
    Element, Tag,
    pages::settings::{
        DEVICE_INFORMATION, DEVICE_PASSWORD, GET, OOF, PASSWORD, RIGHTS_MANAGEMENT_INFORMATION, SET,
        USER_INFORMATION,
    },
};

use super::{
    device_information,
    oof::{self, OofRequest},
    status::PropertyStatus,
};

/// The properties, in the device's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SettingsRequest {
    pub(super) properties: Vec<Property>,
}

/// One property; an error is what its own Status will say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Property {
    Oof(Result<OofRequest, PropertyStatus>),
    /// How long the password is, in characters; the password itself is not kept.
    DevicePassword(Result<usize, PropertyStatus>),
    DeviceInformation(Result<DeviceInfo, PropertyStatus>),
    UserInformation(Result<(), PropertyStatus>),
    RightsManagement,
}

/// What makes the whole request malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Defect {
    #[error("Settings without property")]
    Empty,
    #[error("property {0} twice")]
    Twice(Tag),
    #[error("{0} is no property")]
    NoProperty(Tag),
}

impl SettingsRequest {
    pub(super) fn read(document: &Element) -> Result<Self, Defect> {
        let mut properties = Vec::new();
        for (index, element) in document.elements().enumerate() {
            if document.elements().take(index).any(|earlier| earlier.tag == element.tag) {
                return Err(Defect::Twice(element.tag));
            }
            properties.push(read_property(element)?);
        }
        if properties.is_empty() { Err(Defect::Empty) } else { Ok(Self { properties }) }
    }
}

fn read_property(element: &Element) -> Result<Property, Defect> {
    Ok(match element.tag {
        OOF => Property::Oof(oof::read(element)),
        DEVICE_PASSWORD => Property::DevicePassword(read_password(element)),
        DEVICE_INFORMATION => {
            Property::DeviceInformation(device_information::read(element).map_err(|defect| {
                tracing::debug!(%defect, "malformed DeviceInformation");
                PropertyStatus::ProtocolError
            }))
        }
        USER_INFORMATION => {
            Property::UserInformation(element.child(GET).map(|_| ()).ok_or(PropertyStatus::ProtocolError))
        }
        RIGHTS_MANAGEMENT_INFORMATION => Property::RightsManagement,
        other => return Err(Defect::NoProperty(other)),
    })
}

fn read_password(element: &Element) -> Result<usize, PropertyStatus> {
    let password = element.child(SET).and_then(|set| set.child(PASSWORD)).and_then(Element::text_content);
    password.map(|password| password.chars().count()).ok_or(PropertyStatus::ProtocolError)
}
