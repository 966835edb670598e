//! Sealing and verifying the log.

use syncledger_domain::{
    event::{
        Position,
        seal::LogSealed,
        verify::{Broken, SealFault, Verified},
    },
    ports::event_log::EventLog,
};
use syncledger_eventlog_memory::MemoryEventLog;

use super::World;
use crate::{
    create_cos, seal_log,
    verify_log::{self, VerifyError},
};

async fn verify(log: &MemoryEventLog, noted: Option<&LogSealed>) -> Result<Verified, VerifyError> {
    verify_log::run(log, noted, &mut |_| {}).await
}

#[tokio::test]
async fn an_empty_log_needs_no_seal() {
    let world = World::new();
    assert_eq!(seal_log::run(&world.repository, &world.issuer).await.unwrap(), None);
    assert_eq!(verify(&world.log, None).await, Ok(Verified::default()));
}

#[tokio::test]
async fn a_log_is_sealed_when_anything_but_a_seal_was_appended() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let first = seal_log::run(repository, issuer).await.unwrap().unwrap();
    assert_eq!((first.up_to, first.streams), (Position(2), 2));
    assert_eq!(seal_log::run(repository, issuer).await.unwrap(), None);

    create_cos::run(repository, issuer, &"staff".parse().unwrap()).await.unwrap();
    let second = seal_log::run(repository, issuer).await.unwrap().unwrap();
    assert_eq!((second.up_to, second.streams), (Position(4), 4), "the first seal is sealed by the second");
    assert_eq!(seal_log::run(repository, issuer).await.unwrap(), None);

    let verified = verify(&world.log, Some(&first)).await.unwrap();
    let expected = Verified { events: 5, streams: 4, seals: 2, last: Position(5), last_seal: Some(second) };
    assert_eq!(verified, expected);
}

#[tokio::test]
async fn an_event_appended_between_looking_and_sealing_is_left_to_the_next_seal() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    seal_log::run(repository, issuer).await.unwrap().unwrap();
    for name in ["a", "b", "c"] {
        create_cos::run(repository, issuer, &name.parse().unwrap()).await.unwrap();
    }
    let (one, two) = tokio::join!(seal_log::run(repository, issuer), seal_log::run(repository, issuer));
    let sealed = [one.unwrap(), two.unwrap()].into_iter().flatten().count();
    assert!(sealed >= 1);
    assert!(verify(&world.log, None).await.is_ok());
}

#[tokio::test]
async fn a_long_log_is_verified_page_by_page() {
    let world = World::new();
    for n in 0..2500 {
        create_cos::run(&world.repository, &world.issuer, &format!("c{n}").parse().unwrap()).await.unwrap();
    }
    seal_log::run(&world.repository, &world.issuer).await.unwrap();
    let mut steps = Vec::new();
    let verified =
        verify_log::run(&world.log, None, &mut |progress| steps.push((progress.done.0, progress.until.0)))
            .await;
    assert_eq!(verified.unwrap().events, 2501);
    assert_eq!(steps, [(1000, 2501), (2000, 2501), (2501, 2501)]);
}

#[tokio::test]
async fn a_log_whose_end_was_cut_off_does_not_fit_the_seal_noted_before() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    seal_log::run(repository, issuer).await.unwrap();
    create_cos::run(repository, issuer, &"staff".parse().unwrap()).await.unwrap();
    let noted = seal_log::run(repository, issuer).await.unwrap().unwrap();

    let cut = MemoryEventLog::new();
    cut.import(true, world.log.read_all(Position::START, None, 3).await.unwrap()).await.unwrap();
    assert!(verify(&cut, None).await.is_ok(), "by itself the shorter log is whole");
    let fault = SealFault::EndsEarly { last: Position(3) };
    let expected = VerifyError::Broken(Broken::Noted { up_to: Position(4), fault });
    assert_eq!(verify(&cut, Some(&noted)).await, Err(expected));
}

#[tokio::test]
async fn a_log_from_which_a_stream_was_taken_is_named_broken_at_its_seal() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    create_cos::run(repository, issuer, &"staff".parse().unwrap()).await.unwrap();
    create_cos::run(repository, issuer, &"guests".parse().unwrap()).await.unwrap();
    seal_log::run(repository, issuer).await.unwrap().unwrap();

    let mut events = world.log.read_all(Position::START, None, 100).await.unwrap();
    events.retain(|event| event.stream.as_str() != "cos-staff");
    let robbed = MemoryEventLog::new();
    robbed.import(true, events).await.unwrap();
    let fault = SealFault::Streams { sealed: 4, found: 3 };
    let expected = VerifyError::Broken(Broken::Seal { position: Position(5), up_to: Position(4), fault });
    assert_eq!(verify(&robbed, None).await, Err(expected));
}

#[tokio::test]
async fn an_event_that_was_moved_is_missed_where_it_was() {
    let (world, _) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    create_cos::run(repository, issuer, &"staff".parse().unwrap()).await.unwrap();
    seal_log::run(repository, issuer).await.unwrap();
    create_cos::run(repository, issuer, &"guests".parse().unwrap()).await.unwrap();
    let noted = seal_log::run(repository, issuer).await.unwrap().unwrap();
    assert_eq!(noted.up_to, Position(5));

    let mut events = world.log.read_all(Position::START, None, 100).await.unwrap();
    events.swap(1, 2);
    (events[1].position, events[2].position) = (Position(2), Position(3));
    let moved = MemoryEventLog::new();
    moved.import(true, events).await.unwrap();
    let broken = verify(&moved, None).await.unwrap_err();
    let VerifyError::Broken(Broken::Seal { position: Position(4), fault: SealFault::Root { .. }, .. }) =
        broken
    else {
        panic!("{broken}");
    };
}
