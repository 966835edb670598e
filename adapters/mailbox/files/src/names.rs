//! Which messages a folder has, by its file names.
//!
//! A directory cannot be read at one moment: a file renamed meanwhile (a flag change) may be seen under both names or
//! under none. So a reading counts when the directories' modification times are the same before and after it, and
//! when those times can be told from "now": a change within the same tick of the file system's clock would leave no
//! trace. The file system's own clock is asked, by making a file and looking at its time, because it may be another
//! machine's.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use syncledger_domain::{ids::ItemId, ports::mailbox::ItemState};

use crate::{account::FolderDir, message};

/// Readings before a folder that never keeps still is taken as all of them together show it.
const READINGS: usize = 5;

/// How long, in steps of two milliseconds, to wait for the file system's clock to move on. Enough for a kernel tick
/// of 10 ms; a file system that counts whole seconds is not waited for.
const TICK_STEPS: usize = 8;

/// Files in `tmp` older than this are left over from a delivery that failed (Maildir, "How a message is delivered").
const STALE_TMP_SECS: i64 = 36 * 3600;

/// A message's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    pub(crate) id: ItemId,
    pub(crate) name: OsString,
    pub(crate) place: Place,
}

/// Which of the two directories a message is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    New,
    Cur,
}

impl Named {
    pub(crate) fn path(&self, folder: &FolderDir) -> std::path::PathBuf {
        match self.place {
            Place::New => folder.new_dir().join(&self.name),
            Place::Cur => folder.cur_dir().join(&self.name),
        }
    }

    pub(crate) fn state(&self) -> ItemState {
        ItemState { id: self.id.clone(), fingerprint: message::flags(&self.name).fingerprint() }
    }
}

/// The messages of a folder, by id.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) files: Vec<Named>,
}

impl Names {
    /// One reading, which may miss a message that is being renamed. For finding messages one knows of; whoever does
    /// not find one here asks [`Names::settled`].
    pub(crate) fn glimpse(folder: &FolderDir) -> io::Result<Self> {
        let mut files = Vec::new();
        read_both(folder, &mut files)?;
        Ok(Self::from_files(files, message::item_id))
    }

    /// All messages, and the stamp of the moment; without one where nobody can tell whether something changes
    /// within the same tick.
    pub(crate) fn settled(folder: &FolderDir) -> io::Result<(Self, Option<Stamp>)> {
        let mut files = Vec::new();
        for reading in 0..READINGS {
            let before = Stamp::of(folder)?;
            let told_apart = wait_for_tick(folder, before, reading == 0);
            let earlier_readings = files.len();
            read_both(folder, &mut files)?;
            if Stamp::of(folder)? == before {
                files.drain(..earlier_readings);
                return Ok((Self::from_files(files, message::item_id), told_apart.then_some(before)));
            }
        }
        Ok((Self::from_files(files, message::item_id), None))
    }

    pub(crate) fn get(&self, id: &ItemId) -> Option<&Named> {
        let at = self.files.binary_search_by(|file| file.id.cmp(id)).ok()?;
        self.files.get(at).filter(|file| !message::is_trashed(&file.name))
    }

    /// The message with this base, whether trashed or not.
    pub(crate) fn by_base(&self, base: &[u8]) -> Option<&Named> {
        self.files.iter().find(|file| message::base(&file.name) == base)
    }

    /// Puts a renamed message in the place of what it was.
    pub(crate) fn replace(&mut self, file: Named) {
        if let Ok(at) = self.files.binary_search_by(|known| known.id.cmp(&file.id)) {
            self.files[at] = file;
        }
    }

    /// Takes a message out.
    pub(crate) fn remove(&mut self, id: &ItemId) {
        self.files.retain(|file| file.id != *id);
    }

    /// Sorts files by id. Of those with the same base the last one found counts. Of two bases with the same hash, the
    /// first in byte order keeps it, the other gets the next.
    fn from_files(mut files: Vec<Named>, hash: impl Fn(&[u8], u32) -> ItemId) -> Self {
        // The sort is stable, so what was found later stays behind what was found earlier.
        files
            .sort_by(|a, b| a.id.cmp(&b.id).then_with(|| message::base(&a.name).cmp(message::base(&b.name))));
        files.dedup_by(|later, kept| {
            let same = message::base(&later.name) == message::base(&kept.name);
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        let twins: Vec<usize> = (1..files.len()).filter(|&at| files[at].id == files[at - 1].id).collect();
        for &at in &twins {
            let taken = |id: &ItemId| files.iter().any(|file| file.id == *id);
            let base = message::base(&files[at].name);
            let free = (1..=u32::MAX).map(|attempt| hash(base, attempt)).find(|id| !taken(id));
            files[at].id = free.expect("a directory has fewer files than there are attempts");
        }
        if !twins.is_empty() {
            files.sort_by(|a, b| a.id.cmp(&b.id));
        }
        Self { files }
    }
}

/// Reads `new`, then `cur`: a message that moves on meanwhile is seen twice, not never, and last where it went.
fn read_both(folder: &FolderDir, files: &mut Vec<Named>) -> io::Result<()> {
    read_dir(&folder.new_dir(), Place::New, files)?;
    read_dir(&folder.cur_dir(), Place::Cur, files)
}

fn read_dir(path: &Path, place: Place, files: &mut Vec<Named>) -> io::Result<()> {
    let entries = match fs::read_dir(path) {
        // A folder just made by another program gets its parts one after the other.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().first() == Some(&b'.');
        // A file that has vanished has no type.
        if !hidden && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            files.push(Named { id: message::item_id(message::base(&name), 0), name, place });
        }
    }
    Ok(())
}

/// The state of a folder's two directories: their inodes and modification times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    new: DirStamp,
    cur: DirStamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct DirStamp {
    inode: u64,
    modified: Moment,
}

/// Seconds and nanoseconds since 1970.
type Moment = (i64, i64);

impl Stamp {
    pub(crate) fn of(folder: &FolderDir) -> io::Result<Self> {
        Ok(Self { new: DirStamp::of(&folder.new_dir())?, cur: DirStamp::of(&folder.cur_dir())? })
    }

