//! The IMAP mailbox on a real Dovecot: what the contract of all mailboxes does not speak of. Where no real server can
//! be made to misbehave, a scripted one does.

#![expect(clippy::unwrap_used, reason = "a broken promise panics: these are tests")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::TryStreamExt;
use syncledger_domain::{
    ids::{Address, ItemId},
    ports::mailbox::{
        BackendKey, Changed, FetchPart, Fetched, FolderRole, Mailbox, MailboxError, MailboxUser, Mailboxes,
        Secret,
    },
};
use syncledger_mailbox_imap::{ConfigError, ImapConfig, ImapMailboxes, LoginName, Tls};
use syncledger_tests::{
    contract::{
        event_log::within_patience,
        mailbox::{
            Dice, Sample,
            imap_world::{Numbers, impatient},
        },
    },
    servers::{Certificates, Dovecot, DovecotOptions, Folders, free_port},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

const ALICE: &str = "alice@example.com";

fn alice() -> MailboxUser {
    MailboxUser { address: Address::new(ALICE).unwrap() }
}

fn secret(text: &str) -> Secret {
    Secret(text.as_bytes().to_vec())
}

fn inbox() -> BackendKey {
    BackendKey("INBOX".to_owned())
}

fn dovecot() -> Dovecot {
    Dovecot::start(&[(ALICE, "secret")])
}

fn plain(dovecot: &Dovecot) -> ImapConfig {
    ImapConfig::new("127.0.0.1", dovecot.imap_port(), Tls::Loopback)
}

fn mailboxes(config: ImapConfig) -> ImapMailboxes {
    ImapMailboxes::new(config, Arc::new(Numbers::default())).unwrap()
}

async fn open(config: ImapConfig) -> Result<Arc<dyn Mailbox>, MailboxError> {
    mailboxes(config).open(&alice(), &secret("secret")).await
}

fn is_unavailable<T>(answer: &Result<T, MailboxError>) -> bool {
    matches!(answer, Err(MailboxError::Unavailable(_)))
}

async fn fetch(mailbox: &dyn Mailbox, folder: &BackendKey, ids: &[ItemId], part: FetchPart) -> Vec<Fetched> {
    mailbox.fetch(folder, ids, part).await.unwrap().try_collect().await.unwrap()
}

#[tokio::test]
async fn the_server_decides_who_may_open() {
    let mut dovecot = dovecot();
    let mailboxes = mailboxes(ImapConfig { trust: Duration::ZERO, ..plain(&dovecot) });
    assert!(mailboxes.checks_secrets());
    mailboxes.open(&alice(), &secret("secret")).await.unwrap();
    for wrong in ["", "Secret", "secret ", "sec\"ret\\", "süß", "a\r\nb LOGOUT", "nul\0"] {
        let refused = mailboxes.open(&alice(), &secret(wrong)).await.map(drop);
        assert_eq!(refused, Err(MailboxError::Unauthenticated), "{wrong:?}");
    }
    let nobody = MailboxUser { address: Address::new("nobody@example.com").unwrap() };
    let refused = mailboxes.open(&nobody, &secret("secret")).await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unauthenticated));

    dovecot.stop();
    assert!(is_unavailable(&mailboxes.open(&alice(), &secret("secret")).await));
    assert!(
        is_unavailable(&mailboxes.open(&alice(), &secret("wrong")).await),
        "nobody can know that it is wrong"
    );
    dovecot.start_again();
    mailboxes.open(&alice(), &secret("secret")).await.unwrap();
}

#[tokio::test]
async fn passwords_of_any_bytes_and_short_names_log_in() {
    let dovecot = Dovecot::start(&[("alice", "p\"ä\\s{3}")]);
    let config = ImapConfig { login_name: LoginName::LocalPart, ..plain(&dovecot) };
    mailboxes(config.clone()).open(&alice(), &secret("p\"ä\\s{3}")).await.unwrap();
    let bare = DovecotOptions { capability: Some("IMAP4rev1"), ..DovecotOptions::default() };
    let dovecot = Dovecot::start_with(&[("alice", "p\"ä\\s{3}")], &bare);
    let config = ImapConfig { port: dovecot.imap_port(), ..config };
    mailboxes(config).open(&alice(), &secret("p\"ä\\s{3}")).await.unwrap();
}

