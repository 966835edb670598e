//! The promises of the port, as far as they apply.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::{FutureExt, TryStreamExt};
use syncledger_domain::{
    ids::{ClientId, DeviceId, FolderId, ItemId},
    ports::mailbox::{
        BackendKey, FetchPart, Fetched, Fingerprint, FlagChange, ItemChange, ItemState, MailFlags, Mailbox,
        MailboxError, NewItem, Origin,
    },
};

use super::{SINCE, alice, notice, usual};
use crate::dummy::{DummyMailbox, Notice, RemembersNotice, folder_map, mailbox};

/// Notes what it is told, and fails when told to.
#[derive(Default)]
struct Notes {
    noted: Mutex<Vec<String>>,
    down: Mutex<bool>,
}

impl Notes {
    fn note(&self, what: &str) -> Result<(), MailboxError> {
        if *self.down.lock().unwrap() {
            return Err(MailboxError::Unavailable("down".to_owned()));
        }
        self.noted.lock().unwrap().push(what.to_owned());
        Ok(())
    }
}

#[async_trait]
impl RemembersNotice for Notes {
    async fn read(&self, read: bool) -> Result<(), MailboxError> {
        self.note(if read { "read" } else { "unread" })
    }

    async fn deleted(&self) -> Result<(), MailboxError> {
        self.note("deleted")
    }
}

fn dummy(read: bool, deleted: bool) -> (Arc<DummyMailbox>, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let (message, account) = (usual(), alice());
    let notice = Notice { read, deleted, ..notice(&message, &account) };
    (mailbox(&notice, Arc::clone(&notes) as Arc<dyn RemembersNotice>), notes)
}

async fn inbox(mailbox: &DummyMailbox) -> BackendKey {
    let [inbox] = &mailbox.folders().await.unwrap()[..] else { panic!("one folder") };
    inbox.key.clone()
}

fn id() -> ItemId {
    ItemId::new("abq-1").unwrap()
}

fn flags(read: Option<bool>, flagged: Option<bool>) -> (ItemId, ItemChange) {
    (id(), ItemChange::Flags(FlagChange { read, flagged, ..FlagChange::default() }))
}

async fn fetched(mailbox: &DummyMailbox, ids: &[ItemId], part: FetchPart) -> Vec<Fetched> {
    let key = inbox(mailbox).await;
    mailbox.fetch(&key, ids, part).await.unwrap().try_collect().await.unwrap()
}

async fn index(mailbox: &DummyMailbox) -> Vec<(ItemId, Fingerprint)> {
    let index = mailbox.index(&inbox(mailbox).await, None).await.unwrap();
    index.entries.iter().map(|entry| (entry.id.clone(), entry.fingerprint)).collect()
}

const UNREAD: MailFlags = MailFlags { read: false, flagged: false, answered: false, forwarded: false };
const READ: MailFlags = MailFlags { read: true, ..UNREAD };

#[tokio::test]
async fn the_folder_map_names_the_folder_the_mailbox_lists() {
    let (mailbox, _) = dummy(false, false);
    let map = folder_map();
    let folders: Vec<_> = map.state.iter().map(|folder| (folder.id, folder.key.clone())).collect();
    assert_eq!(folders, [(FolderId::INBOX, inbox(&mailbox).await)]);
    let listing = mailbox.folders().await.unwrap();
    assert!(
        syncledger_domain::folders::observe(&map.state, &listing).is_empty(),
        "it differs from the listing"
    );
}

#[tokio::test]
async fn index_and_fetch_agree() {
    for (read, expected) in [(false, UNREAD), (true, READ)] {
        let (mailbox, _) = dummy(read, false);
        let index = mailbox.index(&inbox(&mailbox).await, None).await.unwrap();
        let [entry] = &index.entries[..] else { panic!("{index:?}") };
        let all = fetched(&mailbox, &[ItemId::new("x").unwrap(), id()], FetchPart::Full).await;
        let [item] = &all[..] else { panic!("{all:?}") };
        assert_eq!((&entry.id, entry.fingerprint, entry.date), (&item.id, item.fingerprint, SINCE.seconds()));
        assert_eq!((item.date, item.fingerprint), (entry.date, expected.fingerprint()));
        assert_eq!((item.size, item.content.len()), (entry.size, entry.size as usize));
        let begun = fetched(&mailbox, &[id()], FetchPart::Prefix(3)).await.remove(0);
        assert!(begun.content.ends_with(b"\r\n\r\n") && item.content.starts_with(&begun.content));
        assert_eq!(begun.size, item.size);
        let more = fetched(&mailbox, &[id()], FetchPart::Prefix(item.size - 1)).await.remove(0);
        assert_eq!(more.content.len(), item.content.len() - 1);
        assert_eq!(
            fetched(&mailbox, &[id()], FetchPart::Prefix(u32::MAX)).await.remove(0).content,
            item.content
        );
    }
}

