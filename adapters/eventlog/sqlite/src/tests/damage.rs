use super::*;

#[tokio::test]
async fn a_database_shell_cannot_change_or_delete_events_by_accident() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    let mut shell = shell(&place.path()).await;
    for accident in [
        "UPDATE events SET payload = x''",
        "DELETE FROM events",
        "DELETE FROM streams",
        "UPDATE streams SET name = 'x'",
    ] {
        let refused = run(&mut shell, accident).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{accident}: {refused}");
    }
    assert_eq!(log.read_all(Position::START, None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_field_nobody_wrote_is_damage_at_a_position() {
    for damage in [
        "UPDATE events SET actor = 'nobody' WHERE position = 2",
        "UPDATE events SET version = 65536 WHERE position = 2",
        "UPDATE events SET version = -1 WHERE position = 2",
    ] {
        let place = Place::new();
        let log = place.log().await;
        log.append(first("s")).await.unwrap();
        tamper(&place, damage).await;
        match log.read_all(Position::START, None, 9).await {
            Err(ReadError::Damaged { position: Position(2), .. }) => {}
            other => panic!("{damage}: {other:?}"),
        }
        assert!(log.read_all(Position::START, None, 1).await.is_ok(), "{damage}");
    }
}

#[tokio::test]
async fn changed_content_is_read_as_it_is_and_shows_in_the_chain() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    tamper(&place, "UPDATE events SET payload = x'00' WHERE position = 1").await;
    let events = log.read_all(Position::START, None, 9).await.unwrap();
    assert_eq!(events[0].payload, [0]);
    assert_ne!(events[0].computed_hash(), events[0].hash);
    assert_eq!(events[1].computed_hash(), events[1].hash);
}

#[tokio::test]
async fn an_event_cut_off_the_end_shows_in_the_heads() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    log.append(first("t")).await.unwrap();
    tamper(&place, "DELETE FROM events WHERE position = 2").await;
    let heads = log.stream_heads(Position(u64::MAX)).await.unwrap();
    assert_eq!((heads[0].revision, heads[1].revision), (Revision(0), Revision(1)));
}
