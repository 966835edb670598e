//! Status codes of Provision (MS-ASPROV, "Status (Provision)" and "Status (Policy)").

use crate::answer::CommonStatus;

/// Of the whole command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ProvisionStatus {
    /// 1
    Success,
    /// 2: malformed, a `PolicyType` is missing.
    ProtocolError,
    /// 3
    ServerError,
    /// 139, 145, 165.
    Common(CommonStatus),
}

impl ProvisionStatus {
    pub(super) fn value(self) -> u16 {
        match self {
            Self::Success => 1,
            Self::ProtocolError => 2,
            Self::ServerError => 3,
            Self::Common(status) => status.value(),
        }
    }
}

/// Of one policy, in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PolicyStatus {
    /// 1
    Success,
    /// 3
    UnknownPolicyType,
    /// 5
    WrongPolicyKey,
}

impl PolicyStatus {
    pub(super) fn value(self) -> u16 {
        match self {
            Self::Success => 1,
            Self::UnknownPolicyType => 3,
            Self::WrongPolicyKey => 5,
        }
    }
}

/// Of one policy, as the client says it in its acknowledgement.
pub(super) mod client {
    /// Applied in part, at least the password.
    pub(in super::super) const PARTIAL: u8 = 2;
    /// Not applied.
    pub(in super::super) const UNAPPLIED: u8 = 3;
    /// Managed by a third party.
    pub(in super::super) const EXTERNAL: u8 = 4;
}