#[tokio::test]
async fn a_change_shows_at_once_and_is_noted_once() {
    let (mailbox, notes) = dummy(false, false);
    let key = inbox(&mailbox).await;
    for _ in 0..2 {
        let each = mailbox.update(&key, &[flags(Some(true), Some(false))]).await.unwrap();
        assert_eq!(each, [Ok(ItemState { id: id(), fingerprint: READ.fingerprint() })]);
        assert_eq!(index(&mailbox).await, [(id(), READ.fingerprint())]);
    }
    mailbox.update(&key, &[flags(None, None)]).await.unwrap();
    assert_eq!(*notes.noted.lock().unwrap(), ["read"]);
    mailbox.update(&key, &[flags(Some(false), None)]).await.unwrap();
    assert_eq!(index(&mailbox).await, [(id(), UNREAD.fingerprint())]);
    assert_eq!(*notes.noted.lock().unwrap(), ["read", "unread"]);
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_counts_as_deleted_again() {
    let (mailbox, notes) = dummy(false, false);
    let key = inbox(&mailbox).await;
    let other = ItemId::new("x").unwrap();
    for _ in 0..2 {
        assert_eq!(mailbox.delete(&key, &[other.clone(), id()]).await.unwrap(), [Ok(()), Ok(())]);
        assert!(index(&mailbox).await.is_empty());
        assert!(fetched(&mailbox, &[id()], FetchPart::Full).await.is_empty());
    }
    let gone = mailbox.update(&key, &[flags(Some(true), None)]).await.unwrap();
    assert_eq!(gone, [Err(MailboxError::NoSuchItem(id()))]);
    assert_eq!(*notes.noted.lock().unwrap(), ["deleted"]);
    let (mailbox, notes) = dummy(true, true);
    assert!(index(&mailbox).await.is_empty());
    mailbox.delete(&key, &[id()]).await.unwrap();
    assert!(notes.noted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_done() {
    let (mailbox, notes) = dummy(false, false);
    let key = inbox(&mailbox).await;
    *notes.down.lock().unwrap() = true;
    let refused = mailbox.update(&key, &[flags(Some(true), None)]).await.unwrap();
    assert!(matches!(refused[..], [Err(MailboxError::Unavailable(_))]));
    assert!(matches!(mailbox.delete(&key, &[id()]).await.unwrap()[..], [Err(MailboxError::Unavailable(_))]));
    assert_eq!(index(&mailbox).await, [(id(), UNREAD.fingerprint())]);
}

#[tokio::test]
async fn everything_else_is_refused_and_changes_nothing() {
    let (mailbox, notes) = dummy(false, false);
    let (key, other) = (inbox(&mailbox).await, BackendKey("INBOX".to_owned()));
    let item = NewItem {
        origin: Origin { device: DeviceId::new("phone1").unwrap(), client_id: ClientId::new("1").unwrap() },
        content: "Subject: a\r\n\r\nb\r\n".into(),
        flags: UNREAD,
        date: SINCE,
    };
    let none = MailboxError::NoSuchFolder(other.clone());
    assert!(matches!(mailbox.create(&key, item.clone()).await, Err(MailboxError::Denied(_))));
    assert_eq!(mailbox.create(&other, item).await.unwrap_err(), none);
    assert!(matches!(mailbox.move_items(&key, &[id()], &key).await, Err(MailboxError::Denied(_))));
    assert_eq!(mailbox.move_items(&key, &[id()], &other).await.unwrap_err(), none);
    assert_eq!(mailbox.move_items(&other, &[id()], &key).await.unwrap_err(), none);
    assert!(matches!(mailbox.search(&key, &[], 1).await, Err(MailboxError::Unsupported(_))));
    assert_eq!(mailbox.search(&other, &[], 1).await.unwrap_err(), none);
    assert_eq!(mailbox.index(&other, None).await.unwrap_err(), none);
    assert_eq!(mailbox.fetch(&other, &[id()], FetchPart::Full).await.err(), Some(none.clone()));
    assert_eq!(mailbox.update(&other, &[]).await.unwrap_err(), none);
    assert_eq!(mailbox.delete(&other, &[id()]).await.unwrap_err(), none);
    assert_eq!(mailbox.watch(&[key.clone(), other]).await.err(), Some(none));
    let content = (id(), ItemChange::Content("x".into()));
    let each = mailbox.update(&key, &[content, flags(Some(true), Some(true))]).await.unwrap();
    assert!(matches!(each[..], [Err(MailboxError::Unsupported(_)), Err(MailboxError::Denied(_))]));
    assert_eq!(index(&mailbox).await, [(id(), UNREAD.fingerprint())]);
    assert!(notes.noted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_watch_wakes_nobody() {
    let (mailbox, _) = dummy(false, false);
    let key = inbox(&mailbox).await;
    let mut watch = mailbox.watch(std::slice::from_ref(&key)).await.unwrap();
    mailbox.delete(&key, &[id()]).await.unwrap();
    assert!(watch.changed().now_or_never().is_none());
}
