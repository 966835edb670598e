//! Behaviour only this backend has; the promises of the port are tested by its contract suite.

use std::{
    fs,
    os::unix::fs::symlink,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::TryStreamExt;
use syncledger_domain::{
    event::Timestamp,
    ids::{Address, ClientId, DeviceId, ItemId},
    ports::mailbox::{
        BackendKey, FetchPart, FlagChange, FolderIndex, ItemChange, MailFlags, Mailbox, MailboxError,
        MailboxUser, Mailboxes, NewItem, Origin, Secret,
    },
};
use tempfile::TempDir;

use crate::FilesMailboxes;

struct House {
    directory: TempDir,
    mailboxes: FilesMailboxes,
}

impl House {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("mail");
        fs::create_dir(&root).unwrap();
        Self { directory, mailboxes: FilesMailboxes::new(root) }
    }

    async fn open(&self) -> Arc<dyn Mailbox> {
        self.try_open("alice@example.com").await.unwrap()
    }

    async fn try_open(&self, address: &str) -> Result<Arc<dyn Mailbox>, MailboxError> {
        let user = MailboxUser { address: Address::new(address).unwrap() };
        self.mailboxes.open(&user, &Secret(Vec::new())).await
    }

    fn maildir(&self) -> PathBuf {
        self.directory.path().join("mail/example.com/alice/Maildir")
    }

    fn put(&self, path: &str) -> PathBuf {
        let path = self.maildir().join(path);
        fs::write(&path, format!("Subject: a\r\n\r\n{}\r\n", path.display())).unwrap();
        path
    }
}

fn inbox() -> BackendKey {
    BackendKey("INBOX".to_owned())
}

async fn index(mailbox: &dyn Mailbox) -> Arc<FolderIndex> {
    mailbox.index(&inbox(), None).await.unwrap()
}

async fn only_id(mailbox: &dyn Mailbox) -> ItemId {
    let index = index(mailbox).await;
    assert_eq!(index.entries.len(), 1);
    index.entries[0].id.clone()
}

fn flag(id: &ItemId) -> [(ItemId, ItemChange); 1] {
    [(id.clone(), ItemChange::Flags(FlagChange { flagged: Some(true), ..FlagChange::default() }))]
}

