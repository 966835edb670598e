//! The one log line of a request.

use std::net::IpAddr;

use syncledger_domain::{
    event::CorrelationId,
    ids::{AccountId, DeviceId, ProtocolVersion},
};
use tokio::time::Instant;

use super::{respond::Rendered, verb::Verb};

/// What is known of a request so far. No user name and no address: the account's id stands for them.
pub(super) struct Record {
    pub(super) request_id: CorrelationId,
    pub(super) client: IpAddr,
    pub(super) verb: Option<Verb>,
    pub(super) version: Option<ProtocolVersion>,
    pub(super) account: Option<AccountId>,
    pub(super) device: Option<DeviceId>,
    /// The query line names somebody else than the credentials do.
    pub(super) other_user: bool,
    pub(super) bytes_in: usize,
    pub(super) began: Instant,
    /// Why it was refused.
    pub(super) reason: Option<String>,
}

impl Record {
    pub(super) fn new(request_id: CorrelationId, client: IpAddr) -> Self {
        Self {
            request_id,
            client,
            verb: None,
            version: None,
            account: None,
            device: None,
            other_user: false,
            bytes_in: 0,
            began: Instant::now(),
            reason: None,
        }
    }

    /// Writes the line: a warning where the fault is ours or a backend's, else information.
    pub(super) fn write(&self, rendered: &Rendered) {
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    request.id = %self.request_id,
                    client.address = %self.client,
                    account.id = self.account.map(|id| id.to_string()).as_deref(),
                    device.id = self.device.as_ref().map(DeviceId::as_str),
                    eas.command = self.verb.as_ref().map(ToString::to_string).as_deref(),
                    eas.version = self.version.map(|version| version.to_string()).as_deref(),
                    eas.status = rendered.eas_status,
                    http.status = rendered.response.status().as_u16(),
                    query.other_user = self.other_user.then_some(true),
                    reason = self.reason.as_deref(),
                    bytes.received = self.bytes_in,
                    bytes.sent = rendered.bytes_out,
                    duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
                    $message
                )
            };
        }
        let ours =
            rendered.response.status().is_server_error() || matches!(rendered.eas_status, Some(110 | 111));
        match (&self.reason, ours) {
            (Some(_), true) => line!(warn, "request failed"),
            (Some(_), false) => line!(info, "request refused"),
            (None, _) => line!(info, "request answered"),
        }
    }
}
