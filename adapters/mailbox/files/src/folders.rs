//! The folders of a Maildir: its subdirectories `.A`, `.A.B`, … (Maildir++, "Folders").

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use syncledger_domain::ports::mailbox::{BackendKey, Folder, FolderClass, FolderRole, MailboxError};

use crate::{
    account::{Account, FIRST_FOLDERS, INBOX, create_folder, is_folder_dir_name, is_real_dir},
    error::{reading, writing},
    mutf7, roles,
};

/// Makes the folders that devices cannot do without and a Maildir lacks.
#[derive(Debug)]
pub(crate) struct Completion {
    /// Whether it does; a look at the mail must not change it.
    wanted: bool,
    /// Maildirs in which a folder could not be made, so that each is spoken of once.
    refused: Mutex<HashSet<PathBuf>>,
}

impl Completion {
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, refused: Mutex::default() }
    }

    /// All folders, parents before children, those included that were missing. Where one cannot be made, the account
    /// does without.
    pub(crate) fn list(&self, account: &Account) -> Result<Vec<Folder>, MailboxError> {
        let folders = list(account)?;
        let is_there = |role| folders.iter().any(|folder| folder.role == Some(role));
        let missing: Vec<&str> =
            FIRST_FOLDERS.into_iter().filter(|(role, _)| !is_there(*role)).map(|(_, dir)| dir).collect();
        if missing.is_empty() || !self.wanted {
            return Ok(folders);
        }
        let mut failed = None;
        for dir in missing {
            failed = create_folder(&account.maildir.join(dir)).err().or(failed);
        }
        self.note(account, failed.as_ref());
        list(account)
    }

    fn note(&self, account: &Account, failed: Option<&io::Error>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            None => {
                refused.remove(&account.maildir);
            }
            Some(error) if refused.insert(account.maildir.clone()) => tracing::warn!(
                maildir = %account.maildir.display(),
                error = %error,
                "a folder for drafts, sent mail, trash or junk is missing and cannot be made: devices do without"
            ),
            Some(_) => {}
        }
    }
}

/// All folders, parents before children.
fn list(account: &Account) -> Result<Vec<Folder>, MailboxError> {
    let dirs = folder_dirs(&account.maildir)?;
    let top: Vec<&str> = dirs.keys().filter(|name| level(name) == 1).map(String::as_str).collect();
    let top_names: Vec<String> = top.iter().map(|name| mutf7::decode(&name[1..])).collect();
    let top_roles = roles::assign(&top_names.iter().map(String::as_str).collect::<Vec<_>>());
    let roles: BTreeMap<&str, FolderRole> =
        top.iter().zip(top_roles).filter_map(|(&dir, role)| Some((dir, role?))).collect();

    let inbox = Folder {
        key: BackendKey(INBOX.to_owned()),
        parent: None,
        name: "Inbox".to_owned(),
        class: FolderClass::Mail,
        role: Some(FolderRole::Inbox),
        identity: identity(&account.maildir),
    };
    let others = dirs.iter().map(|(dir, identity)| {
        let (parent, name) = place(dir, &dirs);
        Folder {
            key: BackendKey(dir.clone()),
            parent,
            name,
            class: FolderClass::Mail,
            role: roles.get(dir.as_str()).copied(),
            identity: identity.clone(),
        }
    });
    Ok(std::iter::once(inbox).chain(others).collect())
}

/// Makes a folder and those around it.
pub(crate) fn create(account: &Account, path: &[String]) -> Result<BackendKey, MailboxError> {
    let mut dir = String::new();
    for name in path {
        dir.push('.');
        dir.push_str(&mutf7::encode(name));
        if !is_folder_dir_name(&dir) {
            return Err(MailboxError::Refused("a folder name is empty or too long".to_owned()));
        }
        create_folder(&account.maildir.join(&dir)).map_err(writing("new folder"))?;
    }
    if dir.is_empty() {
        return Err(MailboxError::Refused("a folder needs a name".to_owned()));
    }
    Ok(BackendKey(dir))
}

/// Directory names of all folders but the Inbox, with what identifies each.
fn folder_dirs(maildir: &Path) -> Result<BTreeMap<String, Option<String>>, MailboxError> {
    let failed = || reading("Maildir");
    let mut dirs = BTreeMap::new();
    for entry in fs::read_dir(maildir).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Symbolic links are no directories here, wherever they lead.
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && is_folder_dir_name(&name) && is_folder(&entry.path()) {
            dirs.insert(name, identity(&entry.path()));
        }
    }
    Ok(dirs)
}

/// Other programs keep directories with a dot here too. A folder has one of a folder's parts, or, just made by its
/// first `mkdir`, nothing at all: it counts from then on, because nothing will tell a watch of the second.
fn is_folder(path: &Path) -> bool {
    ["cur", "new", "tmp", "maildirfolder"].iter().any(|part| path.join(part).exists())
        || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The inode survives renames; the time of birth tells a directory from an earlier one that had its inode. The device
/// number is left out: it may change whenever the disk is mounted.
fn identity(path: &Path) -> Option<String> {
    let meta = fs::symlink_metadata(path).ok()?;
    let born = meta.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Some(match born {
        Some(born) => format!("{:x}-{:x}", meta.ino(), born.as_nanos()),
        None => format!("{:x}", meta.ino()),
    })
}

/// The nearest folder around a directory that exists, and the folder's name below it. Where a level between is
/// missing, the name has its name too: two folders of the same name in the same place could not be told apart.
fn place(dir: &str, dirs: &BTreeMap<String, Option<String>>) -> (Option<BackendKey>, String) {
    let ancestors = dir.rmatch_indices('.').map(|(at, _)| at).filter(|&at| at > 0);
    let parent_len = ancestors.into_iter().find(|&at| dirs.contains_key(&dir[..at])).unwrap_or(0);
    let parent = (parent_len > 0).then(|| BackendKey(dir[..parent_len].to_owned()));
    let names: Vec<String> = dir[parent_len + 1..].split('.').map(mutf7::decode).collect();
    (parent, names.join("/"))
}

fn level(dir: &str) -> usize {
    dir.matches('.').count()
}

/// Whether a folder is still there after its content seemed to be missing.
pub(crate) fn check_present(account: &Account, key: &BackendKey, path: &Path) -> Result<(), MailboxError> {
    if is_real_dir(path) {
        return Ok(());
    }
    account.folder(key).map(drop)
}
