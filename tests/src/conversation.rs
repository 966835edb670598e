//! What every phone does with every mail system, step by step, checked against the mailbox after each step. The same
//! for Maildirs and for IMAP, for every protocol version and both forms of the query.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::time::Duration;

use syncledger_simulator::{
    BodyChoice, Phone, Version,
    ascmd::{
        item_operations::Target,
        move_items::{MOVED, Move},
        ping::News,
        send_mail::Sending,
        sync::{SyncRequest, Wait},
    },
    conversation::{self, Plan, Silent},
    store::ClientCommand,
};

use crate::{
    mail::{Mail, Message},
    world::{ALICE, BOB, assert_in_step, assert_unharmed, folder, item, meanwhile, sync_all, until},
};

/// Longest wait for news in these tests; news must come long before.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// What the attachment of [`seed`] holds: every byte there is.
fn attachment() -> Vec<u8> {
    (0..=255_u8).cycle().take(20_000).collect()
}

const LONG: &str = "A long text";
const PRETTY: &str = "Grüße aus Köln";
const ATTACHED: &str = "With an attachment";

/// Fills a mailbox with messages of many kinds.
pub fn seed(mail: &dyn Mail) {
    for n in 0..23 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let line = "A line of a long text, with äöü and €.\n";
    mail.deliver("Inbox", &Message { text: line.repeat(500), ..Message::new(LONG) }.bytes());
    let html = format!("<html><body><p>Schöne <b>Grüße</b></p>{}</body></html>", "<p>Absatz</p>".repeat(500));
    mail.deliver("Inbox", &Message { html: Some(html), ..Message::new(PRETTY) }.bytes());
    let attachment = Some(("all bytes.bin".to_owned(), attachment()));
    mail.deliver("Inbox", &Message { attachment, ..Message::new(ATTACHED) }.bytes());
    mail.set_flags("Inbox", "Message 1", true, false);
    mail.set_flags("Inbox", "Message 2", false, true);
    mail.set_flags("Inbox", "Message 3", true, true);
    mail.make_folder("Projects");
    mail.deliver("Projects", &Message::new("An old plan").bytes());
}

/// All of it.
pub async fn hold(phone: &mut Phone, alice: &dyn Mail, bob: &dyn Mail) {
    phone.config_mut().window_size = 10;
    first_contact(phone, alice).await;
    bodies(phone, alice).await;
    flags_both_ways(phone, alice).await;
    deletions(phone, alice).await;
    moves(phone, alice).await;
    sending(phone, alice, bob).await;
    waiting_by_ping(phone, alice).await;
    waiting_by_sync(phone, alice).await;
    folders(phone, alice).await;
    sync_all(phone).await;
    assert_in_step(phone, alice);
}

/// OPTIONS, policy, folders, everything in them; what was estimated is what came.
pub async fn first_contact(phone: &mut Phone, mail: &dyn Mail) {
    let plan = Plan { toggle_read: true, ..Plan::default() };
    let report = conversation::run(phone, plan, &mut Silent).await;
    assert!(report.is_clean(), "{:?} {:?}", report.errors().collect::<Vec<_>>(), report.anomalies);
    for told in &report.folders {
        assert_eq!(told.estimate.map(u64::from), Some(told.adds), "estimate of {}", told.name);
    }
    assert_eq!(report.items(), mail.stored().len());
    assert!(phone.totals().provisions > 0, "the policy was never asked for");
    assert_ne!(phone.state().policy_key, 0);
    assert_in_step(phone, mail);
}

