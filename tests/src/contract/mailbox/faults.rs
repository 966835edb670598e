//! Promises about what does not exist, what nobody should ask for, and bad weather.

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, FetchPart, FlagChange, FolderRole, ItemChange, Mailbox, MailboxError},
};

use super::{Sample, Subject, fetch, flags, full_index, new_item};

/// What every call that names a folder says of this one.
async fn ask_all(
    mailbox: &dyn Mailbox,
    key: &BackendKey,
    good: &BackendKey,
) -> Vec<Result<(), MailboxError>> {
    let id = ItemId::new("1").unwrap();
    let change = (id.clone(), ItemChange::Flags(FlagChange { read: Some(true), ..FlagChange::default() }));
    let item = new_item("phone1", "1", &Sample::new(1), flags(""));
    let ids = [id];
    vec![
        mailbox.index(key, None).await.map(drop),
        mailbox.fetch(key, &ids, FetchPart::Full).await.map(drop),
        mailbox.create(key, item).await.map(drop),
        mailbox.update(key, &[change]).await.map(drop),
        mailbox.move_items(key, &ids, good).await.map(drop),
        mailbox.move_items(good, &ids, key).await.map(drop),
        mailbox.delete(key, &ids).await.map(drop),
        mailbox.search(key, &["word".to_owned()], 10).await.map(drop),
        mailbox.watch(std::slice::from_ref(key)).await.map(drop),
    ]
}

pub async fn folders_that_do_not_exist_are_named(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    for name in ["Nowhere", ".Nowhere", "INBOX.Nowhere", "Inbox/Nowhere"] {
        let key = BackendKey(name.to_owned());
        for answer in ask_all(&*mailbox, &key, &inbox).await {
            assert_eq!(answer, Err(MailboxError::NoSuchFolder(key.clone())));
        }
    }
}

pub async fn hostile_keys_name_no_folder_and_touch_nothing(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    subject.deliver(&inbox, 1).await;
    let before = (subject.world.everything_else().await, mailbox.folders().await.unwrap());
    let long = format!(".{}", "x".repeat(5000));
    for name in [
        "",
        ".",
        "..",
        "/",
        "../x",
        "../../bob/Maildir",
        "./.Sent",
        ".Sent/../..",
        ".Sent/cur",
        "cur",
        "new",
        "tmp",
        "/etc",
        ".\0",
        ".a\0b",
        "INBOX/../..",
        "..Sent",
        "INBOX\r\nx LOGOUT",
        "\"",
        "\\",
        "{1}",
        "*",
        "%",
        &long,
    ] {
        let key = BackendKey(name.to_owned());
        for answer in ask_all(&*mailbox, &key, &inbox).await {
            assert_eq!(answer, Err(MailboxError::NoSuchFolder(key.clone())), "{name:?}");
        }
    }
    assert_eq!((subject.world.everything_else().await, mailbox.folders().await.unwrap()), before);
    assert_eq!(full_index(&*mailbox, &inbox).await.entries.len(), 1);
}

pub async fn hostile_ids_name_no_item_and_touch_nothing(subject: Subject) {
    let (mailbox, inbox, trash) =
        (subject.open().await, subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let good = subject.deliver(&inbox, 1).await;
    let before = (subject.world.everything_else().await, mailbox.folders().await.unwrap());
    let longest = "9".repeat(ItemId::MAX_LEN);
    for id in [".", "..", "...", "-", "-1", "0", "00", "4294967296", "1.1", "1-9", "cur", "_", &longest] {
        let id = ItemId::new(id).unwrap();
        assert!(fetch(&*mailbox, &inbox, std::slice::from_ref(&id)).await.is_empty(), "{id}");
        let missing = [Err(MailboxError::NoSuchItem(id.clone()))];
        let change = ItemChange::Flags(FlagChange { read: Some(true), ..FlagChange::default() });
        assert_eq!(mailbox.update(&inbox, &[(id.clone(), change)]).await.unwrap(), missing);
        assert_eq!(mailbox.move_items(&inbox, std::slice::from_ref(&id), &trash).await.unwrap(), missing);
        assert_eq!(mailbox.delete(&inbox, &[id]).await.unwrap(), [Ok(())]);
    }
    assert_eq!((subject.world.everything_else().await, mailbox.folders().await.unwrap()), before);
    let left = full_index(&*mailbox, &inbox).await;
    assert_eq!(left.entries.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&good]);
    assert_eq!(left.entries[0].fingerprint, flags("").fingerprint());
    assert!(full_index(&*mailbox, &trash).await.entries.is_empty());
}

pub async fn a_backend_that_is_down_is_unavailable_and_comes_back_whole(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    for n in 0..3 {
        subject.deliver(&inbox, n).await;
    }
    let before = full_index(&*mailbox, &inbox).await;
    let folders = mailbox.folders().await.unwrap();
    if !subject.world.take_down(true).await {
        return;
    }
    let unavailable = |answer: &Result<(), MailboxError>| matches!(answer, Err(MailboxError::Unavailable(_)));
    let mut answers = ask_all(&*mailbox, &inbox, &inbox).await;
    answers.push(mailbox.folders().await.map(drop));
    answers.push(mailbox.index(&inbox, Some(before.clone())).await.map(drop));
    assert!(answers.iter().all(unavailable), "{answers:?}");
    // A mailbox may open without asking the backend, but then it knows nothing.
    if let Ok(opened) = subject.try_open().await {
        assert!(unavailable(&opened.index(&inbox, None).await.map(drop)));
        assert!(unavailable(&opened.folders().await.map(drop)));
    }

    assert!(subject.world.take_down(false).await);
    let mailbox = subject.open().await;
    assert_eq!(full_index(&*mailbox, &inbox).await.entries, before.entries);
    assert_eq!(mailbox.folders().await.unwrap(), folders);
}
