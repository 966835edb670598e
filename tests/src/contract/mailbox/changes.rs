//! Promises about what we change.

use std::sync::Arc;

use bytes::Bytes;
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, FlagChange, FolderRole, ItemChange, ItemState, MailFlags, Mailbox, MailboxError,
    },
};

use super::{Sample, Subject, fetch, flags, full_index, new_item, unknown_id};

fn set(read: Option<bool>, flagged: Option<bool>) -> ItemChange {
    ItemChange::Flags(FlagChange { read, flagged, ..FlagChange::default() })
}

/// Asserts that the next index of every kind of reader shows what was reported.
async fn assert_shown(subject: &Subject, folder: &BackendKey, state: &ItemState) {
    for mailbox in [subject.open().await, subject.open_after_restart().await] {
        let index = full_index(&*mailbox, folder).await;
        assert_eq!(index.get(&state.id).map(|entry| entry.fingerprint), Some(state.fingerprint));
    }
}

pub async fn flags_are_changed_one_by_one_and_ids_stay(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let id = subject.deliver(&inbox, 1).await;
    let all =
        FlagChange { read: Some(true), flagged: Some(true), answered: Some(true), forwarded: Some(true) };
    let answered = FlagChange { answered: Some(true), ..FlagChange::default() };
    let none =
        FlagChange { read: Some(false), flagged: Some(false), answered: Some(false), forwarded: Some(false) };
    let forwarded = FlagChange { forwarded: Some(true), ..FlagChange::default() };
    for (change, expected) in [
        (set(Some(true), None), "r"),
        (set(None, Some(true)), "rf"),
        (set(Some(false), None), "f"),
        (set(None, None), "f"),
        (ItemChange::Flags(answered), "fa"),
        (ItemChange::Flags(all), "rfaw"),
        (ItemChange::Flags(none), ""),
        (ItemChange::Flags(forwarded), "w"),
    ] {
        let earlier = full_index(&*mailbox, &inbox).await;
        let each = mailbox.update(&inbox, &[(id.clone(), change)]).await.unwrap();
        let expected = ItemState { id: id.clone(), fingerprint: flags(expected).fingerprint() };
        assert_eq!(each, [Ok(expected.clone())]);
        assert_shown(&subject, &inbox, &expected).await;
        let incremental = mailbox.index(&inbox, Some(earlier)).await.unwrap();
        assert_eq!(incremental.get(&id).unwrap().fingerprint, expected.fingerprint);
    }
    assert_eq!(fetch(&*mailbox, &inbox, &[id]).await[0].content, Sample::new(1).raw);
}

pub async fn changes_of_one_item_count_in_their_order(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut changes = Vec::new();
    for n in 0..8 {
        let id = subject.deliver(&inbox, n).await;
        let last = n % 2 == 0;
        for read in [last, !last, last] {
            changes.push((id.clone(), set(Some(read), (n % 3 == 0).then_some(read))));
        }
    }
    mailbox.update(&inbox, &changes).await.unwrap();
    let index = full_index(&*mailbox, &inbox).await;
    for (n, three) in changes.chunks(3).enumerate() {
        let expected = match (n % 2 == 0, n % 3 == 0) {
            (true, true) => "rf",
            (true, false) => "r",
            (false, _) => "",
        };
        let there = index.get(&three[0].0).map(|entry| entry.fingerprint);
        assert_eq!(there, Some(flags(expected).fingerprint()), "message {n}");
    }
}

pub async fn flags_changed_by_others_show_and_ids_stay(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let id = subject.deliver(&inbox, 1).await;
    for letters in ["r", "rfaw", "", "f"] {
        subject.world.set_flags(&inbox, &Sample::new(1), flags(letters)).await;
        let index = full_index(&*mailbox, &inbox).await;
        assert_eq!(index.entries.len(), 1);
        assert_eq!(index.get(&id).map(|entry| entry.fingerprint), Some(flags(letters).fingerprint()));
    }
    let each = mailbox.update(&inbox, &[(id.clone(), set(Some(true), None))]).await.unwrap();
    assert_eq!(each, [Ok(ItemState { id, fingerprint: flags("rf").fingerprint() })]);
}