/// Types 1, 2 and 4, cut and whole, by Sync and by ItemOperations; an attachment's bytes.
pub async fn bodies(phone: &mut Phone, mail: &dyn Mail) {
    let inbox = folder(phone, "Inbox");
    for (kind, subject) in [(1, LONG), (2, PRETTY), (4, LONG)] {
        let size = 500;
        let configured = phone.config().body;
        phone.config_mut().body = Some(BodyChoice { kind, truncation_size: Some(size) });
        phone.restart_collection(&inbox);
        phone.sync_folder(&inbox).await.expect("Sync");
        phone.config_mut().body = configured;

        let id = item(phone, &inbox, subject);
        let items = &phone.state().collections[&inbox].items;
        let body = items[&id].body.clone().unwrap_or_else(|| panic!("type {kind}: no body"));
        assert_eq!(body.kind, u32::from(kind));
        assert!(body.truncated, "type {kind} is not cut");
        // The simulator minds bodies that are too long; one that is cut far too short is no good either.
        assert!(body.bytes.is_some_and(|bytes| bytes > 400), "type {kind}: {:?} bytes", body.bytes);
        assert!(
            body.estimated_size.is_some_and(|whole| whole > 5000),
            "type {kind}: {:?}",
            body.estimated_size
        );

        let wanted = |truncation_size| Target::Item {
            collection: inbox.clone(),
            server_id: id.clone(),
            body: Some(BodyChoice { kind, truncation_size }),
        };
        for (multipart, truncation_size) in [(false, Some(size)), (true, None)] {
            let fetched = phone.fetch(&[wanted(truncation_size)], multipart).await.expect("ItemOperations");
            assert_eq!(fetched[0].status, 1);
            let body = fetched[0].item.clone().and_then(|item| item.body).expect("a body");
            assert_eq!((body.kind, body.truncated), (u32::from(kind), truncation_size.is_some()));
        }
    }
    whole_message(phone, mail, &inbox).await;

    let id = item(phone, &inbox, ATTACHED);
    let told = phone.state().collections[&inbox].items[&id].attachments.clone();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].display_name, "all bytes.bin");
    for multipart in [false, true] {
        let came = phone.fetch_attachment(&told[0].file_reference, multipart).await.expect("ItemOperations");
        assert_eq!(came, attachment());
    }
    assert_in_step(phone, mail);
}

/// A message as MIME is the stored one, but for the ends of lines.
async fn whole_message(phone: &mut Phone, mail: &dyn Mail, inbox: &str) {
    let id = item(phone, inbox, LONG);
    let fetched = phone.fetch_item(inbox, &id).await.expect("ItemOperations");
    let body = fetched.body.expect("a body");
    let came = body.data.expect("the MIME").replace("\r\n", "\n");
    let stored = String::from_utf8_lossy(&mail.content("Inbox", LONG)[0]).replace("\r\n", "\n");
    assert_eq!(came, stored);
    assert!(!body.truncated);
}

/// Read marks and flags, from the phone and from elsewhere.
pub async fn flags_both_ways(phone: &mut Phone, mail: &dyn Mail) {
    let inbox = folder(phone, "Inbox");
    let id = |phone: &Phone, n| item(phone, &inbox, &format!("Message {n}"));
    let changes = [
        ClientCommand::SetRead { server_id: id(phone, 4), read: true },
        ClientCommand::SetFlag { server_id: id(phone, 5), flagged: true },
        ClientCommand::SetRead { server_id: id(phone, 1), read: false },
        ClientCommand::SetFlag { server_id: id(phone, 2), flagged: false },
    ];
    phone.queue(&inbox, changes);
    let run = phone.sync_folder(&inbox).await.expect("Sync");
    assert_eq!((run.adds, run.changes, run.deletes), (0, 0, 0), "the phone's own changes came back");
    let state = |n| {
        let subject = format!("Message {n}");
        let stored = mail.stored().into_iter().find(|stored| stored.subject == subject);
        stored.map(|stored| (stored.read, stored.flagged)).expect("the message is there")
    };
    assert_eq!([4, 5, 1, 2].map(state), [(true, false), (false, true), (false, false), (false, false)]);
    assert_in_step(phone, mail);

    mail.set_flags("Inbox", "Message 6", true, true);
    mail.set_flags("Inbox", "Message 4", false, false);
    until("the flags set elsewhere", async || {
        let run = phone.sync_folder(&inbox).await.expect("Sync");
        assert_eq!((run.adds, run.deletes), (0, 0));
        let items = &phone.state().collections[&inbox].items;
        let there = items.values().find(|item| item.subject.as_deref() == Some("Message 6"));
        there.is_some_and(|item| item.read == Some(true) && item.is_flagged()).then_some(())
    })
    .await;
    phone.sync_folder(&inbox).await.expect("Sync");
    assert_in_step(phone, mail);
}

