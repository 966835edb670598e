//! Where an account's mail lies, and how its Maildir comes into being.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use syncledger_domain::{
    ids::Address,
    ports::mailbox::{BackendKey, FolderRole, MailboxError},
};

use crate::{
    error::{reading, writing},
    read,
};

/// Key of the folder that is the Maildir itself. All others begin with a dot, so none can take its name.
pub(crate) const INBOX: &str = "INBOX";

/// Folders of a new Maildir, which one that came from elsewhere gets too where it has none for the role.
pub(crate) const FIRST_FOLDERS: [(FolderRole, &str); 4] = [
    (FolderRole::Drafts, ".Drafts"),
    (FolderRole::Junk, ".Junk"),
    (FolderRole::Sent, ".Sent"),
    (FolderRole::Trash, ".Trash"),
];

/// Device and inode of the root as first seen.
pub(crate) type RootId = (u64, u64);

/// An account's Maildir, known to have existed.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) maildir: PathBuf,
}

impl Account {
    /// Finds the Maildir, and makes it when it is missing.
    pub(crate) fn open(
        root: &Path,
        root_id: &OnceLock<RootId>,
        address: &Address,
    ) -> Result<Self, MailboxError> {
        let (root, is_as_before) = find_root(root, root_id)?;
        let maildir = maildir_of(&root, address);
        if !maildir.join("cur").is_dir() {
            is_as_before?;
            create_maildir(&maildir).map_err(writing("new Maildir"))?;
        }
        let maildir = maildir.canonicalize().map_err(reading("Maildir"))?;
        if !maildir.starts_with(&root) {
            return Err(MailboxError::Denied("Maildir lies outside of the mail root".to_owned()));
        }
        Ok(Self { maildir })
    }

    /// The directory of a folder.
    ///
    /// # Errors
    /// [`MailboxError::NoSuchFolder`] when the key is not one of ours or its directory is missing, and
    /// [`MailboxError::Unavailable`] when the whole Maildir is.
    pub(crate) fn folder(&self, key: &BackendKey) -> Result<FolderDir, MailboxError> {
        let path = if key.0 == INBOX {
            self.maildir.clone()
        } else if is_folder_dir_name(&key.0) {
            self.maildir.join(&key.0)
        } else {
            return Err(MailboxError::NoSuchFolder(key.clone()));
        };
        let folder = FolderDir { key: key.clone(), path };
        if !is_real_dir(&self.maildir) {
            return Err(MailboxError::Unavailable("Maildir is missing".to_owned()));
        }
        let whole = is_real_dir(&folder.path)
            && [folder.cur_dir(), folder.new_dir(), folder.tmp_dir()].iter().all(no_link);
        if whole { Ok(folder) } else { Err(MailboxError::NoSuchFolder(key.clone())) }
    }

    /// The lock that creations and moves hold, so that two of them never see the same gap. An advisory lock on a
    /// file, because another node may serve the same directory.
    pub(crate) fn lock(&self) -> io::Result<fs::File> {
        let file = read::no_follow()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.maildir.join("syncledger.lock"))?;
        file.lock()?;
        Ok(file)
    }
}

/// Whether there is a Maildir of this address, none being made.
pub(crate) fn exists(
    root: &Path,
    root_id: &OnceLock<RootId>,
    address: &Address,
) -> Result<bool, MailboxError> {
    let (root, is_as_before) = find_root(root, root_id)?;
    let found = maildir_of(&root, address).is_dir();
    if found { Ok(true) } else { is_as_before.map(|()| false) }
}

/// The root, and whether it is the directory it was at first: an unmounted disk leaves an empty one behind, of which
/// nothing may be concluded. No fresh mailboxes there, or every device would be told that all mail is gone.
fn find_root(
    root: &Path,
    root_id: &OnceLock<RootId>,
) -> Result<(PathBuf, Result<(), MailboxError>), MailboxError> {
    let root = root.canonicalize().map_err(reading("mail root"))?;
    let here = fs::metadata(&root).map_err(reading("mail root"))?;
    let id = (here.dev(), here.ino());
    let is_as_before = if *root_id.get_or_init(|| id) == id {
        Ok(())
    } else {
        Err(MailboxError::Unavailable("mail root is another directory than before".to_owned()))
    };
    Ok((root, is_as_before))
}

