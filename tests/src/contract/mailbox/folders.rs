//! Promises about folders.

use std::collections::BTreeSet;

use syncledger_domain::ports::mailbox::{FolderClass, FolderRole};

use super::{Subject, full_index, listed};

pub async fn a_listing_has_every_key_once_and_parents_that_are_in_it(subject: Subject) {
    let outer = subject.world.add_folder(None, "Outer").await;
    subject.world.add_folder(Some(&outer), "Inner").await;
    let folders = subject.open().await.folders().await.unwrap();
    let keys: BTreeSet<_> = folders.iter().map(|folder| &folder.key).collect();
    assert_eq!(keys.len(), folders.len());
    for folder in &folders {
        assert!(folder.parent.as_ref().is_none_or(|parent| keys.contains(parent)), "{folder:?}");
        assert!(!folder.name.is_empty(), "{folder:?}");
        assert_eq!(folder.class, FolderClass::Mail);
    }
}

pub async fn each_role_is_given_to_one_folder_at_most(subject: Subject) {
    for name in ["Sent Items", "Deleted Items", "Spam"] {
        subject.world.add_folder(None, name).await;
    }
    let folders = subject.open().await.folders().await.unwrap();
    let mut roles: Vec<FolderRole> = folders.iter().filter_map(|folder| folder.role).collect();
    roles.sort_unstable();
    let mut once = roles.clone();
    once.dedup();
    assert_eq!(roles, once);
    for role in [FolderRole::Inbox, FolderRole::Drafts, FolderRole::Trash, FolderRole::Sent, FolderRole::Junk]
    {
        assert!(roles.contains(&role), "no folder is {role:?}");
    }
}

pub async fn a_mailbox_that_lacks_drafts_sent_or_trash_gets_them_when_its_folders_are_listed(
    subject: Subject,
) {
    const ROLES: [FolderRole; 3] = [FolderRole::Drafts, FolderRole::Sent, FolderRole::Trash];
    for role in ROLES {
        let folder = subject.folder(role).await;
        if !subject.world.remove_folder(&folder).await {
            return;
        }
    }
    let mailbox = subject.open_after_restart().await;
    let mut first = mailbox.folders().await.unwrap();
    for role in ROLES {
        let folder = first.iter().find(|folder| folder.role == Some(role));
        let folder = folder.unwrap_or_else(|| panic!("no folder is {role:?}"));
        assert_eq!((folder.parent.as_ref(), folder.class), (None, FolderClass::Mail));
        assert!(full_index(&*mailbox, &folder.key).await.entries.is_empty());
    }
    let trash = first.iter().find(|folder| folder.role == Some(FolderRole::Trash)).unwrap().key.clone();
    let inbox = subject.inbox().await;
    let id = subject.deliver(&inbox, 1).await;
    let moved = mailbox.move_items(&inbox, &[id], &trash).await.unwrap();
    assert!(moved[0].is_ok(), "{moved:?}");

    let mut second = mailbox.folders().await.unwrap();
    first.sort_by(|a, b| a.key.cmp(&b.key));
    second.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(first, second, "they are made once");
}

pub async fn keys_and_identities_survive_a_restart(subject: Subject) {
    subject.world.add_folder(None, "Projects").await;
    let mut before = subject.open().await.folders().await.unwrap();
    let mut after = subject.open_after_restart().await.folders().await.unwrap();
    before.sort_by(|a, b| a.key.cmp(&b.key));
    after.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(before, after);
}

pub async fn a_folder_made_by_others_appears_with_its_name_and_place(subject: Subject) {
    let mailbox = subject.open().await;
    let outer = subject.world.add_folder(None, "Entwürfe & Pläne").await;
    let inner = subject.world.add_folder(Some(&outer), "日本語").await;
    let listed_outer = listed(&*mailbox, &outer).await.unwrap();
    assert_eq!((listed_outer.name.as_str(), listed_outer.parent), ("Entwürfe & Pläne", None));
    let listed_inner = listed(&*mailbox, &inner).await.unwrap();
    assert_eq!((listed_inner.name.as_str(), listed_inner.parent), ("日本語", Some(outer)));
    subject.deliver(&inner, 1).await;
    assert_eq!(full_index(&*mailbox, &inner).await.entries.len(), 1);
}

pub async fn a_renamed_folder_keeps_its_identity_and_its_items(subject: Subject) {
    let mailbox = subject.open().await;
    let old = subject.world.add_folder(None, "Before").await;
    let id = subject.deliver(&old, 1).await;
    let before = listed(&*mailbox, &old).await.unwrap();

    let new = subject.world.rename_folder(&old, "After").await;
    let after = listed(&*mailbox, &new).await.unwrap();
    assert_eq!(after.name, "After");
    assert!(new == old || listed(&*mailbox, &old).await.is_none(), "the old key is gone");
    assert_eq!(before.identity, after.identity);
    let index = full_index(&*mailbox, &new).await;
    // Where the backend can tell that it is the same folder, the items must be the same too.
    assert!(before.identity.is_none() || index.get(&id).is_some());
    assert_eq!(index.entries.len(), 1);
}