#[tokio::test]
async fn an_accepted_secret_is_believed_for_a_while_and_a_changed_one_is_not_for_ever() {
    let mut dovecot = dovecot();
    let trusting = mailboxes(plain(&dovecot));
    let asking = mailboxes(ImapConfig { trust: Duration::ZERO, ..plain(&dovecot) });
    for mailboxes in [&trusting, &asking] {
        mailboxes.open(&alice(), &secret("secret")).await.unwrap();
    }
    dovecot.set_users(&[(ALICE, "changed")]);
    // Dovecot reads its users anew when the file's second changes; a restart makes sure.
    dovecot.stop();
    dovecot.start_again();
    trusting.open(&alice(), &secret("secret")).await.unwrap();
    let refused = asking.open(&alice(), &secret("secret")).await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unauthenticated));
    asking.open(&alice(), &secret("changed")).await.unwrap();
}

/// Who changes a password wants the old one to open nothing, from the moment the server says so.
#[tokio::test]
async fn a_secret_the_server_refuses_opens_nothing_it_opened_before() {
    let dovecot = dovecot();
    let trusting = mailboxes(plain(&dovecot));
    let mailbox = trusting.open(&alice(), &secret("secret")).await.unwrap();
    mailbox.folders().await.unwrap();
    dovecot.set_users(&[(ALICE, "changed")]);
    let asking = mailboxes(ImapConfig { trust: Duration::ZERO, ..plain(&dovecot) });
    within_patience("the new password", async {
        while asking.open(&alice(), &secret("changed")).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    // The old connection still works, and the secret is believed: nobody has asked the server.
    mailbox.folders().await.unwrap();
    trusting.open(&alice(), &secret("secret")).await.unwrap();
    // A watch needs a connection of its own: now the server says no.
    let refused = mailbox.watch(&[inbox()]).await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unauthenticated));
    let refused = mailbox.folders().await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unauthenticated), "the old connection is not used");
    let refused = trusting.open(&alice(), &secret("secret")).await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unauthenticated));
}