fn maildir_of(root: &Path, address: &Address) -> PathBuf {
    root.join(address.domain().as_str()).join(path_component(address.local())).join("Maildir")
}

/// A folder's directory with its `cur`, `new` and `tmp`.
#[derive(Clone, Debug)]
pub(crate) struct FolderDir {
    pub(crate) key: BackendKey,
    pub(crate) path: PathBuf,
}

impl FolderDir {
    /// Messages some mail program has seen.
    pub(crate) fn cur_dir(&self) -> PathBuf {
        self.path.join("cur")
    }

    /// Messages just delivered.
    pub(crate) fn new_dir(&self) -> PathBuf {
        self.path.join("new")
    }

    /// Messages being written.
    pub(crate) fn tmp_dir(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Makes what is missing of the three directories.
    pub(crate) fn complete(&self) -> io::Result<()> {
        [self.tmp_dir(), self.new_dir(), self.cur_dir()].iter().try_for_each(|path| make_dir(path))
    }
}

/// Whether a key could name a folder's directory: `.Name` or `.Name.Name`, one path component.
pub(crate) fn is_folder_dir_name(name: &str) -> bool {
    let Some(path) = name.strip_prefix('.') else { return false };
    name.len() <= 255 && path.split('.').all(|part| !part.is_empty()) && !name.contains(['/', '\0'])
}

pub(crate) fn is_real_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
}

fn no_link(path: &PathBuf) -> bool {
    fs::symlink_metadata(path).map_or_else(|error| error.kind() == ErrorKind::NotFound, |meta| meta.is_dir())
}

/// `cur` of the Maildir itself comes last: where it exists, everything does.
fn create_maildir(maildir: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(maildir)?;
    for (_, name) in FIRST_FOLDERS {
        create_folder(&maildir.join(name))?;
    }
    FolderDir { key: BackendKey(INBOX.to_owned()), path: maildir.to_owned() }.complete()
}

/// Makes a folder's directory; one that exists is completed.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    make_dir(path)?;
    FolderDir { key: BackendKey(String::new()), path: path.to_owned() }.complete()?;
    // The mark by which delivery agents tell a folder from a Maildir of its own.
    read::no_follow().create(true).append(true).open(path.join("maildirfolder")).map(drop)
}

fn make_dir(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_real_dir(path) => Ok(()),
        made => made,
    }
}

/// A local part as one path component, different for different local parts: letters, digits and `-_+=.` stand for
/// themselves, a leading dot and everything else is `%XX` per byte.
fn path_component(local: &str) -> String {
    let mut component = String::with_capacity(local.len());
    for (at, c) in local.char_indices() {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '=') || (c == '.' && at > 0) {
            component.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(component, "%{byte:02X}").expect("writing to a string never fails");
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_parts_stay_one_component_and_stay_apart() {
        for (local, component) in [
            ("alice", "alice"),
            ("a.b+c=d-e_f", "a.b+c=d-e_f"),
            ("..", "%2E."),
            (".", "%2E"),
            (".hidden", "%2Ehidden"),
            ("a%2Eb", "a%252Eb"),
            ("a'b", "a%27b"),
            ("jürgen", "jürgen"),
        ] {
            assert_eq!(path_component(local), component);
        }
    }

    #[test]
    fn only_plain_dot_names_are_folders() {
        for good in [".Sent", ".A.B", ".&AOQ-", ". "] {
            assert!(is_folder_dir_name(good), "{good:?}");
        }
        let long = format!(".{}", "x".repeat(255));
        for bad in [
            "",
            ".",
            "..",
            "...",
            ".A.",
            ".A..B",
            "cur",
            "/",
            "./x",
            ".A/../..",
            "..DOVECOT-TRASHED",
            ".\0",
            &long,
        ] {
            assert!(!is_folder_dir_name(bad), "{bad:?}");
        }
    }
}
