//! Messages from the disk.

use std::{
    fs,
    io::{self, ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
};

use bytes::Bytes;
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{FetchPart, Fetched, MailboxError},
};

use crate::{
    account::FolderDir,
    message,
    names::{Named, Names},
};

/// The longest header read for the sake of being whole, 1 MiB; what is longer is cut.
const HEADER_MAX: usize = 1 << 20;

/// Times a message is looked for again when its file was renamed between finding and opening it.
const ATTEMPTS: usize = 8;

/// Options for files that lie where other programs may put things: no links, and no waiting at a pipe.
pub(crate) fn no_follow() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).mode(0o600);
    options
}

/// Where the messages are now. One that seems to be missing is looked for a second time, with care.
pub(crate) fn find(folder: &FolderDir, ids: &[ItemId]) -> io::Result<Names> {
    let names = Names::glimpse(folder)?;
    if ids.iter().all(|id| names.get(id).is_some()) {
        return Ok(names);
    }
    Ok(Names::settled(folder)?.0)
}

/// A message; `None` when it is gone. `found` is where it was a moment ago.
pub(crate) fn fetch(
    folder: &FolderDir,
    found: &Named,
    part: FetchPart,
) -> Result<Option<Fetched>, MailboxError> {
    let mut found = found.clone();
    for _ in 0..ATTEMPTS {
        match read(folder, &found, part) {
            Ok(fetched) => return Ok(Some(fetched)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let again =
                    find(folder, std::slice::from_ref(&found.id)).map_err(|error| unreadable(&error))?;
                match again.get(&found.id) {
                    Some(renamed) => found = renamed.clone(),
                    None => return Ok(None),
                }
            }
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Err(MailboxError::Unavailable("message is renamed all the time".to_owned()))
}

fn unreadable(error: &io::Error) -> MailboxError {
    let text = format!("message: {error}");
    let is_link = error.raw_os_error() == Some(libc::ELOOP);
    if is_link || error.kind() == ErrorKind::PermissionDenied {
        MailboxError::Denied(text)
    } else {
        MailboxError::Unavailable(text)
    }
}

fn read(folder: &FolderDir, found: &Named, part: FetchPart) -> io::Result<Fetched> {
    let mut file = no_follow().read(true).open(found.path(folder))?;
    let meta = file.metadata()?;
    let content = match part {
        FetchPart::Full => {
            let mut content = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
            file.read_to_end(&mut content)?;
            content
        }
        FetchPart::Prefix(bytes) => read_prefix(&mut file, usize::try_from(bytes).unwrap_or(usize::MAX))?,
    };
    Ok(Fetched {
        id: found.id.clone(),
        fingerprint: message::flags(&found.name).fingerprint(),
        date: meta.mtime(),
        content: Bytes::from(content),
        size: u32::try_from(meta.len()).unwrap_or(u32::MAX),
    })
}

/// The first `wanted` bytes, or the whole header where that is longer.
fn read_prefix(file: &mut impl Read, wanted: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut searched = 0;
    loop {
        let header_end = header_end(&content, searched);
        let enough = content.len() >= wanted && (header_end.is_some() || content.len() >= HEADER_MAX);
        let short_by = wanted.saturating_sub(content.len()).clamp(8 * 1024, 1 << 20) as u64;
        searched = if header_end.is_some() { searched } else { content.len().saturating_sub(3) };
        if enough || file.by_ref().take(short_by).read_to_end(&mut content)? == 0 {
            content.truncate(header_end.unwrap_or(HEADER_MAX).max(wanted));
            return Ok(content);
        }
    }
}

/// Where the body begins, looking from `from` on.
fn header_end(content: &[u8], from: usize) -> Option<usize> {
    let at = (from..content.len()).find(|&at| {
        let rest = &content[at..];
        rest.starts_with(b"\n\n") || rest.starts_with(b"\n\r\n")
    })?;
    Some(at + if content[at + 1] == b'\r' { 3 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(content: &[u8], wanted: usize) -> usize {
        let read = read_prefix(&mut &*content, wanted).unwrap();
        assert_eq!(read, content[..read.len()]);
        read.len()
    }

    #[test]
    fn a_prefix_has_the_bytes_asked_for_and_at_least_the_header() {
        let message = b"Subject: a\r\nTo: b\r\n\r\nbody\r\n\r\nmore";
        assert_eq!(prefix(message, 0), 21);
        assert_eq!(prefix(message, 23), 23);
        assert_eq!(prefix(message, 1000), message.len());
        assert_eq!(prefix(b"Subject: a\n\nbody", 0), 12);
        assert_eq!(prefix(b"no header end", 3), 13);
        assert_eq!(prefix(b"", 3), 0);
    }

    #[test]
    fn a_long_header_is_read_to_its_end_and_an_endless_one_is_cut() {
        let mut long = [b"X: ".as_slice(), &vec![b'x'; 100_000], b"\r\n\r\n"].concat();
        let header = long.len();
        long.extend_from_slice(&vec![b'b'; 100_000]);
        assert_eq!(prefix(&long, 10), header);
        assert_eq!(prefix(&vec![b'x'; 3 << 20], 10), HEADER_MAX);
        assert_eq!(prefix(&vec![b'x'; 3 << 20], 2 << 20), 2 << 20);
    }
}
