//! What each property leads to; all rules of the command are here.

use syncledger_domain::{
    device::DeviceInfo,
    ids::{Address, ProtocolVersion},
};

use super::{oof::OofRequest, request::Property, status::PropertyStatus};
use crate::answer::CommonStatus;

/// Longest recovery password, in characters (MS-ASCMD, "Password").
const MAX_PASSWORD: usize = 255;

/// What answers depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Facts {
    pub(super) version: ProtocolVersion,
    pub(super) address: Address,
}

/// What to do about a property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Answer(Answered),
    /// Store what the device tells about itself.
    Store(DeviceInfo),
}

/// How a property ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answered {
    /// With `true`: the state, which is off.
    Oof(PropertyStatus, bool),
    DevicePassword(PropertyStatus),
    DeviceInformation(PropertyStatus),
    UserInformation(Result<UserInformation, PropertyStatus>),
    RightsManagement(PropertyStatus),
}

/// The user's addresses, in the form of the version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum UserInformation {
    /// Up to 14.0.
    Addresses(Vec<Address>),
    /// From 14.1 on: the primary account, which has no `AccountId`.
    Account(Vec<Address>),
}

pub(super) fn plan(property: Property, facts: &Facts) -> Step {
    Step::Answer(match property {
        Property::DeviceInformation(Ok(info)) => return Step::Store(info),
        Property::DeviceInformation(Err(status)) => Answered::DeviceInformation(status),
        Property::Oof(Ok(OofRequest::Get)) => Answered::Oof(PropertyStatus::Success, true),
        // It is off already.
        Property::Oof(Ok(OofRequest::SetOff)) => Answered::Oof(PropertyStatus::Success, false),
        Property::Oof(Ok(OofRequest::Set)) => Answered::Oof(PropertyStatus::DeniedByPolicy, false),
        Property::Oof(Err(status)) => Answered::Oof(status, false),
        // The policy has PasswordRecoveryEnabled 0.
        Property::DevicePassword(Ok(length)) if length <= MAX_PASSWORD => {
            Answered::DevicePassword(PropertyStatus::DeniedByPolicy)
        }
        Property::DevicePassword(Ok(_)) => Answered::DevicePassword(PropertyStatus::InvalidArguments),
        Property::DevicePassword(Err(status)) => Answered::DevicePassword(status),
        Property::UserInformation(asked) => {
            Answered::UserInformation(asked.map(|()| user_information(facts)))
        }
        Property::RightsManagement if facts.version >= ProtocolVersion::V14_1 => {
            Answered::RightsManagement(PropertyStatus::Common(CommonStatus::IrmFeatureDisabled))
        }
        Property::RightsManagement => Answered::RightsManagement(PropertyStatus::ProtocolError),
    })
}

fn user_information(facts: &Facts) -> UserInformation {
    let addresses = vec![facts.address.clone()];
    if facts.version >= ProtocolVersion::V14_1 {
        UserInformation::Account(addresses)
    } else {
        UserInformation::Addresses(addresses)
    }
}
