//! Changes to messages: every one of them is a rename or an unlink.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind},
};

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{Each, FlagChange, ItemChange, ItemState, MailboxError},
};

use crate::{
    account::{Account, FolderDir},
    error::{reading, writing},
    message,
    names::{Named, Names, Place},
    read,
};

/// Times a message is looked for again when another program renamed it first.
const ATTEMPTS: usize = 8;

/// Changes flags.
pub(crate) fn update(
    folder: &FolderDir,
    changes: &[(ItemId, ItemChange)],
) -> Result<Each<ItemState>, MailboxError> {
    folder.complete().map_err(writing("folder"))?;
    let ids: Vec<ItemId> = changes.iter().map(|(id, _)| id.clone()).collect();
    let mut names = read::find(folder, &ids).map_err(reading("folder"))?;
    Ok(changes.iter().map(|(id, change)| update_one(folder, &mut names, id, change)).collect())
}

fn update_one(
    folder: &FolderDir,
    names: &mut Names,
    id: &ItemId,
    change: &ItemChange,
) -> Result<ItemState, MailboxError> {
    let change: FlagChange = match change {
        ItemChange::Flags(change) => *change,
        ItemChange::Content(_) => {
            return Err(MailboxError::Unsupported("the content of a message never changes"));
        }
    };
    let renamed = rename_found(folder, names, id, "flags", |file| {
        let before = message::flags(&file.name);
        let after = change.apply(before);
        if before == after {
            return Ok(file.clone());
        }
        // Only names in `cur` may carry flags.
        let renamed =
            Named { id: file.id.clone(), name: message::with_flags(&file.name, after), place: Place::Cur };
        fs::rename(file.path(folder), renamed.path(folder)).map(|()| renamed)
    })?;
    let state = renamed.state();
    names.replace(renamed);
    Ok(state)
}

/// Moves messages, content and flags as they are.
pub(crate) fn move_items(
    account: &Account,
    from: &FolderDir,
    ids: &[ItemId],
    to: &FolderDir,
) -> Result<Each<ItemState>, MailboxError> {
    to.complete().map_err(writing("move"))?;
    let _lock = account.lock().map_err(writing("move"))?;
    let mut names = read::find(from, ids).map_err(reading("folder"))?;
    if from.path == to.path {
        let here =
            |id: &ItemId| names.get(id).map(Named::state).ok_or_else(|| MailboxError::NoSuchItem(id.clone()));
        return Ok(ids.iter().map(here).collect());
    }
    let there = Names::glimpse(to).map_err(reading("folder"))?;
    let mut taken: BTreeSet<Vec<u8>> =
        there.files.iter().map(|file| message::base(&file.name).to_vec()).collect();
    let mut moved: Each<Named> = Vec::with_capacity(ids.len());
    for id in ids {
        let result = rename_found(from, &names, id, "move", |file| {
            let base = free_base(message::base(&file.name), &taken);
            let name = message::with_base(&file.name, &base);
            let moved = Named { id: message::item_id(&base, 0), name, place: Place::Cur };
            fs::rename(file.path(from), moved.path(to))?;
            taken.insert(base);
            Ok(moved)
        });
        names.remove(id);
        moved.push(result);
    }
    // Only the whole folder can tell whether an id was taken there.
    let there = Names::glimpse(to).map_err(reading("folder"))?;
    let state = |moved: Named| there.by_base(message::base(&moved.name)).unwrap_or(&moved).state();
    Ok(moved.into_iter().map(|result| result.map(state)).collect())
}

/// The base itself, or one like it: some programs copy messages without giving the copy a name of its own.
fn free_base(base: &[u8], taken: &BTreeSet<Vec<u8>>) -> Vec<u8> {
    let comma = base.iter().position(|&byte| byte == b',').unwrap_or(base.len());
    let (unique, fields) = base.split_at(comma);
    let numbered = |n: usize| [unique, format!("-{n}").as_bytes(), fields].concat();
    let mut candidates = std::iter::once(base.to_vec()).chain((1..=taken.len() + 1).map(numbered));
    candidates.find(|base| !taken.contains(base)).expect("more candidates than taken bases")
}

/// Deletes messages. After each pass the folder is looked at again, because a message renamed meanwhile is still
/// there under its new name.
pub(crate) fn delete(folder: &FolderDir, ids: &[ItemId]) -> Result<Each<()>, MailboxError> {
    let mut each: Each<()> = ids.iter().map(|_| Ok(())).collect();
    for _ in 0..ATTEMPTS {
        let names = read::find(folder, ids).map_err(reading("folder"))?;
        let mut found = false;
        for (id, result) in ids.iter().zip(&mut each) {
            let Some(file) = names.get(id) else { continue };
            match fs::remove_file(file.path(folder)) {
                Ok(()) => found = true,
                Err(error) if error.kind() == ErrorKind::NotFound => found = true,
                Err(error) => *result = Err(writing("delete")(error)),
            }
        }
        if !found {
            break;
        }
    }
    Ok(each)
}

/// Renames a message's file, looking for it anew when it is no longer where it was; reports where it is then.
fn rename_found(
    folder: &FolderDir,
    names: &Names,
    id: &ItemId,
    what: &'static str,
    mut rename: impl FnMut(&Named) -> io::Result<Named>,
) -> Result<Named, MailboxError> {
    let mut found = names.get(id).cloned();
    for _ in 0..ATTEMPTS {
        let file = found.ok_or_else(|| MailboxError::NoSuchItem(id.clone()))?;
        match rename(&file) {
            Ok(renamed) => return Ok(renamed),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let now = read::find(folder, std::slice::from_ref(id)).map_err(reading("folder"))?;
                found = now.get(id).cloned();
            }
            Err(error) => return Err(writing(what)(error)),
        }
    }
    Err(MailboxError::Unavailable("message is renamed all the time".to_owned()))
}