pub async fn a_change_of_an_item_that_is_gone_spares_the_others(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let (first, gone, last) = (
        subject.deliver(&inbox, 1).await,
        subject.deliver(&inbox, 2).await,
        subject.deliver(&inbox, 3).await,
    );
    subject.world.remove(&inbox, &Sample::new(2)).await;
    let changes = [&first, &gone, &unknown_id(), &last, &first].map(|id| (id.clone(), set(Some(true), None)));
    let each = mailbox.update(&inbox, &changes).await.unwrap();
    let read = |id: &ItemId| Ok(ItemState { id: id.clone(), fingerprint: flags("r").fingerprint() });
    let missing = |id: ItemId| Err(MailboxError::NoSuchItem(id));
    assert_eq!(each, [read(&first), missing(gone), missing(unknown_id()), read(&last), read(&first)]);
}

pub async fn the_content_of_a_message_does_not_change(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let id = subject.deliver(&inbox, 1).await;
    let change = ItemChange::Content(Bytes::from_static(b"Subject: other\r\n\r\nother\r\n"));
    let each = mailbox.update(&inbox, &[(id.clone(), change)]).await.unwrap();
    assert!(matches!(each[..], [Err(MailboxError::Unsupported(_))]), "{each:?}");
    assert_eq!(fetch(&*mailbox, &inbox, &[id]).await[0].content, Sample::new(1).raw);
}

pub async fn a_creation_shows_as_it_was_reported(subject: Subject) {
    let (mailbox, drafts) = (subject.open().await, subject.folder(FolderRole::Drafts).await);
    for (n, letters) in [(1, ""), (2, "r"), (3, "rfaw")] {
        let sample = Sample::new(n);
        let item = new_item("phone1", &format!("client-{n}"), &sample, flags(letters));
        let state = mailbox.create(&drafts, item).await.unwrap();
        assert_eq!(state.fingerprint, flags(letters).fingerprint());
        assert_shown(&subject, &drafts, &state).await;
        let stored = &fetch(&*mailbox, &drafts, &[state.id]).await[0];
        assert_eq!((&stored.content, stored.date), (&sample.raw, sample.date));
    }
    assert_eq!(full_index(&*mailbox, &drafts).await.entries.len(), 3);
}

pub async fn a_repeated_creation_finds_the_first(subject: Subject) {
    let drafts = subject.folder(FolderRole::Drafts).await;
    let create = async |mailbox: Arc<dyn Mailbox>, date_shift: i64| {
        let mut item = new_item("phone1", "client/1 ü\"", &Sample::new(1), flags("r"));
        item.date = item.date.plus_seconds(date_shift);
        mailbox.create(&drafts, item).await.unwrap()
    };
    let first = create(subject.open().await, 0).await;
    assert_eq!(create(subject.open().await, 0).await, first);
    // A device that repeats itself does so later.
    assert_eq!(create(subject.open().await, 60).await, first);
    assert_eq!(create(subject.open_after_restart().await, 120).await, first);

    let mailbox = subject.open().await;
    mailbox.update(&drafts, &[(first.id.clone(), set(Some(false), Some(true)))]).await.unwrap();
    let found = create(mailbox, 180).await;
    assert_eq!(found, ItemState { id: first.id, fingerprint: flags("f").fingerprint() });
    assert_eq!(full_index(&*subject.open().await, &drafts).await.entries.len(), 1);
}

pub async fn creations_of_the_same_at_once_create_once(subject: Subject) {
    let drafts = subject.folder(FolderRole::Drafts).await;
    let mut tasks = Vec::new();
    for _ in 0..6 {
        let (mailbox, drafts) = (subject.open().await, drafts.clone());
        let item = new_item("phone1", "1", &Sample::new(1), MailFlags::default());
        tasks.push(tokio::spawn(async move { mailbox.create(&drafts, item).await.unwrap() }));
    }
    let mut states = Vec::new();
    for task in tasks {
        states.push(task.await.unwrap());
    }
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{states:?}");
    assert_eq!(full_index(&*subject.open().await, &drafts).await.entries.len(), 1);
}

