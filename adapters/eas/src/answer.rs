//! How a request ends: an answer of its room, or a failure every room shares.

use bytes::Bytes;
use syncledger_wbxml::Element;

/// What a room answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// 200 with a WBXML document.
    Wbxml(Element),
    /// 200 with an empty body and no Content-Type: "success" of SendMail, "nothing new" of Sync.
    Empty,
    /// 200 with a multipart body (MS-ASCMD, "Delivery of Content Requested by Fetch").
    Multipart(Bytes),
}

/// Ways to fail that are the same for every EAS command.
///
/// From 14.0 on most are HTTP 200 with a Status in the root element of the command; for 12.1 they are HTTP codes
/// (MS-ASCMD, "Common Status Codes"). [`Failure::RetryLater`] is HTTP 503 in every version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A common status.
    #[error("{status}: {reason}")]
    Status {
        /// Which.
        status: CommonStatus,
        /// Why, for the log.
        reason: String,
    },
    /// The device is kept out by its administrators: 403 in every version.
    #[error("forbidden: {reason}")]
    Forbidden {
        /// Why, for the log.
        reason: String,
    },
    /// A backend is down or the log cannot be written: 503 with `Retry-After`, never 401.
    #[error("temporarily unavailable: {reason}")]
    RetryLater {
        /// Why, for the log.
        reason: String,
        /// Seconds.
        after_secs: u32,
    },
}

impl Failure {
    /// A common status with its reason.
    pub fn status(status: CommonStatus, reason: impl Into<String>) -> Self {
        Self::Status { status, reason: reason.into() }
    }

    /// 403 in every version.
    pub fn forbidden(reason: impl Into<String>) -> Self {
        Self::Forbidden { reason: reason.into() }
    }

    /// 503 with the usual delay.
    pub fn retry_later(reason: impl Into<String>) -> Self {
        Self::RetryLater { reason: reason.into(), after_secs: 30 }
    }
}

macro_rules! common_statuses {
    ($($(#[$meta:meta])* $value:literal $variant:ident => $http:literal),+ $(,)?) => {
        /// The Status values every command shares (MS-ASCMD, "Common Status Codes"), with the HTTP code that says the
        /// same to a 12.1 client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CommonStatus { $( $(#[$meta])* $variant, )+ }

        impl CommonStatus {
            /// The number on the wire.
            pub fn value(self) -> u16 {
                match self { $( Self::$variant => $value, )+ }
            }

            /// The HTTP code for versions before 14.0.
            pub fn http_equivalent(self) -> u16 {
                match self { $( Self::$variant => $http, )+ }
            }
        }
    };
}

common_statuses! {
    /// Body missing, or of the wrong type or length.
    101 InvalidContent => 400,
    /// The body cannot be decoded.
    102 InvalidWbxml => 400,
    /// The tree does not fit the command.
    103 InvalidXml => 400,
    /// A date cannot be read.
    104 InvalidDateTime => 400,
    /// Parameters exclude each other.
    105 InvalidCombinationOfIds => 400,
    /// An id has an impossible form.
    106 InvalidIds => 400,
    /// The MIME cannot be read.
    107 InvalidMime => 400,
    /// DeviceId missing or invalid.
    108 DeviceIdMissingOrInvalid => 400,
    /// DeviceType missing or invalid.
    109 DeviceTypeMissingOrInvalid => 400,
    /// Unknown fault; do not retry.
    110 ServerError => 500,
    /// Unknown fault; retry later.
    111 ServerErrorRetryLater => 503,
    /// The mailbox is full.
    113 MailboxQuotaExceeded => 507,
    /// The mail store is down.
    114 MailboxServerOffline => 503,
    /// Over the send quota.
    115 SendQuotaExceeded => 500,
    /// A recipient does not resolve.
    116 MessageRecipientUnresolved => 500,
    /// A reply to this message is forbidden.
    117 MessageReplyNotAllowed => 500,
    /// The ClientId was seen before: the message went out.
    118 MessagePreviouslySent => 200,
    /// No recipient.
    119 MessageHasNoRecipient => 500,
    /// The mail server did not take the message.
    120 MailSubmissionFailed => 500,
    /// The reply could not be built.
    121 MessageReplyFailed => 500,
    /// The message is too large.
    122 AttachmentIsTooLarge => 413,
    /// The account may not use ActiveSync.
    126 UserDisabledForSync => 403,
    /// The device is not allowed.
    129 DeviceIsBlockedForThisUser => 403,
    /// The user may not do that.
    130 AccessDenied => 403,
    /// The account is disabled.
    131 AccountDisabled => 403,
    /// The command is not known.
    137 CommandNotSupported => 501,
    /// The protocol version is not offered to this device.
    138 VersionNotSupported => 400,
    /// The version is too old for the policy, or partial compliance is refused.
    139 DeviceNotFullyProvisionable => 403,
    /// A wipe is pending.
    140 RemoteWipeRequested => 449,
    /// A policy applies and the device never provisions.
    141 LegacyDeviceOnStrictPolicy => 449,
    /// A policy applies and the device has no key.
    142 DeviceNotProvisioned => 449,
    /// The refresh interval is over.
    143 PolicyRefresh => 449,
    /// The policy key is stale.
    144 InvalidPolicyKey => 449,
    /// A third party manages the device, which is not allowed.
    145 ExternallyManagedDevicesNotAllowed => 403,
    /// The class is not known.
    147 UnexpectedItemClass => 501,
    /// The item of SmartReply or SmartForward does not exist.
    150 ItemNotFound => 500,
    /// BodyPartPreference of another type than HTML.
    164 BodyPartPreferenceTypeNotSupported => 400,
    /// Provision without DeviceInformation.
    165 DeviceInformationRequired => 403,
    /// No such AccountId.
    166 InvalidAccountId => 400,
    /// Rights management is not on offer.
    168 IrmFeatureDisabled => 400,
    /// Too many devices.
    177 MaximumDevicesReached => 403,
}

impl std::fmt::Display for CommonStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Status {} ({self:?})", self.value())
    }
}
