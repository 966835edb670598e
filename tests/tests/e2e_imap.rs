//! A node before real mail servers: Dovecot and Exim.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use syncledger_simulator::{Error, Phone};
use syncledger_tests::{
    churn::{self, Arrival, Dice},
    conversation,
    imap_mail::{ImapMail, MailServers},
    mail::{Mail, Message},
    world::{ALICE, BOB, World, assert_in_step, folder, meanwhile, sync_all, until},
};

async fn synchronised(servers: &MailServers) -> (World, ImapMail, Phone) {
    let world = servers.world();
    let mail = servers.mailbox(ALICE);
    for n in 0..8 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().repeat.times = 0;
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    (world, mail, phone)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_conversation() {
    let servers = MailServers::start();
    let world = servers.world();
    let (alice, bob) = (servers.mailbox(ALICE), servers.mailbox(BOB));
    conversation::seed(&alice);
    let mut phone = world.phone(ALICE, "phone1");
    conversation::hold(&mut phone, &alice, &bob).await;
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_uids_replace_the_items_without_doubling_them() {
    let servers = MailServers::start();
    let (world, mail, mut phone) = synchronised(&servers).await;
    mail.set_flags("Inbox", "Message 2", true, true);
    {
        let mut dovecot = servers.dovecot();
        dovecot.stop();
        dovecot.change_uidvalidity(ALICE, "INBOX");
        dovecot.start_again();
    }
    until("the new ids", async || {
        sync_all(&mut phone).await;
        phone.verify_against(mail.stored().into_iter().map(|stored| (stored.folder, stored.subject))).ok()
    })
    .await;
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    assert_eq!(phone.listing().len(), 8);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_down_is_told_by_503_never_by_401() {
    let servers = MailServers::start();
    let (world, mail, mut phone) = synchronised(&servers).await;
    let inbox = folder(&phone, "Inbox");
    servers.dovecot().stop();
    // One that was let in before, and one nobody can let in now.
    let mut stranger = world.phone(BOB, "phone2");
    stranger.config_mut().repeat.times = 0;
    for _ in 0..3 {
        for outcome in [phone.sync_folder(&inbox).await.map(drop), stranger.folder_sync().await.map(drop)] {
            let error = outcome.unwrap_err();
            let asks_for_patience =
                matches!(error, Error::Http { status: 503, retry_after: Some(wait), .. } if !wait.is_zero());
            assert!(asks_for_patience, "{error:?}");
        }
    }
    servers.dovecot().start_again();
    mail.deliver("Inbox", &Message::new("After the break").bytes());
    until("the node to be back", async || phone.sync_folder(&inbox).await.ok()).await;
    until("the stranger to be let in", async || stranger.folder_sync().await.ok()).await;
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_outlives_the_mail_servers_restart() {
    let servers = MailServers::start();
    let (world, mail, mut phone) = synchronised(&servers).await;
    let inbox = folder(&phone, "Inbox");
    let folders = [inbox.clone()];
    let restart = meanwhile(|| {
        let mut dovecot = servers.dovecot();
        dovecot.stop();
        dovecot.start_again();
        drop(dovecot);
        mail.deliver("Inbox", &Message::new("After the restart").bytes());
    });
    let (answer, ()) = tokio::join!(phone.ping_once(Some((600, &folders))), restart);
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.folders), (2, vec![inbox.clone()]));
    until("the message", async || {
        phone.sync_folder(&inbox).await.ok()?;
        (phone.listing().len() == 9).then_some(())
    })
    .await;
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_by_401() {
    let servers = MailServers::start();
    let (world, mail, mut phone) = synchronised(&servers).await;
    let inbox = folder(&phone, "Inbox");
    phone.config_mut().password = "wrong".into();
    let error = phone.sync_folder(&inbox).await.unwrap_err();
    assert_eq!(error.http_status(), Some(401), "{error}");
    phone.config_mut().password = syncledger_tests::world::PASSWORD.into();
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);
    world.finish();
}

/// Outgoing mail waits at the phone while the server for it is down; what it refuses is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_mail_server_does_not_take_stays_with_the_phone() {
    let mut servers = MailServers::start();
    let (world, alice, mut phone) = synchronised(&servers).await;
    let bob = servers.mailbox(BOB);
    let to = |recipient: &str, subject: &str| {
        let message = Message { from: ALICE.to_owned(), to: recipient.to_owned(), ..Message::new(subject) };
        String::from_utf8(message.bytes()).unwrap().replace('\n', "\r\n")
    };
    servers.smtp.stop();
    let mime = to(BOB, "Patience");
    let error = phone.send_mail_as("one", mime.as_bytes(), true).await.unwrap_err();
    assert_eq!(error.http_status(), Some(503), "{error:?}");
    servers.smtp.start_again();
    phone.send_mail_as("one", mime.as_bytes(), true).await.unwrap();
    until("the message", async || (!bob.content("Inbox", "Patience").is_empty()).then_some(())).await;
    assert_eq!(alice.content("Sent", "Patience").len(), 1);

    let refused = to("refused@example.com", "Nobody");
    let error = phone.send_mail_as("two", refused.as_bytes(), true).await.unwrap_err();
    assert!(error.status().is_some_and(|status| [116, 120].contains(&status)), "{error:?}");
    assert_eq!(alice.content("Sent", "Nobody").len(), 0);
    sync_all(&mut phone).await;
    assert_in_step(&phone, &alice);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_kills_under_load_nothing_is_doubled_lost_or_synchronised_anew() {
    let kills = std::env::var("SYNCLEDGER_TEST_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let servers = MailServers::start();
    let mut world = servers.world();
    let (alice, bob) = (servers.mailbox(ALICE), servers.mailbox(BOB));
    alice.make_folder("Projects");
    let stop = Arc::new(AtomicBool::new(false));
    let mut phone = world.phone(ALICE, "phone1");
    churn::make_patient(&mut phone);
    let mine = churn::deliver_for(&alice, "phone1", 20);
    let on_phone = {
        let stop = Arc::clone(&stop);
        tokio::spawn(async move {
            let outcome = churn::by_phone(&mut phone, mine, stop).await;
            (phone, outcome)
        })
    };
    let elsewhere = {
        let (alice, stop) = (alice.clone(), Arc::clone(&stop));
        tokio::task::spawn_blocking(move || {
            churn::by_another_program(&alice, &stop, Duration::from_millis(200))
        })
    };
    let mut dice = Dice::new("killer");
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(500 + dice.below(1500))).await;
        world.kill();
        world.call(&["log", "verify"]).ok();
        world.start();
    }
    stop.store(true, Relaxed);
    let elsewhere = elsewhere.await.unwrap();
    let (mut phone, outcome) = on_phone.await.unwrap();
    println!("rounds: {} {}", elsewhere.rounds, outcome.rounds);
    assert!(outcome.rounds > 3, "the phone hardly did anything");
    churn::assert_nothing_lost_or_doubled(&[elsewhere, outcome], &alice, &bob, Arrival::AtLeastOnce);
    sync_all(&mut phone).await;
    assert_in_step(&phone, &alice);
    world.finish();
}
