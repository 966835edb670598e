//! Status codes of Settings (MS-ASCMD, "Status (Settings)").

use crate::answer::CommonStatus;

/// Of one property. 1 and 2 are also those of the whole command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PropertyStatus {
    /// 1
    Success,
    /// 2: malformed.
    ProtocolError,
    /// 3
    AccessDenied,
    /// 4
    ServerUnavailable,
    /// 5: a value is out of its range.
    InvalidArguments,
    /// 6: values contradict each other.
    ConflictingArguments,
    /// 7
    DeniedByPolicy,
    /// 168
    Common(CommonStatus),
}

impl PropertyStatus {
    pub(super) fn value(self) -> u16 {
        match self {
            Self::Success => 1,
            Self::ProtocolError => 2,
            Self::AccessDenied => 3,
            Self::ServerUnavailable => 4,
            Self::InvalidArguments => 5,
            Self::ConflictingArguments => 6,
            Self::DeniedByPolicy => 7,
            Self::Common(status) => status.value(),
        }
    }
}