fn names(dir: PathBuf) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_unchanged_folder_gives_back_the_earlier_index_itself() {
    let house = House::new();
    let mailbox = house.open().await;
    house.put("new/1.a");
    let first = index(&*mailbox).await;
    assert!(!first.token.is_empty());
    let second = mailbox.index(&inbox(), Some(Arc::clone(&first))).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn times_that_a_change_could_repeat_are_not_trusted() {
    let house = House::new();
    let mailbox = house.open().await;
    let file = house.put("cur/1.a:2,");
    // A directory time that the clock has not passed yet stands for a tick in which more may happen.
    let soon = fs::metadata(file).unwrap().modified().unwrap() + Duration::from_hours(1);
    let set_time = || fs::File::open(house.maildir().join("cur")).unwrap().set_modified(soon).unwrap();
    set_time();
    let first = index(&*mailbox).await;
    assert_eq!((first.entries.len(), first.token.as_str()), (1, ""));
    house.put("cur/2.b:2,");
    set_time();
    let second = mailbox.index(&inbox(), Some(first)).await.unwrap();
    assert_eq!(second.entries.len(), 2);
}

#[tokio::test]
async fn a_folder_whose_flags_change_all_the_time_is_listed_whole() {
    let house = House::new();
    let mailbox = house.open().await;
    // Enough that the kernel hands the directory out in several pieces.
    let messages = 3000;
    for n in 0..messages {
        house.put(&format!("cur/{n}.a:2,"));
    }
    let (cur, done) = (house.maildir().join("cur"), Arc::new(AtomicBool::new(false)));
    let stop = Arc::clone(&done);
    let storm = std::thread::spawn(move || {
        let mut rounds = 0_usize;
        while !stop.load(Relaxed) {
            let letters = ["", "S", "FS"];
            let (from, to) = (letters[rounds % 3], letters[(rounds + 1) % 3]);
            for n in 0..messages {
                fs::rename(cur.join(format!("{n}.a:2,{from}")), cur.join(format!("{n}.a:2,{to}"))).unwrap();
            }
            rounds += 1;
        }
        rounds
    });
    let mut earlier = None;
    for _ in 0..6 {
        let now = mailbox.index(&inbox(), earlier.take()).await.unwrap();
        assert_eq!(now.entries.len(), messages);
        let ids: Vec<ItemId> = now.entries.iter().step_by(300).map(|entry| entry.id.clone()).collect();
        let items: Vec<_> =
            mailbox.fetch(&inbox(), &ids, FetchPart::Full).await.unwrap().try_collect().await.unwrap();
        assert_eq!(items.len(), ids.len());
        earlier = Some(now);
    }
    done.store(true, Relaxed);
    assert!(storm.join().unwrap() > 0);
}

#[tokio::test]
async fn links_are_neither_messages_nor_folders() {
    let house = House::new();
    let mailbox = house.open().await;
    let outside = house.directory.path().join("outside");
    for dir in ["cur", "new", "tmp"] {
        fs::create_dir_all(outside.join(dir)).unwrap();
    }
    fs::write(outside.join("cur/1.secret:2,"), "secret").unwrap();
    symlink(outside.join("cur/1.secret:2,"), house.maildir().join("cur/1.secret:2,")).unwrap();
    symlink(&outside, house.maildir().join(".Linked")).unwrap();
    fs::create_dir(house.maildir().join(".Half")).unwrap();
    symlink(outside.join("cur"), house.maildir().join(".Half/cur")).unwrap();

    assert!(index(&*mailbox).await.entries.is_empty());
    assert!(!mailbox.folders().await.unwrap().iter().any(|folder| folder.key.0 == ".Linked"));
    for name in [".Linked", ".Half"] {
        let key = BackendKey(name.to_owned());
        assert_eq!(mailbox.index(&key, None).await, Err(MailboxError::NoSuchFolder(key)));
    }
}

#[tokio::test]
async fn a_message_that_became_a_link_is_not_read() {
    let house = House::new();
    let mailbox = house.open().await;
    let path = house.put("cur/1.a:2,");
    let id = only_id(&*mailbox).await;
    let stream = mailbox.fetch(&inbox(), &[id], FetchPart::Full).await.unwrap();
    // The stream knows the file's name already, but has not opened it.
    fs::remove_file(&path).unwrap();
    fs::write(house.directory.path().join("secret"), "secret").unwrap();
    symlink(house.directory.path().join("secret"), &path).unwrap();
    let read: Result<Vec<_>, _> = stream.try_collect().await;
    assert!(matches!(read, Err(MailboxError::Denied(_))), "{read:?}");
}

#[tokio::test]
async fn an_account_directory_that_leads_out_of_the_root_is_refused() {
    let house = House::new();
    let outside = house.directory.path().join("outside");
    fs::create_dir_all(outside.join("Maildir/cur")).unwrap();
    fs::create_dir(house.directory.path().join("mail/example.com")).unwrap();
    symlink(&outside, house.directory.path().join("mail/example.com/alice")).unwrap();
    assert!(matches!(house.try_open("alice@example.com").await.err(), Some(MailboxError::Denied(_))));
}

#[tokio::test]
async fn a_local_part_of_dots_is_a_directory_of_its_own() {
    let house = House::new();
    house.try_open("..@example.com").await.unwrap();
    assert_eq!(names(house.directory.path().join("mail")), ["example.com"]);
    assert_eq!(names(house.directory.path().join("mail/example.com")), ["%2E."]);
}

#[tokio::test]
async fn a_missing_root_is_a_disk_that_is_not_mounted() {
    let directory = tempfile::tempdir().unwrap();
    let mailboxes = FilesMailboxes::new(directory.path().join("mail"));
    let user = MailboxUser { address: Address::new("alice@example.com").unwrap() };
    let refused = mailboxes.open(&user, &Secret(Vec::new())).await.err();
    assert!(matches!(refused, Some(MailboxError::Unavailable(_))), "{refused:?}");
    assert!(names(directory.path().to_owned()).is_empty());
}

#[tokio::test]
async fn a_creation_broken_off_before_its_rename_is_made_good() {
    let house = House::new();
    let mailbox = house.open().await;
    let item = NewItem {
        origin: Origin { device: DeviceId::new("phone1").unwrap(), client_id: ClientId::new("1").unwrap() },
        content: "Subject: a\r\n\r\nwhole\r\n".into(),
        flags: MailFlags { read: true, ..MailFlags::default() },
        date: Timestamp::from_seconds(1_700_000_000),
    };
    let state = mailbox.create(&inbox(), item.clone()).await.unwrap();
    let created = names(house.maildir().join("cur"));
    assert!(
        created[0].starts_with("1700000000.O") && created[0].ends_with(".syncledger,S=21:2,S"),
        "{created:?}"
    );
    // What a crash leaves: half a file in `tmp` and nothing in `cur`.
    fs::remove_file(house.maildir().join("cur").join(&created[0])).unwrap();
    fs::write(house.maildir().join("tmp").join(created[0].split(':').next().unwrap()), "Subj").unwrap();
    assert_eq!(mailbox.create(&inbox(), item.clone()).await.unwrap(), state);
    assert_eq!(names(house.maildir().join("cur")), created);
    assert_eq!(fs::read(house.maildir().join("cur").join(&created[0])).unwrap(), item.content);
    assert!(names(house.maildir().join("tmp")).is_empty());
}

#[tokio::test]
async fn flags_of_other_programs_and_their_fields_in_the_name_survive() {
    let house = House::new();
    let mailbox = house.open().await;
    house.put("cur/1.M1P2.host,S=30,W=32:2,DRac");
    let id = only_id(&*mailbox).await;
    mailbox.update(&inbox(), &flag(&id)).await.unwrap()[0].clone().unwrap();
    assert_eq!(names(house.maildir().join("cur")), ["1.M1P2.host,S=30,W=32:2,DFRac"]);
    let sent = BackendKey(".Sent".to_owned());
    mailbox.move_items(&inbox(), &[id], &sent).await.unwrap()[0].clone().unwrap();
    assert_eq!(names(house.maildir().join(".Sent/cur")), ["1.M1P2.host,S=30,W=32:2,DFRac"]);
}

#[tokio::test]
async fn a_message_in_new_moves_to_cur_only_when_it_gets_a_flag() {
    let house = House::new();
    let mailbox = house.open().await;
    house.put("new/1.a");
    let id = only_id(&*mailbox).await;
    assert_eq!(names(house.maildir().join("new")), ["1.a"]);
    mailbox.update(&inbox(), &flag(&id)).await.unwrap()[0].clone().unwrap();
    assert!(names(house.maildir().join("new")).is_empty());
    assert_eq!(names(house.maildir().join("cur")), ["1.a:2,F"]);
    assert_eq!(only_id(&*mailbox).await, id);
}

#[tokio::test]
async fn trashed_messages_are_not_shown() {
    let house = House::new();
    let mailbox = house.open().await;
    house.put("cur/1.a:2,ST");
    house.put("cur/2.b:2,S");
    only_id(&*mailbox).await;
}

#[tokio::test]
async fn a_base_that_occurs_twice_is_one_message_and_is_deleted_whole() {
    let house = House::new();
    let mailbox = house.open().await;
    for name in ["new/1.a", "cur/1.a:2,S", "cur/1.a:2,F"] {
        house.put(name);
    }
    let id = only_id(&*mailbox).await;
    mailbox.delete(&inbox(), &[id]).await.unwrap()[0].clone().unwrap();
    assert!(names(house.maildir().join("cur")).is_empty() && names(house.maildir().join("new")).is_empty());
}

#[tokio::test]
async fn a_move_never_overwrites_a_message_of_the_same_name() {
    let house = House::new();
    let mailbox = house.open().await;
    house.put("cur/1.a,S=5:2,S");
    house.put(".Trash/cur/1.a,S=5:2,S");
    let (id, trash) = (only_id(&*mailbox).await, BackendKey(".Trash".to_owned()));
    let moved = mailbox.move_items(&inbox(), &[id], &trash).await.unwrap()[0].clone().unwrap();
    assert_eq!(names(house.maildir().join(".Trash/cur")), ["1.a,S=5:2,S", "1.a-1,S=5:2,S"]);
    let there = mailbox.index(&trash, None).await.unwrap();
    assert!(there.entries.len() == 2 && there.get(&moved.id).is_some());
}

#[tokio::test]
async fn folders_are_told_from_other_directories_and_found_without_their_parents() {
    let house = House::new();
    let mailbox = house.open().await;
    let user = MailboxUser { address: Address::new("alice@example.com").unwrap() };
    house.mailboxes.add_folder(&user, &["Pläne", "2024.05"]).await.unwrap();
    fs::create_dir_all(house.maildir().join(".Lost.Parent.Child/cur")).unwrap();
    fs::create_dir_all(house.maildir().join(".sieve/scripts")).unwrap();
    fs::create_dir_all(house.maildir().join("..DOVECOT-TRASHED/cur")).unwrap();
    let folders = mailbox.folders().await.unwrap();
    let listed: Vec<(&str, Option<&str>, &str)> = folders
        .iter()
        .map(|folder| {
            (folder.key.0.as_str(), folder.parent.as_ref().map(|key| key.0.as_str()), folder.name.as_str())
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("INBOX", None, "Inbox"),
            (".Drafts", None, "Drafts"),
            (".Junk", None, "Junk"),
            (".Lost.Parent.Child", None, "Lost/Parent/Child"),
            (".Pl&AOQ-ne", None, "Pläne"),
            (".Pl&AOQ-ne.2024&AC4-05", Some(".Pl&AOQ-ne"), "2024.05"),
            (".Sent", None, "Sent"),
            (".Trash", None, "Trash"),
        ]
    );
}

#[tokio::test]
async fn inotify_is_open_only_while_somebody_watches() {
    let house = House::new();
    let mailbox = house.open().await;
    let watches = || house.mailboxes.hub.directories_watched();
    assert_eq!(watches(), None);
    let one = mailbox.watch(&[inbox()]).await.unwrap();
    let other = mailbox.watch(&[inbox(), BackendKey(".Sent".to_owned())]).await.unwrap();
    assert_eq!(watches(), Some(5), "the Maildir, and two directories per folder");
    drop(other);
    assert_eq!(watches(), Some(3));
    drop(one);
    assert_eq!(watches(), None);
}

#[tokio::test]
async fn a_maildir_is_found_again_under_every_address_that_can_be_opened() {
    let house = House::new();
    for address in ["alice@example.com", "o'brien@example.com", "a!b@example.com"] {
        let parsed = Address::new(address).unwrap();
        assert!(!house.mailboxes.exists(&parsed).await.unwrap(), "{address}: before it was made");
        house.try_open(address).await.unwrap();
        assert!(house.mailboxes.exists(&parsed).await.unwrap(), "{address}");
    }
    // A disk that is gone says nothing about anybody.
    let bob = Address::new("bob@example.com").unwrap();
    let root = house.directory.path().join("mail");
    fs::rename(&root, house.directory.path().join("away")).unwrap();
    assert!(matches!(house.mailboxes.exists(&bob).await, Err(MailboxError::Unavailable(_))));
    fs::create_dir(&root).unwrap();
    assert!(matches!(house.mailboxes.exists(&bob).await, Err(MailboxError::Unavailable(_))));
}

/// Another program has made the Maildir, without the folders devices need.
#[tokio::test]
async fn folders_a_maildir_lacks_are_made_unless_one_only_looks() {
    let house = House::new();
    for part in ["cur", "new", "tmp", ".Papierkorb/cur"] {
        fs::create_dir_all(house.maildir().join(part)).unwrap();
    }
    // Nothing can be made here.
    fs::write(house.maildir().join(".Junk"), "a file").unwrap();
    let keys = async |mailbox: &dyn Mailbox| -> Vec<String> {
        mailbox.folders().await.unwrap().into_iter().map(|folder| folder.key.0).collect()
    };
    let user = MailboxUser { address: Address::new("alice@example.com").unwrap() };
    let looking = house.mailboxes.clone().leaving_folders();
    let looking = looking.open(&user, &Secret(Vec::new())).await.unwrap();
    assert_eq!(keys(&*looking).await, ["INBOX", ".Papierkorb"]);

    let mailbox = house.open().await;
    for _ in 0..2 {
        assert_eq!(keys(&*mailbox).await, ["INBOX", ".Drafts", ".Papierkorb", ".Sent"]);
    }
    assert_eq!(names(house.maildir().join(".Sent")), ["cur", "maildirfolder", "new", "tmp"]);
    fs::remove_file(house.maildir().join(".Junk")).unwrap();
    assert!(keys(&*mailbox).await.contains(&".Junk".to_owned()));
}