/// A deletion is a move to the trash; there it is final.
pub async fn deletions(phone: &mut Phone, mail: &dyn Mail) {
    let (inbox, trash) = (folder(phone, "Inbox"), phone.folder_of_type(4).expect("a trash").id.clone());
    let in_trash = |subject: &str| mail.content("Trash", subject).len();
    for subject in ["Message 7", "Message 8"] {
        let server_id = item(phone, &inbox, subject);
        phone.queue(&inbox, [ClientCommand::Delete { server_id }]);
    }
    phone.sync_folder(&inbox).await.expect("Sync");
    assert_eq!((in_trash("Message 7"), in_trash("Message 8")), (1, 1));
    assert!(mail.content("Inbox", "Message 7").is_empty());
    phone.sync_folder(&trash).await.expect("Sync");
    assert_in_step(phone, mail);

    let server_id = item(phone, &trash, "Message 8");
    phone.queue(&trash, [ClientCommand::Delete { server_id }]);
    phone.sync_folder(&trash).await.expect("Sync");
    assert_eq!(in_trash("Message 8"), 0);

    mail.remove("Inbox", "Message 9");
    until("the deletion elsewhere", async || {
        let run = phone.sync_folder(&inbox).await.expect("Sync");
        (run.deletes == 1).then_some(())
    })
    .await;
    assert_in_step(phone, mail);
}

/// MoveItems, and back, and again: where a message keeps its id, that is no repetition.
pub async fn moves(phone: &mut Phone, mail: &dyn Mail) {
    let (inbox, projects) = (folder(phone, "Inbox"), folder(phone, "Projects"));
    let mut from = (inbox.clone(), "Inbox");
    let mut to = (projects.clone(), "Projects");
    for _ in 0..4 {
        let server_id = item(phone, &from.0, "Message 10");
        let wanted = Move { server_id, from_folder: from.0.clone(), to_folder: to.0.clone() };
        let moved = phone.move_items(&[wanted]).await.expect("MoveItems");
        assert_eq!(moved[0].status, MOVED);
        assert_eq!(mail.content(to.1, "Message 10").len(), 1);
        assert!(mail.content(from.1, "Message 10").is_empty());
        // What the phone did itself is no news to it.
        let run = phone.sync_folders(&[&inbox, &projects]).await.expect("Sync");
        assert_eq!(run.changes, 0);
        assert_in_step(phone, mail);
        std::mem::swap(&mut from, &mut to);
    }
    let stale = Move { server_id: format!("{inbox}:no-such-item"), from_folder: inbox, to_folder: projects };
    let refused = phone.move_items(&[stale]).await.expect("MoveItems");
    assert_ne!(refused[0].status, MOVED);
    assert_in_step(phone, mail);
}

/// A message from Alice to Bob, once, with a copy.
pub async fn sending(phone: &mut Phone, alice: &dyn Mail, bob: &dyn Mail) {
    let subject = format!("From {}", phone.config().device_id);
    let message = Message {
        from: ALICE.to_owned(),
        to: BOB.to_owned(),
        text: "Hello Bob,\nthis is from my phone.\n.\nAlice\n".to_owned(),
        ..Message::new(&subject)
    };
    let mime = String::from_utf8_lossy(&message.bytes()).replace('\n', "\r\n");
    let sent = phone.send_mail(mime.as_bytes(), true).await.expect("SendMail");
    assert_eq!(sent, Sending::Sent);
    until("the message to arrive", async || (!bob.content("Inbox", &subject).is_empty()).then_some(())).await;
    for copies in [bob.content("Inbox", &subject), alice.content("Sent", &subject)] {
        assert_eq!(copies.len(), 1);
        let text = String::from_utf8_lossy(&copies[0]).replace("\r\n", "\n");
        assert!(text.contains("this is from my phone.\n.\nAlice"), "{text}");
        assert!(text.contains("alice@example.com") && text.contains("bob@example.com"), "{text}");
    }
    let sent = phone.folder_of_type(5).expect("a folder for sent messages").id.clone();
    phone.sync_folder(&sent).await.expect("Sync");
    assert_in_step(phone, alice);
}

