//! Creation of messages, so that a repetition finds the first.
//!
//! The origin of a message is part of its file name, as a hash; a creation looks for it first, under the account's
//! lock. The file is written whole in `tmp`, forced to the disk, and only then renamed into `cur`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use syncledger_domain::{
    event::Timestamp,
    ports::mailbox::{ItemState, MailboxError, NewItem, Origin},
};

use crate::{
    account::{Account, FolderDir},
    error::{reading, writing},
    message,
    names::{Named, Names, Place},
    read,
};

/// Creates a message, or finds the one its origin created before.
pub(crate) fn create(
    account: &Account,
    folder: &FolderDir,
    item: &NewItem,
) -> Result<ItemState, MailboxError> {
    let failed = || writing("new message");
    folder.complete().map_err(failed())?;
    let _lock = account.lock().map_err(failed())?;
    let mark = mark(&item.origin);
    let earlier = Names::settled(folder).map_err(reading("folder"))?.0;
    if let Some(found) = earlier.files.iter().find(|file| is_marked(file, &mark)) {
        return Ok(found.state());
    }
    let base = format!("{}.{mark}.syncledger,S={}", item.date.seconds().max(0), item.content.len());
    let name = message::with_flags(base.as_ref(), item.flags);
    let tmp = folder.tmp_dir().join(&base);
    let written = write(&tmp, item).and_then(|()| fs::rename(&tmp, folder.cur_dir().join(&name)));
    if let Err(error) = written {
        let _ = fs::remove_file(&tmp);
        return Err(failed()(error));
    }
    File::open(folder.cur_dir()).and_then(|dir| dir.sync_all()).map_err(failed())?;
    // Only the whole folder can tell whether the new message's id was taken.
    let now = Names::glimpse(folder).map_err(reading("folder"))?;
    let created = Named { id: message::item_id(base.as_bytes(), 0), name, place: Place::Cur };
    Ok(now.by_base(base.as_bytes()).unwrap_or(&created).state())
}

/// Device and client id as the unique part of a file name. Each is preceded by its length, so that no two pairs are
/// written alike.
fn mark(origin: &Origin) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [origin.device.as_str(), origin.client_id.as_str()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    format!("O{}", message::base32(&hasher.finalize().as_bytes()[..20]))
}

fn is_marked(file: &Named, mark: &str) -> bool {
    let name = file.name.as_encoded_bytes();
    name.split(|&byte| byte == b'.').nth(1) == Some(mark.as_bytes())
}

fn write(tmp: &Path, item: &NewItem) -> io::Result<()> {
    // A crash may have left a file of this name; the lock is ours, so nobody is writing it now.
    let mut file = read::no_follow().write(true).create(true).truncate(true).open(tmp)?;
    file.write_all(&item.content)?;
    file.set_modified(system_time(item.date))?;
    file.sync_all()
}

fn system_time(date: Timestamp) -> SystemTime {
    let distance = Duration::from_micros(date.0.unsigned_abs());
    let time = if date.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}