    /// As the token of a [`syncledger_domain::ports::mailbox::FolderIndex`].
    pub(crate) fn token(self) -> String {
        let part = |dir: DirStamp| format!("{:x}.{:x}.{:x}", dir.inode, dir.modified.0, dir.modified.1);
        format!("{}/{}", part(self.new), part(self.cur))
    }

    fn is_before(self, now: Moment) -> bool {
        self.new.modified < now && self.cur.modified < now
    }
}

impl DirStamp {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(meta) => Ok(Self { inode: meta.ino(), modified: (meta.mtime(), meta.mtime_nsec()) }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }
}

/// Waits until a change made from now on must give a directory another time than `stamp` has; `false` when that
/// does not happen soon.
fn wait_for_tick(folder: &FolderDir, stamp: Stamp, sweep: bool) -> bool {
    for step in 0..TICK_STEPS {
        // Without a clock (a read-only file system, say) nothing can be told apart.
        let Ok(now) = file_system_clock(folder) else { return false };
        if sweep && step == 0 {
            sweep_tmp(folder, now);
        }
        if stamp.is_before(now) {
            return true;
        }
        thread::sleep(Duration::from_millis(2));
    }
    false
}

fn file_system_clock(folder: &FolderDir) -> io::Result<Moment> {
    static PROBES: AtomicU64 = AtomicU64::new(0);
    let name = format!("syncledger-clock-{}-{}", std::process::id(), PROBES.fetch_add(1, Relaxed));
    let path = folder.tmp_dir().join(name);
    let probe = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    let meta = probe.metadata();
    fs::remove_file(&path)?;
    let meta = meta?;
    Ok((meta.mtime(), meta.mtime_nsec()))
}

/// Removes what failed deliveries left. The time of the last status change counts: a delivery may set the
/// modification time to whatever the message says.
fn sweep_tmp(folder: &FolderDir, now: Moment) {
    let Ok(entries) = fs::read_dir(folder.tmp_dir()) else { return };
    for entry in entries.flatten() {
        let stale =
            entry.metadata().is_ok_and(|meta| meta.is_file() && meta.ctime() < now.0 - STALE_TMP_SECS);
        if stale {
            // Another program may sweep as well; whoever comes second finds nothing.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str], hash: impl Fn(&[u8], u32) -> ItemId) -> Vec<Named> {
        let named = |name: &&str| Named {
            id: hash(name.split(':').next().unwrap().as_bytes(), 0),
            name: name.into(),
            place: Place::Cur,
        };
        names.iter().map(named).collect()
    }

    #[test]
    fn two_bases_with_one_hash_get_two_ids_and_the_first_keeps_its_own() {
        let weak = |base: &[u8], attempt: u32| {
            let length = u32::try_from(base.len()).unwrap();
            ItemId::new(&format!("h{}", (length + attempt) % 7)).unwrap()
        };
        let files = files(&["cc:2,", "aa:2,", "bb:2,", "aa:2,S", "ddd:2,"], weak);
        let names = Names::from_files(files, weak);
        let ids: Vec<(&str, &str)> =
            names.files.iter().map(|file| (file.id.as_str(), file.name.to_str().unwrap())).collect();
        assert_eq!(ids, [("h2", "aa:2,S"), ("h3", "ddd:2,"), ("h4", "bb:2,"), ("h5", "cc:2,")]);
        for file in &names.files {
            assert_eq!(names.get(&file.id), Some(file));
        }
    }

    #[test]
    fn trashed_messages_are_not_found() {
        let names = Names::from_files(files(&["a:2,", "b:2,ST"], message::item_id), message::item_id);
        assert!(names.get(&message::item_id(b"a", 0)).is_some());
        assert!(names.get(&message::item_id(b"b", 0)).is_none());
    }

    #[test]
    fn only_what_a_failed_delivery_left_long_ago_is_swept_from_tmp() {
        let directory = tempfile::tempdir().unwrap();
        let key = syncledger_domain::ports::mailbox::BackendKey("INBOX".to_owned());
        let folder = FolderDir { key, path: directory.path().to_owned() };
        folder.complete().unwrap();
        let left = folder.tmp_dir().join("left");
        fs::write(&left, "half a mess").unwrap();
        // An old message being moved in keeps its old modification time.
        fs::File::open(&left).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let (now, _) = file_system_clock(&folder).unwrap();
        sweep_tmp(&folder, (now + 35 * 3600, 0));
        assert!(left.exists());
        sweep_tmp(&folder, (now + 37 * 3600, 0));
        assert!(!left.exists());
    }
}
