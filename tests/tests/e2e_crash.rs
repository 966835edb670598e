//! Restarts, kills and signals: what devices and mailboxes keep.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use syncledger_simulator::{
    Command, Fault, Phone, QueryForm, Version, VersionChoice,
    ascmd::sync::{SyncRequest, Wait},
};
use syncledger_tests::{
    churn::{self, Arrival, Dice, Outcome},
    mail::{Mail, Message},
    world::{ALICE, BOB, World, assert_in_step, folder, sync_all, until},
};

/// What a node promises to need at most to end.
const DRAIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_devices_go_on_where_they_were() {
    let mut world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..20 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().window_size = 5;
    phone.config_mut().repeat.times = 0;
    phone.folder_sync().await.unwrap();
    let inbox = folder(&phone, "Inbox");
    phone.prime(&inbox).await.unwrap();
    phone.sync_once(&SyncRequest::of([inbox.as_str()])).await.unwrap();
    // The second window is lost on its way.
    phone.inject(Some(Command::Sync), Fault::LoseAnswer);
    phone.sync_once(&SyncRequest::of([inbox.as_str()])).await.unwrap_err();
    assert_eq!(phone.state().items(&inbox).count(), 5);

    world.stop();
    world.verify();
    let refused = phone.sync_folder(&inbox).await.unwrap_err();
    assert!(refused.answer_missing(), "{refused}");
    world.start();
    phone.sync_folder(&inbox).await.unwrap();
    assert_in_step(&phone, &mail);

    // What a Ping asked for is remembered, too.
    let (news, ()) = tokio::join!(
        phone.ping_once(Some((600, std::slice::from_ref(&inbox)))),
        syncledger_tests::world::meanwhile(|| mail.deliver("Inbox", &Message::new("First").bytes())),
    );
    assert_eq!(news.unwrap().status, 2);
    sync_all(&mut phone).await;
    world.stop();
    world.start();
    let (news, ()) = tokio::join!(
        phone.ping_once(None),
        syncledger_tests::world::meanwhile(|| mail.deliver("Inbox", &Message::new("Second").bytes())),
    );
    let news = news.unwrap();
    assert_eq!((news.status, news.folders), (2, vec![inbox.clone()]));
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

/// Kills the node again and again while two phones and another program work on one mailbox.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_kills_under_load_nothing_is_doubled_lost_or_synchronised_anew() {
    const KILLS: u32 = 10;
    // More of them, for a long look.
    let kills = std::env::var("SYNCLEDGER_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut world = World::files();
    let (alice, bob) = (world.maildir(ALICE), world.maildir(BOB));
    alice.make_folder("Projects");
    let stop = Arc::new(AtomicBool::new(false));

    let phones = [("phone1", Version::V14_1), ("phone2", Version::V12_1)].map(|(device, version)| {
        let mut phone = world.phone(ALICE, device);
        phone.config_mut().version = VersionChoice::Fixed(version);
        phone.config_mut().window_size = 7;
        if device == "phone2" {
            phone.config_mut().query = QueryForm::Base64;
        }
        churn::make_patient(&mut phone);
        phone
    });
    let on_phones: Vec<_> = phones
        .into_iter()
        .map(|mut phone| {
            let mine = churn::deliver_for(&alice, &phone.config().device_id, 60);
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                let outcome = churn::by_phone(&mut phone, mine, stop).await;
                (phone, outcome)
            })
        })
        .collect();
    let elsewhere = {
        let (alice, stop) = (alice.clone(), Arc::clone(&stop));
        tokio::task::spawn_blocking(move || {
            churn::by_another_program(&alice, &stop, Duration::from_millis(30))
        })
    };

    let mut dice = Dice::new("killer");
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(100 + dice.below(900))).await;
        world.kill();
        world.call(&["log", "verify"]).ok();
        world.start();
    }
    stop.store(true, Relaxed);

    let mut outcomes: Vec<Outcome> = vec![elsewhere.await.unwrap()];
    let mut phones: Vec<Phone> = Vec::new();
    for task in on_phones {
        let (phone, outcome) = task.await.unwrap();
        assert!(outcome.rounds > 3, "the phone hardly did anything");
        outcomes.push(outcome);
        phones.push(phone);
    }
    println!("rounds: {:?}", outcomes.iter().map(|outcome| outcome.rounds).collect::<Vec<_>>());
    churn::assert_nothing_lost_or_doubled(&outcomes, &alice, &bob, Arrival::Once);
    for phone in &mut phones {
        sync_all(phone).await;
        assert_in_step(phone, &alice);
        assert!(phone.totals().repeats > 0, "no kill was ever noticed");
    }
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_answers_everybody_who_waits() {
    let mut world = World::files();
    let mut pinging = world.phone(ALICE, "phone1");
    let mut syncing = world.phone(ALICE, "phone2");
    for phone in [&mut pinging, &mut syncing] {
        phone.config_mut().repeat.times = 0;
        sync_all(phone).await;
    }
    let inbox = folder(&pinging, "Inbox");
    let ping = tokio::spawn({
        let folders = vec![inbox.clone()];
        async move { pinging.ping_once(Some((600, &folders))).await }
    });
    let sync = tokio::spawn(async move {
        let request = SyncRequest::of([inbox.as_str()]).waiting(Wait::Heartbeat(600));
        syncing.sync_once(&request).await
    });
    until("the Ping to be noted", async || {
        let noted = world.query(&["audit", "timeline", ALICE, "--kind", "ping-parameters-changed"]);
        noted.as_array().is_some_and(|events| !events.is_empty()).then_some(())
    })
    .await;
    syncledger_tests::world::meanwhile(|| assert!(!ping.is_finished() && !sync.is_finished())).await;

    let (status, took) = world.terminate();
    assert!(status.success(), "{status}");
    assert!(took < DRAIN, "{took:?}");
    assert_eq!(ping.await.unwrap().unwrap().status, 1);
    let outcome = sync.await.unwrap().unwrap();
    assert!(outcome.empty, "{outcome:?}");
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_right_after_the_start_is_an_orderly_one() {
    let mut world = World::files();
    for _ in 0..10 {
        world.stop();
        world.start();
    }
    world.finish();
}