pub async fn another_origin_creates_another(subject: Subject) {
    let (mailbox, drafts) = (subject.open().await, subject.folder(FolderRole::Drafts).await);
    // Pairs that a careless joining of the two would mix up.
    for (n, (device, client_id)) in
        [("a", "b1"), ("ab", "1"), ("a.b", "1"), ("a", "b.1"), ("a", "B1"), ("a", "b11")]
            .into_iter()
            .enumerate()
    {
        mailbox.create(&drafts, new_item(device, client_id, &Sample::new(1), flags(""))).await.unwrap();
        assert_eq!(full_index(&*mailbox, &drafts).await.entries.len(), n + 1, "{device} {client_id}");
    }
}

pub async fn a_move_keeps_content_flags_and_date(subject: Subject) {
    let (mailbox, inbox, trash) =
        (subject.open().await, subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let unread = subject.deliver(&inbox, 1).await;
    let flagged = subject.deliver(&inbox, 2).await;
    let stays = subject.deliver(&inbox, 3).await;
    subject.world.set_flags(&inbox, &Sample::new(2), flags("rfa")).await;

    let each = mailbox.move_items(&inbox, &[flagged, unread], &trash).await.unwrap();
    let moved: Vec<ItemState> = each.into_iter().map(Result::unwrap).collect();
    for (state, (n, letters)) in moved.iter().zip([(2, "rfa"), (1, "")]) {
        let sample = Sample::new(n);
        assert_eq!(state.fingerprint, flags(letters).fingerprint());
        assert_shown(&subject, &trash, state).await;
        let stored = &fetch(&*mailbox, &trash, std::slice::from_ref(&state.id)).await[0];
        assert_eq!((&stored.content, stored.date), (&sample.raw, sample.date));
    }
    let left = full_index(&*mailbox, &inbox).await;
    assert_eq!(left.entries.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&stays]);
}

pub async fn a_move_of_an_item_that_is_gone_spares_the_others(subject: Subject) {
    let (mailbox, inbox, trash) =
        (subject.open().await, subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let (first, gone, last) = (
        subject.deliver(&inbox, 1).await,
        subject.deliver(&inbox, 2).await,
        subject.deliver(&inbox, 3).await,
    );
    subject.world.remove(&inbox, &Sample::new(2)).await;
    let ids = [first.clone(), gone.clone(), unknown_id(), last];
    let each = mailbox.move_items(&inbox, &ids, &trash).await.unwrap();
    assert!(each[0].is_ok() && each[3].is_ok(), "{each:?}");
    assert_eq!(each[1], Err(MailboxError::NoSuchItem(gone)));
    assert_eq!(each[2], Err(MailboxError::NoSuchItem(unknown_id())));
    // The same again, as a device that lost the answer would ask.
    let again = mailbox.move_items(&inbox, std::slice::from_ref(&first), &trash).await.unwrap();
    assert_eq!(again, [Err(MailboxError::NoSuchItem(first))]);
    assert_eq!(full_index(&*mailbox, &trash).await.entries.len(), 2);
}

pub async fn a_message_moved_there_and_back_is_whole(subject: Subject) {
    let (mailbox, inbox, trash) =
        (subject.open().await, subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let mut id = subject.deliver(&inbox, 1).await;
    for (from, to) in [(&inbox, &trash), (&trash, &inbox)].into_iter().cycle().take(6) {
        let each = mailbox.move_items(from, &[id], to).await.unwrap();
        id = each[0].clone().unwrap().id;
        assert!(full_index(&*mailbox, from).await.entries.is_empty());
        assert_eq!(full_index(&*mailbox, to).await.entries.len(), 1);
        assert_eq!(fetch(&*mailbox, to, std::slice::from_ref(&id)).await[0].content, Sample::new(1).raw);
    }
}

pub async fn what_is_deleted_twice_is_deleted_and_nothing_else_is(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let (first, kept, gone) = (
        subject.deliver(&inbox, 1).await,
        subject.deliver(&inbox, 2).await,
        subject.deliver(&inbox, 3).await,
    );
    subject.world.remove(&inbox, &Sample::new(3)).await;
    let ids = [first, gone, unknown_id()];
    for _ in 0..2 {
        assert_eq!(mailbox.delete(&inbox, &ids).await.unwrap(), [Ok(()), Ok(()), Ok(())]);
        let left = full_index(&*subject.open().await, &inbox).await;
        assert_eq!(left.entries.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&kept]);
    }
}
