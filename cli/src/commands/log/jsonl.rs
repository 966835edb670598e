//! Events as JSON Lines: one object a line, every field of the envelope, the payload in base64. Reading a line gives
//! the event that was written, hashes included.

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use syncledger_domain::event::{CorrelationId, KeyId, Position, RecordedEvent, Revision, Timestamp};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    position: u64,
    stream: String,
    revision: u64,
    event_id: uuid::Uuid,
    #[serde(rename = "type")]
    event_type: String,
    version: u16,
    /// Microseconds since 1970 UTC.
    recorded_at: i64,
    actor: String,
    correlation_id: uuid::Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    payload: String,
    prev_hash: String,
    hash: String,
}

impl From<&RecordedEvent> for Line {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            position: event.position.0,
            stream: event.stream.to_string(),
            revision: event.revision.0,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            version: event.version,
            recorded_at: event.recorded_at.0,
            actor: event.actor.to_string(),
            correlation_id: event.correlation_id.0,
            key_id: event.key_id.as_ref().map(|key| key.0.clone()),
            payload: STANDARD.encode(&event.payload),
            prev_hash: event.prev_hash.to_string(),
            hash: event.hash.to_string(),
        }
    }
}

/// One line, without its end.
pub(super) fn to_line(event: &RecordedEvent) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Line::from(event))?)
}

/// One line for programs that look on: the envelope, and the payload in words.
pub(super) fn with_text(event: &RecordedEvent) -> anyhow::Result<String> {
    let mut object = serde_json::to_value(Line::from(event))?;
    if event.event_type == "account-password-set" {
        object["payload"] = serde_json::Value::Null;
    }
    object["text"] = super::payload_text(event).into();
    object["time"] = event.recorded_at.to_string().into();
    Ok(object.to_string())
}

/// The event of a line.
pub(super) fn from_line(line: &str) -> anyhow::Result<RecordedEvent> {
    let line: Line = serde_json::from_str(line)?;
    Ok(RecordedEvent {
        position: Position(line.position),
        stream: line.stream.parse()?,
        revision: Revision(line.revision),
        event_id: line.event_id,
        event_type: line.event_type,
        version: line.version,
        recorded_at: Timestamp(line.recorded_at),
        actor: line.actor.parse()?,
        correlation_id: CorrelationId(line.correlation_id),
        key_id: line.key_id.map(KeyId),
        payload: STANDARD.decode(&line.payload).context("payload is not base64")?,
        prev_hash: line.prev_hash.parse()?,
        hash: line.hash.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use syncledger_domain::event::{Actor, EventHash, StreamId};

    use super::*;

    #[test]
    fn a_line_read_back_is_the_event_that_was_written() {
        let event = RecordedEvent {
            position: Position(7),
            stream: "device-x-ü".parse::<StreamId>().unwrap(),
            revision: Revision(3),
            event_id: uuid::Uuid::from_u128(5),
            event_type: "device-seen".into(),
            version: 2,
            recorded_at: Timestamp(-1),
            actor: Actor::Admin("a \"b\"\n".into()),
            correlation_id: CorrelationId(uuid::Uuid::from_u128(6)),
            key_id: Some(KeyId("k".into())),
            payload: (0..=255).collect(),
            prev_hash: EventHash([1; 32]),
            hash: EventHash([2; 32]),
        };
        let line = to_line(&event).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(from_line(&line).unwrap(), event);
    }

    #[test]
    fn a_damaged_line_is_refused() {
        assert!(from_line("{}").is_err());
        assert!(from_line("not json").is_err());
    }
}
