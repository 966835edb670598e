//! How a node carries load, with phones that are real clients and the program itself: `tests/bench`, or, where the
//! program is built already, `cargo bench -p syncledger-tests --bench load`.
//!
//! * initial sync of a large Inbox, from Maildirs and from Dovecot, in windows of 512 with bodies cut at 2 KiB;
//! * Syncs that find nothing new, by eight phones at once, on both;
//! * held Pings: memory for each, and how long until one message has woken all of them;
//! * replay: the views rebuilt from the log.
//!
//! Appends and replay of the bare log are in the other bench, `event_log`. Sizes are set by `SYNCLEDGER_LOAD_MESSAGES`
//! and `SYNCLEDGER_LOAD_PINGS`. Nothing here is asserted but that all phones get what they should.

#![expect(clippy::cast_precision_loss, reason = "figures for people, who read three digits")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing better to do than to panic")]

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use syncledger_simulator::{BodyChoice, Phone};
use syncledger_tests::{
    imap_mail::MailServers,
    mail::{Mail, Message},
    world::{ALICE, PASSWORD, World, folder},
};
use tokio::task::JoinSet;

/// Phones that ask at the same time.
const PHONES: usize = 8;
/// How long they ask.
const ASKING: Duration = Duration::from_secs(5);
/// Phones that introduce themselves at the same time.
const AT_ONCE: usize = 32;

fn size(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// One line of the table.
fn row(what: &str, result: &str, details: &str) {
    println!("{what:<34} {result:>22}   {details}");
}

fn message(n: usize) -> Vec<u8> {
    let text = "A line of some text as people write it, and nothing more to it.\n".repeat(5 + n % 30);
    Message { text, ..Message::new(format!("Message {n}")) }.bytes()
}

fn phone(world: &World, device: &str) -> Phone {
    let mut phone = world.phone(ALICE, device);
    let config = phone.config_mut();
    config.window_size = 512;
    config.body = Some(BodyChoice { kind: 1, truncation_size: Some(2048) });
    config.timeouts.answer = Duration::from_mins(5);
    phone
}

async fn initial_sync(what: &str, world: &mut World, messages: usize) {
    let mut phone = phone(world, "initial");
    phone.folder_sync().await.unwrap();
    let inbox = folder(&phone, "Inbox");
    let since = Instant::now();
    let run = phone.sync_folder(&inbox).await.unwrap();
    let took = since.elapsed().as_secs_f64();
    assert_eq!(phone.state().items(&inbox).count(), messages);
    let peak = world.node().memory().peak >> 10;
    row(
        &format!("initial sync, {what}"),
        &format!("{:.0} messages/s", messages as f64 / took),
        &format!(
            "{messages} in {took:.1} s, {} requests, {:.0} kB received, node's peak {peak} MiB",
            run.requests,
            run.bytes_in as f64 / 1e3
        ),
    );
}

async fn no_change(what: &str, world: &World) {
    let mut phones = Vec::new();
    for n in 0..PHONES {
        let mut phone = phone(world, &format!("idle{n}"));
        phone.folder_sync().await.unwrap();
        let inbox = folder(&phone, "Inbox");
        phone.sync_folder(&inbox).await.unwrap();
        phones.push((phone, inbox));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    let since = Instant::now();
    for (mut phone, inbox) in phones {
        let stop = Arc::clone(&stop);
        tasks.spawn(async move {
            let (mut count, mut slowest) = (0_u32, Duration::ZERO);
            while !stop.load(Relaxed) {
                let asked = Instant::now();
                let run = phone.sync_folder(&inbox).await.unwrap();
                assert_eq!(run.adds + run.changes + run.deletes, 0);
                slowest = slowest.max(asked.elapsed());
                count += run.requests;
            }
            (count, slowest)
        });
    }
    tokio::time::sleep(ASKING).await;
    stop.store(true, Relaxed);
    let results = tasks.join_all().await;
    let took = since.elapsed().as_secs_f64();
    let count: u32 = results.iter().map(|(count, _)| count).sum();
    let slowest = results.iter().map(|(_, slowest)| *slowest).max().unwrap();
    row(
        &format!("Sync without news, {what}"),
        &format!("{:.0} requests/s", f64::from(count) / took),
        &format!("{PHONES} phones at once, slowest answer {} ms", slowest.as_millis()),
    );
}

async fn held_pings(pings: usize) {
    // A socket each, here and there.
    let files = format!("--nofile={}", 2 * pings + 1000);
    let own = std::process::id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &own, &files]).status();
    if !raised.is_ok_and(|status| status.success()) {
        row("held Pings", "left out", "the limit of open files cannot be raised so far");
        return;
    }
    let mut world = World::files();
    world.call(&["config", "set", "policyRequired=false", "maxDevicesPerAccount=10000"]).ok();
    let mail = world.maildir(ALICE);
    mail.deliver("Inbox", &message(0));
    let fresh = world.node().memory().resident;

    let mut introducing = JoinSet::new();
    let mut phones = Vec::new();
    for n in 0..pings {
        if introducing.len() == AT_ONCE {
            phones.push(introducing.join_next().await.unwrap().unwrap());
        }
        let mut phone = phone(&world, &format!("held{n}"));
        introducing.spawn(async move {
            phone.folder_sync().await.unwrap();
            let inbox = folder(&phone, "Inbox");
            phone.sync_folder(&inbox).await.unwrap();
            (phone, inbox)
        });
    }
    phones.extend(introducing.join_all().await);
    let known = world.node().memory().resident;

    let mut waiting = JoinSet::new();
    for (mut phone, inbox) in phones {
        waiting.spawn(async move {
            let answer = phone.ping_once(Some((1800, &[inbox]))).await.unwrap();
            (answer.status, Instant::now())
        });
    }
    // Until nothing moves any more.
    let mut held = 0;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = world.node().memory().resident;
        if now == held {
            break;
        }
        held = now;
    }
    assert_eq!(waiting.len(), pings);
    let each = |from: u64, to: u64| (to as f64 - from as f64) / pings as f64;
    row(
        "held Pings, memory for each",
        &format!("{:.1} KiB", each(known, held)),
        &format!(
            "{pings} Pings; {:.1} KiB for each device and its connection; {} MiB in all",
            each(fresh, known),
            held >> 10
        ),
    );
    let delivered = Instant::now();
    mail.deliver("Inbox", &message(1));
    let mut last = delivered;
    while let Some(answer) = waiting.join_next().await {
        let (status, at) = answer.unwrap();
        assert_eq!(status, 2);
        last = last.max(at);
    }
    row("held Pings, all woken within", &format!("{} ms", (last - delivered).as_millis()), "by one message");
    replay(&mut world);
    world.finish();
}

