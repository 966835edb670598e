//! Promises about push. Each change is made once before anybody waits and once while somebody does, each time with a
//! watch of its own, so that no echo of an earlier change can pass for a wake-up.

use std::{sync::Arc, time::Duration};

use syncledger_domain::ports::mailbox::{
    BackendKey, Changed, FlagChange, FolderRole, ItemChange, Mailbox, MailboxError, Watch,
};

use super::{Sample, Subject, flags, full_index, new_item, within_patience};

fn covers(changed: &Changed, folder: &BackendKey) -> bool {
    match changed {
        Changed::Anything => true,
        Changed::Folders(folders) => folders.contains(folder),
    }
}

async fn woken_for(watch: &mut dyn Watch, folder: &BackendKey) {
    within_patience("a wake-up", async { while !covers(&watch.changed().await, folder) {} }).await;
}

/// Makes change number 0 before somebody waits, change number 1 while somebody does.
async fn wakes(subject: &Subject, folder: &BackendKey, change: impl AsyncFn(u32)) {
    let watched = [folder.clone()];
    let mut watch = subject.open().await.watch(&watched).await.unwrap();
    change(0).await;
    woken_for(&mut *watch, folder).await;

    let mut watch = subject.open().await.watch(&watched).await.unwrap();
    let (waits, folder) = (Arc::new(tokio::sync::Barrier::new(2)), folder.clone());
    let meet = Arc::clone(&waits);
    let waiter = tokio::spawn(async move {
        meet.wait().await;
        woken_for(&mut *watch, &folder).await;
    });
    waits.wait().await;
    change(1).await;
    waiter.await.unwrap();
}

pub async fn a_watch_wakes_after_a_delivery(subject: Subject) {
    let inbox = subject.inbox().await;
    wakes(&subject, &inbox, async |n| subject.world.deliver(&inbox, &Sample::new(n)).await).await;
}

pub async fn a_watch_wakes_after_flags_change(subject: Subject) {
    let inbox = subject.inbox().await;
    subject.deliver(&inbox, 1).await;
    subject.world.set_flags(&inbox, &Sample::new(1), flags("")).await;
    let letters = ["r", ""];
    wakes(&subject, &inbox, async |n| {
        subject.world.set_flags(&inbox, &Sample::new(1), flags(letters[n as usize])).await;
    })
    .await;
}

pub async fn a_watch_wakes_after_a_message_is_removed(subject: Subject) {
    let inbox = subject.inbox().await;
    for n in 0..2 {
        subject.deliver(&inbox, n).await;
    }
    wakes(&subject, &inbox, async |n| subject.world.remove(&inbox, &Sample::new(n)).await).await;
}

pub async fn a_watch_wakes_after_changes_of_our_own(subject: Subject) {
    let (inbox, trash) = (subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let mailbox = subject.open().await;
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(subject.deliver(&inbox, n).await);
    }
    wakes(&subject, &inbox, async |n| {
        let item = new_item("phone1", &n.to_string(), &Sample::new(50 + n), flags(""));
        mailbox.create(&inbox, item).await.unwrap();
    })
    .await;
    wakes(&subject, &inbox, async |n| {
        let read = FlagChange { read: Some(true), ..FlagChange::default() };
        let changes = [(ids[n as usize].clone(), ItemChange::Flags(read))];
        mailbox.update(&inbox, &changes).await.unwrap()[0].clone().unwrap();
    })
    .await;
    for watched in [&inbox, &trash] {
        let first = if *watched == inbox { 0 } else { 2 };
        wakes(&subject, watched, async |n| {
            let ids = [ids[(first + n) as usize].clone()];
            mailbox.move_items(&inbox, &ids, &trash).await.unwrap()[0].clone().unwrap();
        })
        .await;
    }
    wakes(&subject, &inbox, async |n| {
        mailbox.delete(&inbox, &[ids[(4 + n) as usize].clone()]).await.unwrap()[0].clone().unwrap();
    })
    .await;
}

pub async fn a_watch_wakes_after_folders_change(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut watch = mailbox.watch(std::slice::from_ref(&inbox)).await.unwrap();
    let made = subject.world.add_folder(None, "Made").await;
    anything_until(&mut *watch, async || has(&*mailbox, &made).await).await;

    let mut watch = mailbox.watch(&[inbox, made.clone()]).await.unwrap();
    let renamed = subject.world.rename_folder(&made, "Renamed").await;
    anything_until(&mut *watch, async || has(&*mailbox, &renamed).await).await;

    // The folder is watched under its new name as well as under its old one.
    let mut again = mailbox.watch(std::slice::from_ref(&renamed)).await.unwrap();
    drop(watch);
    subject.world.deliver(&renamed, &Sample::new(1)).await;
    woken_for(&mut *again, &renamed).await;
    assert_eq!(full_index(&*mailbox, &renamed).await.entries.len(), 1);
}

async fn has(mailbox: &dyn Mailbox, key: &BackendKey) -> bool {
    super::listed(mailbox, key).await.is_some()
}

/// Waits for wake-ups that may mean folders, until one of them finds what was done.
async fn anything_until(watch: &mut dyn Watch, done: impl AsyncFn() -> bool) {
    within_patience("a wake-up for folders", async {
        loop {
            if watch.changed().await == Changed::Anything && done().await {
                return;
            }
        }
    })
    .await;
}

pub async fn a_watch_tells_which_folder(subject: Subject) {
    let (inbox, trash) = (subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let mut watch = subject.open().await.watch(&[inbox.clone(), trash.clone()]).await.unwrap();
    subject.world.deliver(&trash, &Sample::new(1)).await;
    woken_for(&mut *watch, &trash).await;
    subject.world.deliver(&inbox, &Sample::new(2)).await;
    woken_for(&mut *watch, &inbox).await;

    let unknown = BackendKey("No Such Folder".to_owned());
    let refused = subject.open().await.watch(&[inbox, unknown.clone()]).await.map(drop);
    assert_eq!(refused, Err(MailboxError::NoSuchFolder(unknown)));
}

pub async fn a_dropped_wait_loses_nothing(subject: Subject) {
    let inbox = subject.inbox().await;
    let mut watch = subject.open().await.watch(std::slice::from_ref(&inbox)).await.unwrap();
    // The first wait is broken off before anything has happened, if it does not wake once too often.
    let _ = tokio::time::timeout(Duration::from_millis(1), watch.changed()).await;
    subject.world.deliver(&inbox, &Sample::new(1)).await;
    // Waits are broken off again and again while the news travels.
    within_patience("a wake-up", async {
        loop {
            let wait = tokio::time::timeout(Duration::from_micros(50), watch.changed());
            if wait.await.is_ok_and(|changed| covers(&changed, &inbox)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(full_index(&*subject.open().await, &inbox).await.entries.len(), 1);
}

pub async fn many_watches_wake_and_dropped_ones_do_not_matter(subject: Subject) {
    let (inbox, trash) = (subject.inbox().await, subject.folder(FolderRole::Trash).await);
    let mut kept = Vec::new();
    for n in 0..60 {
        let folders = [inbox.clone(), trash.clone()];
        let watch = subject.open().await.watch(&folders[n % 2..]).await.unwrap();
        if n % 3 != 0 {
            kept.push(watch);
        }
    }
    subject.world.deliver(&trash, &Sample::new(1)).await;
    for watch in &mut kept {
        woken_for(&mut **watch, &trash).await;
    }
    drop(kept);
    // After the last watch is gone, the next begins anew.
    wakes(&subject, &inbox, async |n| subject.world.deliver(&inbox, &Sample::new(10 + n)).await).await;
}
