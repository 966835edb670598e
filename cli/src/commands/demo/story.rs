//! What the demo shows: a phone that connects, a message that wakes it, a read mark on its way back, and then whatever
//! the reader does to the mailbox.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, bail};
use serde::Serialize;
use syncledger_domain::{
    ids::{Address, ServerId},
    ports::{
        clock::Clock as _,
        mailbox::{FolderRole, MailFlags, MailboxUser, Secret},
    },
};
use syncledger_eas::services::Services;
use syncledger_simulator::{
    Error, Phone,
    ascmd::ping::News,
    conversation::{self, Plan, Report},
    store::{ClientCommand, Collection},
};
use tokio::time::Instant;

use super::{
    mail,
    phones::DemoPhone,
    setup::{ALICE, BOB, PASSWORD},
};
use crate::{
    commands::conversation::{Narrator, counted},
    system::SystemClock,
};

/// How long a waiting phone waits, in seconds.
const HEARTBEAT: Duration = Duration::from_mins(8);
/// How long the demo waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause after a failure, before the phone waits again.
const PAUSE: Duration = Duration::from_secs(5);
/// Type of the Inbox. MS-ASCMD, "Type (`FolderSync`)".
const INBOX: u32 = 2;

/// What the live part came to.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Live {
    /// From Bob's "send" until Alice's waiting phone had its answer.
    pub(super) woken_after_ms: u64,
    /// From then until the message was on the phone.
    pub(super) synced_after_ms: u64,
    pub(super) subject: String,
    /// Whether the mailbox shows the message as read after the phone said so.
    pub(super) read_mark_in_mailbox: bool,
}

/// The whole conversation of the phone.
pub(super) async fn connect(alice: &mut DemoPhone, mut narrator: Narrator) -> anyhow::Result<Report> {
    let report = conversation::run(&mut alice.phone, Plan::default(), &mut narrator).await;
    alice.save()?;
    Ok(report)
}

/// Bob writes, Alice's phone wakes, takes the message and marks it read.
pub(super) async fn live(
    alice: &mut DemoPhone,
    bob: &mut DemoPhone,
    services: &Services,
    narrator: Narrator,
) -> anyhow::Result<Live> {
    // Bob's phone gets its policy before the clock runs.
    bob.phone.provision().await.context("Bob's phone")?;
    bob.save()?;
    narrator.step("Ping", "the phone waits for news in all folders");
    let (sent, woken, news) = wake(&mut alice.phone, &mut bob.phone, services).await?;
    narrator.step("SendMail", format_args!("bob sends alice a message, {} ms", sent.as_millis()));
    let Some(folders) = news else { bail!("the phone waited and heard of no news") };
    narrator.step("Ping", format_args!("the phone is woken {} ms after bob pressed send", woken.as_millis()));

    let start = Instant::now();
    let new = fetch_news(&mut alice.phone, &folders).await?;
    let synced = start.elapsed();
    alice.save()?;
    let Some((folder, server_id, subject)) = new.into_iter().next() else {
        bail!("the phone was woken, but Sync brought nothing")
    };
    narrator
        .step("Sync", format_args!("the message \"{subject}\" is on the phone, {} ms", synced.as_millis()));

    let change = ClientCommand::SetRead { server_id: server_id.clone(), read: true };
    alice.phone.queue(&folder, [change]);
    alice.phone.sync_folder(&folder).await?;
    alice.save()?;
    let read = is_read(services, &server_id).await?;
    let shown =
        if read { "the mailbox shows it as read" } else { "but the mailbox does NOT show it as read" };
    narrator.step("Sync", format_args!("the phone marks it read: {shown}"));
    Ok(Live {
        woken_after_ms: millis(woken),
        synced_after_ms: millis(synced),
        subject,
        read_mark_in_mailbox: read,
    })
}

/// How long sending took, when the phone was woken (both since Bob pressed send), and by what.
async fn wake(
    alice: &mut Phone,
    bob: &mut Phone,
    services: &Services,
) -> anyhow::Result<(Duration, Duration, Option<Vec<String>>)> {
    let before = services.waiting.len();
    let send = Box::pin(async {
        // The message must come while the phone waits, or nothing is shown.
        let waits = async {
            while services.waiting.len() <= before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waits).await.context("the phone's Ping does not wait")?;
        let start = Instant::now();
        bob.send_mail(&message()?, true).await.context("Bob's phone cannot send")?;
        anyhow::Ok((start, start.elapsed()))
    });
    let folders = primed(alice);
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let wait = Box::pin(async {
        let news = alice.ping(HEARTBEAT, &folders).await?;
        anyhow::Ok((news, Instant::now()))
    });
    let both = async { tokio::try_join!(send, wait) };
    let ((start, sent), (news, woken)) =
        tokio::time::timeout(PATIENCE * 2, both).await.context("nothing woke the phone")??;
    let folders = match news {
        News::Folders(folders) => Some(folders),
        News::Nothing | News::Hierarchy => None,
    };
    Ok((sent, woken.saturating_duration_since(start), folders))
}

fn message() -> anyhow::Result<Vec<u8>> {
    let now = SystemClock.now();
    let date = mail::rfc5322(now).context("the clock shows no time a message could have")?;
    let text = format!(
        "Date: {date}\r\nFrom: {BOB}\r\nTo: {ALICE}\r\nMessage-ID: <demo-{}@example.com>\r\nSubject: Are you there?\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis message is on its way to your phone.\r\n",
        now.0
    );
    Ok(text.into_bytes())
}

