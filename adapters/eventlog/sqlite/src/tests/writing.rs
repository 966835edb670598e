use super::*;

#[tokio::test]
async fn after_a_failure_the_writer_works_again() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    let mut shell = shell(&place.path()).await;
    run(&mut shell, "ALTER TABLE events RENAME TO hidden").await.unwrap();

    let next = append("s", Expected::At(Revision(1)), &[b"three"]);
    let failed = log.append(next.clone()).await;
    assert!(matches!(failed, Err(AppendError::Unavailable(_))), "{failed:?}");
    let failed = log.import(false, vec![]).await;
    assert!(matches!(failed, Err(ImportError::Unavailable(_))), "{failed:?}");

    run(&mut shell, "ALTER TABLE hidden RENAME TO events").await.unwrap();
    assert_eq!(log.append(next).await.unwrap().last_revision, Revision(2));
}

#[tokio::test]
async fn what_could_not_be_written_is_not_remembered_as_written() {
    let place = Place::new();
    let log = place.log().await;
    log.append(first("s")).await.unwrap();
    let mut shell = shell(&place.path()).await;
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    run(&mut shell, full).await.unwrap();

    let next = append("s", Expected::At(Revision(1)), &[b"three"]);
    match log.append(next.clone()).await {
        Err(AppendError::Unavailable(reason)) => assert!(reason.contains("the disk is full"), "{reason}"),
        other => panic!("{other:?}"),
    }
    run(&mut shell, "DROP TRIGGER full").await.unwrap();
    let appended = log.append(next).await.unwrap();
    assert_eq!(appended, Appended { last_revision: Revision(2), last_position: Position(3) });
}

#[tokio::test]
async fn live_readers_of_this_process_are_woken_without_the_poller() {
    let place = Place::new();
    let log = place.log().await;
    let woken = log.live.subscribe();
    assert!(!log.pollers.is_running());
    let appended = log.append(first("s")).await.unwrap();
    assert_eq!(woken.borrow().head, appended.last_position);
    let event = chain::extend(first("t"), None, Position(7)).remove(0);
    log.import(false, vec![event]).await.unwrap();
    assert_eq!(woken.borrow().head, Position(7));
}

#[tokio::test]
async fn an_append_waits_for_another_process_to_finish_writing() {
    let place = Place::new();
    let log = Arc::new(place.log().await);
    let mut other = shell(&place.path()).await;
    let holding = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let append = {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(first("s")).await })
    };
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!append.is_finished());
    holding.rollback().await.unwrap();
    append.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_refused_append_spoils_none_of_those_that_share_its_transaction() {
    let place = Place::new();
    let log = Arc::new(place.log().await);
    log.append(first("s")).await.unwrap();
    // While another process holds the lock everything queues up, and is committed together afterwards.
    let mut other = shell(&place.path()).await;
    let holding = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let third = append("s", Expected::At(Revision(1)), &[b"three"]);
    let queue = |append: Append| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(append).await })
    };
    let lone = queue(first("lone"));
    let good = queue(third.clone());
    let repeated = queue(third.clone());
    let old = queue(first("s"));
    let stale = queue(append("s", Expected::At(Revision(0)), &[b"no"]));
    let early = queue(append("s", Expected::At(Revision(7)), &[b"no"]));
    let fresh = queue(first("t"));
    // On one thread every task runs up to where it waits for its answer.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    holding.rollback().await.unwrap();

    lone.await.unwrap().unwrap();
    let place_of_third = good.await.unwrap().unwrap();
    assert_eq!(place_of_third.last_revision, Revision(2));
    assert_eq!(repeated.await.unwrap(), Ok(place_of_third));
    let place_of_first = Appended { last_revision: Revision(1), last_position: Position(2) };
    assert_eq!(old.await.unwrap(), Ok(place_of_first));
    for refused in [stale, early] {
        match refused.await.unwrap() {
            Err(AppendError::Conflict { actual: Some(Revision(2)), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fresh.await.unwrap().unwrap().last_revision, Revision(1));
    assert_eq!(log.head().await.unwrap(), Position(7));
}

#[tokio::test]
async fn batches_larger_than_one_statement_arrive_whole() {
    let place = Place::new();
    let log = place.log().await;
    let payloads: Vec<Vec<u8>> = (0..2500_u32).map(|n| n.to_le_bytes().repeat(n as usize % 100)).collect();
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    log.append(append("s", Expected::NoStream, &payloads)).await.unwrap();
    let read = log.read_stream(&"s".parse().unwrap(), Revision(0), 9999).await.unwrap();
    assert_eq!(read.iter().map(|event| &event.payload[..]).collect::<Vec<_>>(), payloads);
}
