//! WBXML tree → [`ProvisionRequest`].

use syncledger_domain::device::DeviceInfo;
use syncledger_wbxml::{
    Element,
    pages::{
        provision::{
            ACCOUNT_ONLY_REMOTE_WIPE, POLICIES, POLICY, POLICY_KEY, POLICY_TYPE, REMOTE_WIPE, STATUS,
        },
        settings::DEVICE_INFORMATION,
    },
};

use crate::ascmd::settings::device_information::{self, InfoDefect};

/// What a device wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProvisionRequest {
    pub(super) info: Option<DeviceInfo>,
    pub(super) policy: PolicyPart,
    /// What it says of the order to erase itself.
    pub(super) wipe: Option<WipeAnswer>,
}

/// A device's answer to the order to erase itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct WipeAnswer {
    /// Which of the two orders it answers.
    pub(super) account_only: bool,
    /// [`Self::DONE`], or it could not.
    pub(super) status: u8,
}

impl WipeAnswer {
    /// The device has erased itself, or begins to.
    pub(super) const DONE: u8 = 1;
}

/// What it says about the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PolicyPart {
    /// Nothing: it asks whether it is to erase itself, or says that it has.
    Absent,
    /// Phase 1.
    Download { policy_type: String },
    /// Phase 2.
    Acknowledge {
        policy_type: String,
        /// As it stands in the body; the header often holds another one.
        key: u32,
        status: u8,
    },
}

/// What is wrong with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Defect {
    #[error("Policies without Policy")]
    NoPolicy,
    #[error("Policy without PolicyType")]
    NoPolicyType,
    #[error("PolicyKey is not a number, or stands without Status, or Status without PolicyKey")]
    Acknowledgement,
    #[error(transparent)]
    Info(#[from] InfoDefect),
    #[error("acknowledged wipe without a Status that is a number")]
    Wipe,
}

impl ProvisionRequest {
    pub(super) fn read(document: &Element) -> Result<Self, Defect> {
        let info = document.child(DEVICE_INFORMATION).map(device_information::read).transpose()?;
        let policy = match document.child(POLICIES) {
            None => PolicyPart::Absent,
            Some(policies) => read_policy(policies.child(POLICY).ok_or(Defect::NoPolicy)?)?,
        };
        let wipe = [(REMOTE_WIPE, false), (ACCOUNT_ONLY_REMOTE_WIPE, true)]
            .into_iter()
            .find_map(|(tag, account_only)| document.child(tag).map(|wipe| read_wipe(wipe, account_only)));
        Ok(Self { info, policy, wipe: wipe.transpose()? })
    }
}

fn read_wipe(wipe: &Element, account_only: bool) -> Result<WipeAnswer, Defect> {
    let status = wipe.child(STATUS).and_then(Element::text_content);
    let status = status.and_then(|text| text.trim().parse().ok()).ok_or(Defect::Wipe)?;
    Ok(WipeAnswer { account_only, status })
}

fn read_policy(policy: &Element) -> Result<PolicyPart, Defect> {
    let text =
        |tag| policy.child(tag).and_then(|child| child.text_content().map(|text| text.trim().to_owned()));
    let policy_type = text(POLICY_TYPE).filter(|text| !text.is_empty()).ok_or(Defect::NoPolicyType)?;
    match (text(POLICY_KEY), text(STATUS)) {
        (None, None) => Ok(PolicyPart::Download { policy_type }),
        // Old clients repeat an empty or zero key while they ask for the policy.
        (Some(key), None) if key.is_empty() || key == "0" => Ok(PolicyPart::Download { policy_type }),
        (Some(key), Some(status)) => {
            let key = key.parse().map_err(|_| Defect::Acknowledgement)?;
            let status = status.parse().map_err(|_| Defect::Acknowledgement)?;
            Ok(PolicyPart::Acknowledge { policy_type, key, status })
        }
        _ => Err(Defect::Acknowledgement),
    }
}