fn replay(world: &mut World) {
    world.stop();
    let events = world.query(&["log", "stats"])["events"].as_u64().unwrap();
    let since = Instant::now();
    world.call(&["views", "rebuild"]).ok();
    let took = since.elapsed().as_secs_f64();
    row(
        "replay into all views",
        &format!("{:.0} events/s", events as f64 / took),
        &format!("{events} events in {took:.1} s"),
    );
}

async fn on_files(messages: usize) {
    let mut world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..messages {
        mail.deliver("Inbox", &message(n));
    }
    initial_sync("Maildirs", &mut world, messages).await;
    no_change("Maildirs", &world).await;
    world.finish();
}

async fn on_dovecot(messages: usize) {
    let servers = MailServers::start();
    let mut session = servers.dovecot().session(ALICE, PASSWORD);
    for n in 0..messages {
        session.append("INBOX", "", &message(n));
    }
    let mut world = servers.world();
    initial_sync("Dovecot", &mut world, messages).await;
    no_change("Dovecot", &world).await;
    world.finish();
}

#[tokio::main]
async fn main() {
    let (messages, pings) = (size("SYNCLEDGER_LOAD_MESSAGES", 10_000), size("SYNCLEDGER_LOAD_PINGS", 2000));
    println!("program: {}", syncledger_tests::binary::program().display());
    on_files(messages).await;
    on_dovecot(messages).await;
    held_pings(pings).await;
}
