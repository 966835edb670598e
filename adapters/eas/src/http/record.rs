//! What is known of a request: in the span around everything it does, so that each of its lines tells whose it is, and
//! in the one line at its end.

use std::net::IpAddr;

use syncledger_domain::{
    event::CorrelationId,
    ids::{AccountId, DeviceId, ProtocolVersion},
};
use tokio::time::Instant;
use tracing::{
    Span,
    field::{Empty, display},
};

use super::{hear::Heard, respond::Rendered, verb::Verb};

/// The span around a request. It is of the severest level so that a filter that lets a line through never leaves its
/// request out.
pub(super) fn span(request_id: CorrelationId) -> Span {
    tracing::error_span!(
        "request",
        request.id = %request_id,
        account.id = Empty,
        device.id = Empty,
        eas.command = Empty,
    )
}

/// What is known of a request so far. No user name and no address: the account's id stands for them.
pub(super) struct Record {
    pub(super) request_id: CorrelationId,
    /// Around the request.
    pub(super) span: Span,
    pub(super) client: IpAddr,
    pub(super) verb: Option<Verb>,
    pub(super) version: Option<ProtocolVersion>,
    account: Option<AccountId>,
    device: Option<DeviceId>,
    /// The query line names somebody else than the credentials do.
    pub(super) other_user: bool,
    pub(super) bytes_in: usize,
    pub(super) began: Instant,
    /// Why it was refused.
    pub(super) reason: Option<String>,
    /// For the loggers of its account.
    pub(super) heard: Heard,
}

impl Record {
    pub(super) fn new(request_id: CorrelationId, span: Span, client: IpAddr) -> Self {
        Self {
            request_id,
            span,
            client,
            verb: None,
            version: None,
            account: None,
            device: None,
            other_user: false,
            bytes_in: 0,
            began: Instant::now(),
            reason: None,
            heard: Heard::default(),
        }
    }

    /// Takes note of what the query line asks for.
    pub(super) fn asks(&mut self, verb: Option<&Verb>, device: Option<&DeviceId>) {
        if let Some(verb) = verb {
            self.span.record("eas.command", display(verb));
        }
        if let Some(device) = device {
            self.span.record("device.id", display(device));
        }
        (self.verb, self.device) = (verb.cloned(), device.cloned());
    }

    /// Takes note of who asks.
    pub(super) fn is_by(&mut self, account: AccountId) {
        self.span.record("account.id", display(account));
        self.account = Some(account);
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Name of the command, where one is named.
    pub(super) fn command(&self) -> Option<String> {
        self.verb.as_ref().map(ToString::to_string)
    }

    pub(super) fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }

    /// Writes the line: a warning where the fault is ours or a backend's, else information. Outside the span, whose
    /// fields it has itself.
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