/// Synchronises these folders: folder, id and subject of everything new.
async fn fetch_news(phone: &mut Phone, folders: &[String]) -> Result<Vec<(String, String, String)>, Error> {
    let mut new = Vec::new();
    for folder in folders {
        let known = items_of(phone, folder);
        phone.sync_folder(folder).await?;
        let items = new_items(phone, folder, &known).into_iter();
        new.extend(items.map(|(id, subject)| (folder.clone(), id, subject)));
    }
    Ok(new)
}

/// Folders the phone can wait for.
fn primed(phone: &Phone) -> Vec<String> {
    let collections = phone.state().collections.iter();
    collections
        .filter(|(_, collection)| Collection::is_primed(collection))
        .map(|(id, _)| id.clone())
        .collect()
}

/// What the mailbox itself says about a message of Alice's Inbox.
async fn is_read(services: &Services, server_id: &str) -> anyhow::Result<bool> {
    let address: Address = ALICE.parse()?;
    let id: ServerId = server_id.parse()?;
    let backend = services.backends.of(&address.domain()).context("example.com has no mail backend")?;
    let mailbox =
        backend.mailboxes.open(&MailboxUser { address }, &Secret(PASSWORD.as_bytes().to_vec())).await?;
    let folders = mailbox.folders().await?;
    let inbox = folders.iter().find(|folder| folder.role == Some(FolderRole::Inbox)).context("no Inbox")?;
    let index = mailbox.index(&inbox.key, None).await?;
    let entry = index.get(&id.item).context("the message has left the Inbox")?;
    Ok(MailFlags::from_fingerprint(entry.fingerprint).read)
}

/// Goes on as a phone does: waits, takes what is new, waits again. Ends only with a wipe.
pub(super) async fn stay_connected(alice: &mut DemoPhone, narrator: Narrator) {
    loop {
        match once(alice, narrator).await {
            Ok(()) => {}
            Err(error @ Error::Wiped { .. }) => {
                narrator.step("phone", format_args!("{error}; it stays silent from now on"));
                return;
            }
            Err(error) => {
                narrator.step("phone", format_args!("{error}; it tries again in {} s", PAUSE.as_secs()));
                tokio::time::sleep(PAUSE).await;
            }
        }
        if let Err(error) = alice.save() {
            narrator.step("phone", format_args!("its memory cannot be kept: {error:#}"));
        }
    }
}

/// One Ping and what follows from it.
async fn once(alice: &mut DemoPhone, narrator: Narrator) -> Result<(), Error> {
    let phone = &mut alice.phone;
    let folders = primed(phone);
    if folders.is_empty() {
        return renew(phone, narrator).await;
    }
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    match phone.ping(HEARTBEAT, &folders).await? {
        News::Nothing => Ok(()),
        News::Hierarchy => renew(phone, narrator).await,
        News::Folders(folders) => {
            for folder in &folders {
                take(phone, folder, narrator).await?;
            }
            Ok(())
        }
    }
}

/// Takes what is new in a folder, and tells of it.
async fn take(phone: &mut Phone, folder: &str, narrator: Narrator) -> Result<(), Error> {
    let restarts = phone.state().resyncs_from_zero;
    let known = items_of(phone, folder);
    let run = phone.sync_folder(folder).await?;
    let name = phone.state().folders.get(folder).map(|folder| phone.path(folder)).unwrap_or_default();
    let start = if phone.state().resyncs_from_zero > restarts { "from the beginning: " } else { "" };
    let new = new_items(phone, folder, &known);
    let subject = match &new[..] {
        [(_, subject)] => format!(" (\"{subject}\")"),
        _ => String::new(),
    };
    narrator.step(
        "Ping → Sync",
        format_args!(
            "{name}: {start}{} new{subject}, {} changed, {} gone",
            run.adds,
            run.changes,
            run.deletes + run.soft_deletes
        ),
    );
    Ok(())
}

fn items_of(phone: &Phone, folder: &str) -> BTreeSet<String> {
    phone.state().items(folder).map(|(id, _)| id.to_owned()).collect()
}

/// Id and subject of what was not known.
fn new_items(phone: &Phone, folder: &str, known: &BTreeSet<String>) -> Vec<(String, String)> {
    let items = phone.state().items(folder).filter(|(id, _)| !known.contains(*id));
    items.map(|(id, item)| (id.to_owned(), item.subject.clone().unwrap_or_default())).collect()
}

/// Learns the folders anew, and starts those the phone does not have.
async fn renew(phone: &mut Phone, narrator: Narrator) -> Result<(), Error> {
    let changes = phone.folder_sync().await?;
    narrator.step(
        "Ping → FolderSync",
        format_args!(
            "{} new, {} renamed, {} gone",
            counted(changes.added.len() as u64, "folder"),
            changes.updated.len(),
            changes.deleted.len()
        ),
    );
    let folders: Vec<String> =
        phone.synchronised_folders().into_iter().map(|folder| folder.id.clone()).collect();
    for folder in &folders {
        phone.sync_folder(folder).await?;
    }
    if folders.is_empty() {
        return Err(Error::UnknownFolder(INBOX.to_string()));
    }
    Ok(())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