/// Without trust every opening logs in anew; the connections do not pile up.
#[tokio::test]
async fn asking_every_time_keeps_to_the_number_of_connections() {
    let dovecot = dovecot();
    let most = 2;
    let config = ImapConfig { trust: Duration::ZERO, connections_per_account: most, ..plain(&dovecot) };
    let asking = mailboxes(config);
    for _ in 0..10 {
        asking.open(&alice(), &secret("secret")).await.unwrap().folders().await.unwrap();
    }
    within_patience("the surplus to be closed", async {
        while dovecot.connections(ALICE) > most {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn devices_share_connections_and_a_wrong_secret_gets_none() {
    let dovecot = dovecot();
    let mailboxes = mailboxes(plain(&dovecot));
    let mut devices = Vec::new();
    for _ in 0..10 {
        let mailbox = mailboxes.open(&alice(), &secret("secret")).await.unwrap();
        mailbox.folders().await.unwrap();
        let watch = mailbox.watch(&[inbox()]).await.unwrap();
        devices.push((mailbox, watch));
    }
    // One for commands, one that watches.
    assert_eq!(dovecot.connections(ALICE), 2);
    assert!(mailboxes.open(&alice(), &secret("wrong")).await.is_err());
    assert_eq!(dovecot.connections(ALICE), 2);

    let busy = devices.iter().map(|(mailbox, _)| async { mailbox.index(&inbox(), None).await.map(drop) });
    futures_util::future::try_join_all(busy).await.unwrap();
    let limit = 4 + 1;
    assert!(dovecot.connections(ALICE) <= limit, "at most four for commands and one that watches");
}

#[tokio::test]
async fn unused_connections_are_closed() {
    let dovecot = dovecot();
    let mailboxes = mailboxes(ImapConfig { linger: Duration::from_millis(200), ..plain(&dovecot) });
    let mailbox = mailboxes.open(&alice(), &secret("secret")).await.unwrap();
    mailbox.folders().await.unwrap();
    within_patience("the connection to be closed", async {
        while dovecot.connections(ALICE) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    mailbox.folders().await.unwrap();
}

#[tokio::test]
async fn a_server_without_room_is_unavailable() {
    let options = DovecotOptions { connections_per_user: Some(1), ..DovecotOptions::default() };
    let dovecot = Dovecot::start_with(&[(ALICE, "secret")], &options);
    let mailbox = open(plain(&dovecot)).await.unwrap();
    // The one connection is for commands: none is left to watch with.
    assert!(is_unavailable(&mailbox.watch(&[inbox()]).await));
    mailbox.folders().await.unwrap();
}

#[tokio::test]
async fn tls_of_both_kinds_needs_a_root_we_trust() {
    let dovecot = dovecot();
    for (port, tls) in [(dovecot.imaps_port(), Tls::Implicit), (dovecot.imap_port(), Tls::StartTls)] {
        for host in ["127.0.0.1", "localhost"] {
            let trusted = ImapConfig {
                extra_roots: vec![dovecot.root_certificate().to_owned()],
                ..ImapConfig::new(host, port, tls)
            };
            open(trusted).await.unwrap().folders().await.unwrap();
        }
        let strange = Certificates::generate().root;
        for extra_roots in [vec![], vec![strange]] {
            let config = ImapConfig { extra_roots, ..ImapConfig::new("127.0.0.1", port, tls) };
            let Err(MailboxError::Unavailable(reason)) = open(config).await.map(drop) else {
                panic!("{tls:?}")
            };
            assert!(reason.contains("TLS"), "{reason}");
        }
    }
}

#[tokio::test]
async fn configurations_that_cannot_work_are_refused_at_the_start() {
    let good = ImapConfig::new("mail.example.com", 993, Tls::Implicit);
    let refusal = |config| ImapMailboxes::new(config, Arc::new(Numbers::default())).err().unwrap();
    let bad_host = ImapConfig { host: "not a host".to_owned(), ..good.clone() };
    assert_eq!(refusal(bad_host), ConfigError::BadHost("not a host".to_owned()));
    let bad_root = ImapConfig { extra_roots: vec!["no PEM".to_owned()], ..good.clone() };
    assert!(matches!(refusal(bad_root), ConfigError::BadRoot { index: 0, .. }));
    let none = ImapConfig { connections_per_account: 0, ..good };
    assert_eq!(refusal(none), ConfigError::Zero("connections_per_account"));
}

#[tokio::test]
async fn folders_come_with_roles_and_levels_that_are_no_folders() {
    let dovecot = dovecot();
    dovecot.session(ALICE, "secret").ok("CREATE \"Customers/North/M&APw-ller\"");
    let mailbox = open(plain(&dovecot)).await.unwrap();
    let folders = mailbox.folders().await.unwrap();
    let find = |key: &str| folders.iter().find(|f| f.key.0 == key).unwrap_or_else(|| panic!("no {key}"));
    let leaf = find("Customers/North/M&APw-ller");
    assert_eq!(
        (leaf.name.as_str(), leaf.parent.clone()),
        ("Müller", Some(BackendKey("Customers/North".to_owned())))
    );
    for (key, role) in [
        ("INBOX", FolderRole::Inbox),
        ("Drafts", FolderRole::Drafts),
        ("Sent", FolderRole::Sent),
        ("Trash", FolderRole::Trash),
        ("Junk", FolderRole::Junk),
    ] {
        assert_eq!(find(key).role, Some(role));
    }
    // `Customers` is only a level of the hierarchy: it is empty, and nothing can be put there.
    let level = find("Customers").key.clone();
    assert!(mailbox.index(&level, None).await.unwrap().entries.is_empty());
    assert!(mailbox.search(&level, &["word".to_owned()], 5).await.unwrap().is_empty());
    mailbox.watch(&[inbox(), level.clone()]).await.unwrap();
    dovecot.deliver(ALICE, "INBOX", &Sample::new(1).raw);
    let index = mailbox.index(&inbox(), None).await.unwrap();
    let refused = mailbox.move_items(&inbox(), &[index.entries[0].id.clone()], &level).await;
    assert!(matches!(refused, Err(MailboxError::Denied(_))), "{refused:?}");
    assert_eq!(mailbox.index(&inbox(), None).await.unwrap().entries.len(), 1);
}

/// Names of the folders a session sees by this command, sorted.
fn names(dovecot: &Dovecot, command: &str) -> Vec<String> {
    let lines = dovecot.session(ALICE, "secret").ok(&format!("{command} \"\" \"*\""));
    let rows = lines.iter().filter(|line| line.starts_with("* "));
    let mut names: Vec<String> =
        rows.map(|line| line.rsplit(' ').next().unwrap().trim().trim_matches('"').to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn missing_folders_are_made_where_the_users_folders_lie_and_subscribed() {
    for (folders, prefix) in [(Folders::InboxOnly, ""), (Folders::BelowInbox, "INBOX.")] {
        let options = DovecotOptions { folders, ..DovecotOptions::default() };
        let dovecot = Dovecot::start_with(&[(ALICE, "secret")], &options);
        // One of them is there under another name.
        dovecot.session(ALICE, "secret").ok(&format!("CREATE {prefix}Papierkorb"));
        let mailboxes = mailboxes(plain(&dovecot));
        let looking = ImapMailboxes::new(
            ImapConfig { make_folders: false, ..plain(&dovecot) },
            Arc::new(Numbers::default()),
        );
        let looking = looking.unwrap().open(&alice(), &secret("secret")).await.unwrap();
        assert_eq!(looking.folders().await.unwrap().len(), 2, "who only looks makes nothing");

        let mailbox = mailboxes.open(&alice(), &secret("secret")).await.unwrap();
        // Several devices at once make them once.
        let listings = (0..4).map(|_| mailbox.folders());
        for listing in futures_util::future::try_join_all(listings).await.unwrap() {
            let found = |role| listing.iter().find(|folder| folder.role == Some(role)).unwrap();
            for (role, name) in [
                (FolderRole::Drafts, "Drafts"),
                (FolderRole::Sent, "Sent"),
                (FolderRole::Trash, "Papierkorb"),
            ] {
                let folder = found(role);
                assert_eq!((&folder.key.0, &folder.parent), (&format!("{prefix}{name}"), &None));
            }
            assert_eq!(listing.len(), 4);
        }
        let with_prefix =
            |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!("{prefix}{name}")).collect() };
        let made = with_prefix(&["Drafts", "Sent"]);
        assert_eq!(names(&dovecot, "LSUB"), made);
        let mut all = [vec!["INBOX".to_owned()], made, with_prefix(&["Papierkorb"])].concat();
        all.sort();
        assert_eq!(names(&dovecot, "LIST"), all);
    }
}

#[tokio::test]
async fn a_new_uidvalidity_gives_new_ids() {
    let mut dovecot = dovecot();
    for n in 0..3 {
        dovecot.deliver(ALICE, "INBOX", &Sample::new(n).raw);
    }
    let mailbox = open(plain(&dovecot)).await.unwrap();
    let before = mailbox.index(&inbox(), None).await.unwrap();
    dovecot.stop();
    dovecot.change_uidvalidity(ALICE, "INBOX");
    dovecot.start_again();
    let after = mailbox.index(&inbox(), Some(Arc::clone(&before))).await.unwrap();
    assert_eq!((before.entries.len(), after.entries.len()), (3, 3));
    let ids = |index: &syncledger_domain::ports::mailbox::FolderIndex| -> BTreeSet<ItemId> {
        index.entries.iter().map(|entry| entry.id.clone()).collect()
    };
    assert!(ids(&before).is_disjoint(&ids(&after)));
    let old: Vec<ItemId> = ids(&before).into_iter().collect();
    assert!(
        fetch(&*mailbox, &inbox(), &old, FetchPart::Full).await.is_empty(),
        "an old id names nothing now"
    );
    assert_eq!(mailbox.delete(&inbox(), &old).await.unwrap(), [Ok(()), Ok(()), Ok(())]);
    assert_eq!(mailbox.index(&inbox(), None).await.unwrap().entries.len(), 3);
    let gone = mailbox.move_items(&inbox(), &old[..1], &BackendKey("Trash".to_owned())).await.unwrap();
    assert_eq!(gone, [Err(MailboxError::NoSuchItem(old[0].clone()))]);
}

/// Messages that other clients mark as deleted and take back, again and again.
#[tokio::test]
async fn messages_marked_as_deleted_are_not_there() {
    let none = DovecotOptions { capability: Some("IMAP4rev1"), ..DovecotOptions::default() };
    let some =
        DovecotOptions { capability: Some("IMAP4rev1 CONDSTORE ESEARCH"), ..DovecotOptions::default() };
    for options in [DovecotOptions::default(), some, none] {
        let dovecot = Dovecot::start_with(&[(ALICE, "secret")], &options);
        let mut session = dovecot.session(ALICE, "secret");
        for n in 0..12 {
            session.append("INBOX", "", &Sample::new(n).raw);
        }
        session.ok("SELECT INBOX");
        let mailbox = open(plain(&dovecot)).await.unwrap();
        let all = mailbox.index(&inbox(), None).await.unwrap();
        let mut earlier = Some(Arc::clone(&all));
        let mut dice = Dice::new(5);
        for _ in 0..15 {
            for _ in 0..=dice.below(3) {
                let uid = 1 + dice.below(12);
                let sign = ["+", "-"][dice.below(2)];
                let flag = ["\\Deleted", "\\Deleted", "\\Seen"][dice.below(3)];
                session.ok(&format!("UID STORE {uid} {sign}FLAGS ({flag})"));
            }
            let incremental = mailbox.index(&inbox(), earlier.take()).await.unwrap();
            let full = mailbox.index(&inbox(), None).await.unwrap();
            assert_eq!(incremental.entries, full.entries, "{options:?}");
            assert_eq!(full.entries.len(), session.uids("UNDELETED").len());
            let ids: Vec<ItemId> = all.entries.iter().map(|entry| entry.id.clone()).collect();
            let fetched = fetch(&*mailbox, &inbox(), &ids, FetchPart::Prefix(10)).await;
            assert_eq!(fetched.len(), full.entries.len());
            earlier = Some(incremental);
        }
    }
}

/// Without UIDPLUS an EXPUNGE takes what others have marked; they have not asked for that yet.
#[tokio::test]
async fn without_uidplus_nobody_elses_mail_is_expunged() {
    let options = DovecotOptions { capability: Some("IMAP4rev1"), ..DovecotOptions::default() };
    let dovecot = Dovecot::start_with(&[(ALICE, "secret")], &options);
    let mut session = dovecot.session(ALICE, "secret");
    for n in 0..3 {
        session.append("INBOX", "", &Sample::new(n).raw);
    }
    session.ok("SELECT INBOX");
    session.ok("UID STORE 1 +FLAGS (\\Deleted)");
    let mailbox = open(plain(&dovecot)).await.unwrap();
    let index = mailbox.index(&inbox(), None).await.unwrap();
    assert_eq!(index.entries.len(), 2);
    mailbox.delete(&inbox(), &[index.entries[0].id.clone()]).await.unwrap();
    assert_eq!(mailbox.index(&inbox(), None).await.unwrap().entries.len(), 1);
    assert_eq!(session.uids("ALL"), [1, 2, 3], "all are there, two of them marked");
    session.ok("UID STORE 1 -FLAGS (\\Deleted)");
    assert_eq!(mailbox.index(&inbox(), None).await.unwrap().entries.len(), 2);
}

#[tokio::test]
async fn no_message_takes_more_memory_than_allowed() {
    let dovecot = dovecot();
    let large = Sample::with_body(1, &"0123456789abcdef\r\n".repeat(4000));
    dovecot.session(ALICE, "secret").append("INBOX", "", &large.raw);
    let mailbox = open(ImapConfig { max_message: 10_000, ..plain(&dovecot) }).await.unwrap();
    let index = mailbox.index(&inbox(), None).await.unwrap();
    for part in [FetchPart::Full, FetchPart::Prefix(50_000)] {
        let fetched = fetch(&*mailbox, &inbox(), &[index.entries[0].id.clone()], part).await;
        assert_eq!(fetched[0].content.len(), 10_000);
        assert!(large.raw.starts_with(&fetched[0].content));
        assert_eq!(fetched[0].size as usize, large.raw.len());
    }
}

#[tokio::test]
async fn a_fetch_given_up_half_way_spoils_nothing() {
    let dovecot = dovecot();
    let mut session = dovecot.session(ALICE, "secret");
    for n in 0..20 {
        session.append("INBOX", "", &Sample::with_body(n, &"x".repeat(50_000)).raw);
    }
    let mailbox = open(plain(&dovecot)).await.unwrap();
    let index = mailbox.index(&inbox(), None).await.unwrap();
    let ids: Vec<ItemId> = index.entries.iter().map(|entry| entry.id.clone()).collect();
    for taken in 0..4 {
        let mut stream = mailbox.fetch(&inbox(), &ids, FetchPart::Full).await.unwrap();
        for _ in 0..taken {
            stream.try_next().await.unwrap().unwrap();
        }
        drop(stream);
        assert_eq!(*mailbox.index(&inbox(), None).await.unwrap(), *index);
    }
    assert_eq!(fetch(&*mailbox, &inbox(), &ids, FetchPart::Full).await.len(), 20);
}

async fn wakes_for(watch: &mut dyn syncledger_domain::ports::mailbox::Watch, folder: &BackendKey) {
    within_patience(&format!("a wake-up for {folder}"), async {
        loop {
            match watch.changed().await {
                Changed::Folders(folders) if folders.contains(folder) => return,
                Changed::Folders(_) => {}
                Changed::Anything => panic!("nothing happened to the folders or the connection"),
            }
        }
    })
    .await;
}

/// With polls an hour apart, only what the server tells by itself can wake: IDLE for one folder, NOTIFY for others.
#[tokio::test]
async fn the_server_tells_by_itself() {
    let dovecot = dovecot();
    let hourly = ImapConfig { poll_interval: Duration::from_hours(1), ..plain(&dovecot) };
    let mailbox = open(hourly).await.unwrap();
    let junk = BackendKey("Junk".to_owned());
    let mut watch = mailbox.watch(&[inbox(), junk.clone()]).await.unwrap();
    for folder in [inbox(), junk] {
        dovecot.deliver(ALICE, &folder.0, &Sample::new(1).raw);
        wakes_for(&mut *watch, &folder).await;
    }
    // A second watch of other folders joins while the first waits.
    let mut other = mailbox.watch(&[BackendKey("Sent".to_owned())]).await.unwrap();
    dovecot.deliver(ALICE, "Sent", &Sample::new(2).raw);
    wakes_for(&mut *other, &BackendKey("Sent".to_owned())).await;
    dovecot.session(ALICE, "secret").ok("CREATE New");
    within_patience("news of the folder", async { while watch.changed().await != Changed::Anything {} })
        .await;
    assert_eq!(dovecot.connections(ALICE), 2);
}

#[tokio::test]
async fn an_idle_that_grows_old_is_renewed() {
    let dovecot = dovecot();
    let config = ImapConfig {
        poll_interval: Duration::from_hours(1),
        idle_refresh: Duration::from_millis(20),
        ..plain(&dovecot)
    };
    let mailbox = open(config).await.unwrap();
    let mut watch = mailbox.watch(&[inbox()]).await.unwrap();
    for n in 0..30 {
        dovecot.deliver(ALICE, "INBOX", &Sample::new(n).raw);
        wakes_for(&mut *watch, &inbox()).await;
    }
}

#[tokio::test]
async fn a_watch_outlives_a_restart_of_the_server() {
    let mut dovecot = dovecot();
    let config = ImapConfig { poll_interval: Duration::from_hours(1), ..impatient(plain(&dovecot)) };
    let mailbox = open(config).await.unwrap();
    let mut watch = mailbox.watch(&[inbox()]).await.unwrap();
    dovecot.stop();
    assert!(is_unavailable(&mailbox.folders().await));
    assert!(is_unavailable(&mailbox.index(&inbox(), None).await));
    assert!(is_unavailable(&mailbox.watch(&[inbox()]).await));
    dovecot.start_again();
    assert_eq!(within_patience("the reconnect", watch.changed()).await, Changed::Anything);
    mailbox.folders().await.unwrap();
    dovecot.deliver(ALICE, "INBOX", &Sample::new(1).raw);
    wakes_for(&mut *watch, &inbox()).await;
}

const INBOX_ALONE: &str = "* LIST () \"/\" INBOX\r\n# OK\r\n";

/// A server that has no more to answer is silent, which breaks the connection: nothing but the listing is asked twice.
#[tokio::test]
async fn a_server_that_refuses_folders_is_not_asked_again() {
    let no = "# NO [NOPERM] no more folders\r\n";
    for (creations, listings_after) in [(vec![no, no, no], 3), (vec![no, "# OK\r\n", "# OK\r\n", no], 2)] {
        let answers = [&[IN, INBOX_ALONE][..], &creations, &vec![INBOX_ALONE; listings_after]].concat();
        let mailboxes = mailboxes(scripted(READY, Box::leak(answers.into_boxed_slice())).await);
        for _ in 0..listings_after {
            let mailbox = mailboxes.open(&alice(), &secret("secret")).await.unwrap();
            let folders = mailbox.folders().await.unwrap();
            assert_eq!(folders.len(), 1, "{folders:?}");
        }
    }
}

/// A server that hangs up at CREATE has shown its folders all the same.
#[tokio::test]
async fn a_creation_that_breaks_the_connection_spoils_no_listing() {
    let answers = Box::leak(Box::new([IN, INBOX_ALONE, "* BYE what was that\r\n"]));
    let mailbox = open(scripted(READY, answers).await).await.unwrap();
    for _ in 0..2 {
        assert_eq!(mailbox.folders().await.unwrap().len(), 1);
    }
}

/// RFC 6154, "IMAP CREATE Extension": the special use is given where that can be done, and left out where the server
/// does not take it.
#[tokio::test]
async fn the_special_use_is_given_at_creation() {
    let login = "# OK [CAPABILITY IMAP4rev1 SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED NAMESPACE] in\r\n";
    let namespace = "* NAMESPACE ((\"mail\" \".\")) NIL NIL\r\n# OK\r\n";
    let before = "* LIST () \".\" INBOX\r\n* LIST (\\Sent) \".\" mail.Outgoing\r\n# OK\r\n";
    let after = "* LIST () \".\" INBOX\r\n* LIST (\\Sent) \".\" mail.Outgoing\r\n\
                 * LIST (\\Drafts) \".\" mail.Drafts\r\n* LIST () \".\" mail.Trash\r\n# OK\r\n";
    let (ok, no) = ("# OK\r\n", "# NO [USEATTR] not that\r\n");
    let script = [
        ("AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==", login),
        ("LIST \"\" \"*\" RETURN (SPECIAL-USE)", before),
        ("NAMESPACE", namespace),
        ("CREATE \"mail.Drafts\" (USE (\\Drafts))", ok),
        ("SUBSCRIBE \"mail.Drafts\"", ok),
        ("CREATE \"mail.Trash\" (USE (\\Trash))", no),
        ("CREATE \"mail.Trash\"", ok),
        ("SUBSCRIBE \"mail.Trash\"", ok),
        ("LIST \"\" \"*\" RETURN (SPECIAL-USE)", after),
        ("NAMESPACE", namespace),
    ];
    let said: Said = Arc::default();
    let answers = script.map(|(_, answer)| answer);
    let config = scripted_hearing(READY, Box::leak(Box::new(answers)), Arc::clone(&said)).await;
    let folders = open(config).await.unwrap().folders().await.unwrap();
    assert_eq!(*said.lock().unwrap(), script.map(|(command, _)| command.to_owned()));
    let with =
        |role| folders.iter().find(|folder| folder.role == Some(role)).map(|folder| folder.key.0.as_str());
    let roles = [FolderRole::Drafts, FolderRole::Sent, FolderRole::Trash].map(with);
    assert_eq!(roles, [Some("mail.Drafts"), Some("mail.Outgoing"), Some("mail.Trash")]);
}

/// Commands a scripted server was given, without their tags.
type Said = Arc<Mutex<Vec<String>>>;

async fn scripted(greeting: &'static str, answers: &'static [&'static str]) -> ImapConfig {
    scripted_hearing(greeting, answers, Said::default()).await
}

/// A server that says what it is told: each connection is greeted, then every line gets the next answer, with `#`
/// standing for the tag.
async fn scripted_hearing(
    greeting: &'static str,
    answers: &'static [&'static str],
    said: Said,
) -> ImapConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let said = Arc::clone(&said);
            tokio::spawn(async move {
                let mut socket = BufReader::new(socket);
                socket.get_mut().write_all(greeting.as_bytes()).await.ok()?;
                let mut answers = answers.iter();
                let mut line = String::new();
                while socket.read_line(&mut line).await.ok()? > 0 {
                    let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
                    said.lock().unwrap().push(command.to_owned());
                    let Some(answer) = answers.next() else { std::future::pending().await };
                    let answer = answer.replace('#', tag);
                    socket.get_mut().write_all(answer.as_bytes()).await.ok()?;
                    line.clear();
                }
                Some(())
            });
        }
    });
    ImapConfig {
        connect_timeout: Duration::from_millis(500),
        command_timeout: Duration::from_millis(500),
        ..ImapConfig::new("127.0.0.1", port, Tls::Loopback)
    }
}

const READY: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n";
const IN: &str = "# OK [CAPABILITY IMAP4rev1] in\r\n";

#[tokio::test]
async fn only_a_plain_no_is_about_the_password() {
    for answer in ["# NO [AUTHENTICATIONFAILED] wrong\r\n", "# NO wrong\r\n", "# NO [EXPIRED] old\r\n"] {
        let config = scripted(READY, Box::leak(Box::new([answer]))).await;
        assert_eq!(open(config).await.map(drop), Err(MailboxError::Unauthenticated), "{answer}");
    }
    for answer in [
        "# NO [UNAVAILABLE] later\r\n",
        "# NO [INUSE] later\r\n",
        "# NO [LIMIT] too many\r\n",
        "# BAD what\r\n",
        "* BYE overloaded\r\n",
        "garbage\r\n",
        "\r\n",
        "",
    ] {
        let config = scripted(READY, Box::leak(Box::new([answer]))).await;
        assert!(is_unavailable(&open(config).await), "{answer:?}");
    }
    for greeting in ["* BYE full\r\n", "", "HTTP/1.1 400 Bad Request\r\n\r\n", "* NO no\r\n"] {
        assert!(is_unavailable(&open(scripted(greeting, &[]).await).await), "{greeting:?}");
    }
    let nobody = ImapConfig::new("127.0.0.1", free_port(), Tls::Loopback);
    assert!(is_unavailable(&open(nobody).await));
}

#[tokio::test]
async fn without_starttls_nothing_secret_is_said() {
    let config = scripted("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n", &[]).await;
    let refused = open(ImapConfig { tls: Tls::StartTls, ..config }).await.map(drop);
    assert_eq!(refused, Err(MailboxError::Unavailable("the server does not offer STARTTLS".to_owned())));
    // Words in clear behind the answer would count as said under TLS.
    let injecting = "# OK begin\r\n* OK [CAPABILITY IMAP4rev1] trust me\r\n";
    let answers = Box::leak(Box::new([injecting]));
    let config = scripted("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", answers).await;
    let refused = open(ImapConfig { tls: Tls::StartTls, ..config }).await.map(drop);
    assert!(
        matches!(&refused, Err(MailboxError::Unavailable(why)) if why.contains("in clear")),
        "{refused:?}"
    );
}

/// Whatever a server sends, the answer comes soon and is not an empty folder.
#[tokio::test]
async fn nonsense_from_the_server_is_never_an_empty_folder() {
    for nonsense in [
        "* 99999999999999999999 EXISTS\r\n# BAD\r\n",
        "* OK [UIDVALIDITY\r\n",
        "* 1 EXISTS\r\nother OK done\r\n",
        "* 1 FETCH (BODY[] {99999999999}\r\n",
        "* LIST (((((\r\n",
        "* 5 EXISTS\r\n",
        "\0\0\0\0",
        "{5}\r\n",
    ] {
        let config = scripted(READY, Box::leak(Box::new([IN, nonsense]))).await;
        let mailbox = open(config.clone()).await.unwrap();
        let answer = within_patience("an answer", mailbox.index(&inbox(), None)).await;
        assert!(answer.is_err(), "{nonsense:?}: {answer:?}");
    }
    let claims_mail =
        "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n# OK [READ-WRITE] in\r\n";
    // Two messages are announced, none is shown, and the search that could tell fails.
    let answers = Box::leak(Box::new([IN, claims_mail, "# OK fetched\r\n", "# NO cannot search\r\n"]));
    let mailbox = open(scripted(READY, answers).await).await.unwrap();
    assert!(mailbox.index(&inbox(), None).await.is_err());
    // One row is unreadable: the message is asked for again.
    let answers = Box::leak(Box::new([
        IN,
        claims_mail,
        "* 1 FETCH (UID 3 FLAGS () RFC822.SIZE 5 INTERNALDATE \"01-Jan-2024 00:00:00 +0000\")\r\n* 2 FETCH (UID \"\r\n# OK\r\n",
        "* SEARCH 3 4\r\n# OK\r\n",
        "* 2 FETCH (UID 4 FLAGS (\\Seen) RFC822.SIZE 6 INTERNALDATE \"01-Jan-2024 00:00:00 +0000\")\r\n# OK\r\n",
    ]));
    let mailbox = open(scripted(READY, answers).await).await.unwrap();
    let index = mailbox.index(&inbox(), None).await.unwrap();
    let sizes: Vec<u32> = index.entries.iter().map(|entry| entry.size).collect();
    assert_eq!(sizes, [5, 6]);
}

#[tokio::test]
async fn an_object_id_is_the_folders_identity() {
    let login = "# OK [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS OBJECTID] in\r\n";
    let listing = "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MAILBOXID (F1-a))\r\n\
                   * LIST () \"/\" x\r\n* STATUS x (MAILBOXID (F2))\r\n# OK\r\n";
    let no = "# NO [NOPERM] no more folders\r\n";
    let answers = Box::leak(Box::new([login, listing, no, no, no, listing]));
    let folders = open(scripted(READY, answers).await).await.unwrap().folders().await.unwrap();
    let identities: Vec<Option<&str>> = folders.iter().map(|folder| folder.identity.as_deref()).collect();
    assert_eq!(identities, [Some("F1-a"), Some("F2")]);
}
