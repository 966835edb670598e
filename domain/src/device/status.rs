//! The state of a device as one number, as administrators' tools have always shown it.

use super::{Barrier, Device, Wipe, WipeProgress};
use crate::event::EventHash;

/// State of a device. The numbers are those of tools that read lists of devices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// 0: it must provision before it goes on.
    MustProvision,
    /// 1: it may synchronise.
    Ok,
    /// 2: it is suspended.
    Suspended,
    /// 3: it is to erase itself.
    WipeRequested,
    /// 4: it has erased itself.
    WipeDone,
    /// 5: it is to erase the account's data.
    AccountWipeRequested,
    /// 6: it has erased the account's data.
    AccountWipeDone,
}

impl Status {
    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::MustProvision => 0,
            Self::Ok => 1,
            Self::Suspended => 2,
            Self::WipeRequested => 3,
            Self::WipeDone => 4,
            Self::AccountWipeRequested => 5,
            Self::AccountWipeDone => 6,
        }
    }
}

/// The state of a device that must have acknowledged the policy of this digest; `None` where no policy is required. A
/// device that never provisions is not waited for.
pub fn status(device: &Device, required: Option<&EventHash>) -> Status {
    if let Some(wipe) = device.wipe {
        return match wipe {
            Wipe { account_only: false, progress: WipeProgress::Done } => Status::WipeDone,
            Wipe { account_only: true, progress: WipeProgress::Done } => Status::AccountWipeDone,
            Wipe { account_only: false, .. } => Status::WipeRequested,
            Wipe { account_only: true, .. } => Status::AccountWipeRequested,
        };
    }
    if device.barrier() == Some(Barrier::Suspended) {
        return Status::Suspended;
    }
    let acknowledged =
        |required: &EventHash| device.policy.as_ref().is_some_and(|policy| policy.digest == *required);
    match required {
        Some(required) if device.provisionable && !acknowledged(required) => Status::MustProvision,
        _ => Status::Ok,
    }
}