/// A Ping wakes for news, whoever brings it; so does one that only says "again".
pub async fn waiting_by_ping(phone: &mut Phone, mail: &dyn Mail) {
    let (inbox, projects) = (folder(phone, "Inbox"), folder(phone, "Projects"));
    let watched = [inbox.as_str(), projects.as_str()];
    let deliver =
        |subject: &'static str| meanwhile(move || mail.deliver("Inbox", &Message::new(subject).bytes()));
    let (news, ()) = tokio::join!(phone.ping(HEARTBEAT, &watched), deliver("Wakes the Ping"));
    assert_eq!(news.expect("Ping"), News::Folders(vec![inbox.clone()]));
    let run = phone.sync_folder(&inbox).await.expect("Sync");
    assert_eq!(run.adds, 1);

    let (news, ()) = tokio::join!(phone.ping_again(), deliver("Wakes it again"));
    assert_eq!(news.expect("Ping"), News::Folders(vec![inbox.clone()]));
    let run = phone.sync_folder(&inbox).await.expect("Sync");
    assert_eq!(run.adds, 1);
    assert_in_step(phone, mail);
}

/// A Sync that waits, and Syncs that say nothing new.
pub async fn waiting_by_sync(phone: &mut Phone, mail: &dyn Mail) {
    let inbox = folder(phone, "Inbox");
    let version = phone.version().await.expect("a version");
    let wait = if version < Version::V14_0 { Wait::Minutes(1) } else { Wait::Heartbeat(60) };
    let request = SyncRequest::of([inbox.as_str()]).waiting(wait);
    let deliver =
        |subject: &'static str| meanwhile(move || mail.deliver("Inbox", &Message::new(subject).bytes()));
    let (outcome, ()) = tokio::join!(phone.sync_once(&request), deliver("Ends the wait"));
    let outcome = outcome.expect("Sync");
    assert_eq!(outcome.collection(&inbox).map(|collection| collection.added.len()), Some(1));

    // With the same words, but without waiting: nothing new, and the key stays.
    let outcome = phone.sync_once(&SyncRequest::of([inbox.as_str()])).await.expect("Sync");
    assert!(outcome.empty, "{outcome:?}");
    let outcome = phone.sync_empty(None).await.expect("an empty Sync");
    assert!(outcome.empty, "{outcome:?}");
    mail.deliver("Inbox", &Message::new("Comes with an empty request").bytes());
    until("the message by an empty request", async || {
        let outcome = phone.sync_empty(None).await.expect("an empty Sync");
        assert_eq!(outcome.status.unwrap_or(1), 1, "{outcome:?}");
        outcome.collection(&inbox).map(|collection| assert_eq!(collection.added.len(), 1))
    })
    .await;
    assert_in_step(phone, mail);
}

/// The tree from zero keeps the items; a new folder ends a Ping.
pub async fn folders(phone: &mut Phone, mail: &dyn Mail) {
    let inbox = folder(phone, "Inbox");
    let before = phone.state().collections.clone();
    let changes = phone.folder_sync_from_zero().await.expect("FolderSync");
    assert!(changes.is_empty(), "{changes:?}");
    let outcome = phone.sync_once(&SyncRequest::of([inbox.as_str()])).await.expect("Sync");
    assert!(outcome.empty, "{outcome:?}");
    assert_eq!(phone.state().collections, before);

    let watched = [inbox.as_str()];
    let new_folder = meanwhile(|| mail.make_folder("Brand new"));
    let (news, ()) = tokio::join!(phone.ping(HEARTBEAT, &watched), new_folder);
    assert_eq!(news.expect("Ping"), News::Hierarchy);
    let changes = phone.folder_sync().await.expect("FolderSync");
    assert_eq!(changes.added, [folder(phone, "Brand new")]);
    assert_unharmed(phone);
}
