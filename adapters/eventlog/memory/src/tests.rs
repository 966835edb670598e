use uuid::Uuid;

use super::*;
use syncledger_domain::{
    event::{Actor, CorrelationId, NewEvent, Timestamp},
    ports::event_log::Expected,
};

fn one_event() -> Append {
    let event = NewEvent {
        event_id: Uuid::from_u128(1),
        event_type: "made-up".to_owned(),
        version: 1,
        key_id: None,
        payload: vec![],
    };
    Append {
        stream: "s".parse().unwrap(),
        expected: Expected::NoStream,
        events: vec![event],
        recorded_at: Timestamp(1),
        actor: Actor::Device,
        correlation_id: CorrelationId(Uuid::nil()),
    }
}

fn is_unavailable(outcome: &Result<Appended, AppendError>) -> bool {
    matches!(outcome, Err(AppendError::Unavailable(_)))
}

#[tokio::test]
async fn as_many_appends_fail_as_were_asked_to_and_leave_nothing() {
    let log = MemoryEventLog::new();
    log.fail_next_appends(2);
    for _ in 0..2 {
        assert!(is_unavailable(&log.append(one_event()).await));
        assert_eq!(log.head().await, Ok(Position::START));
    }
    log.append(one_event()).await.unwrap();
}

#[tokio::test]
async fn an_append_whose_answer_got_lost_has_happened_and_is_found_by_repeating_it() {
    let log = MemoryEventLog::new();
    log.lose_next_answer();
    assert!(is_unavailable(&log.append(one_event()).await));
    assert_eq!(log.head().await, Ok(Position(1)));
    let appended = log.append(one_event()).await.unwrap();
    assert_eq!(appended, Appended { last_revision: Revision(0), last_position: Position(1) });
    assert_eq!(log.head().await, Ok(Position(1)));
}
