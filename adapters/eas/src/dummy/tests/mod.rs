//! Tests of the message and of the port.

mod message;
mod port;

use syncledger_domain::{
    abq_messages::{MessageKind, Resolved, Source},
    event::Timestamp,
    ids::Address,
};

use super::Notice;

const SINCE: Timestamp = Timestamp(1_714_554_753_000_001);

fn resolved(from: &str, subject: &str, plain: &str, html: &str) -> Resolved {
    Resolved {
        kind: MessageKind::Quarantined,
        resolved_from: Source::BuiltIn("en"),
        from: from.to_owned(),
        reply_to: None,
        subject: subject.to_owned(),
        body_plain: plain.to_owned(),
        body_html: html.to_owned(),
        sources: [(); 5].map(|()| Source::Nowhere),
    }
}

fn usual() -> Resolved {
    resolved("help@example.com", "Wait", "Hello {account}\n", "<p>{device_type}</p>")
}

fn alice() -> Address {
    Address::new("alice@example.com").unwrap()
}

fn notice<'a>(message: &'a Resolved, account: &'a Address) -> Notice<'a> {
    Notice {
        message,
        account,
        device_id: "ApplF17",
        device_type: "iPhone",
        user_agent: "Agent/1",
        since: SINCE,
        read: false,
        deleted: false,
    }
}
