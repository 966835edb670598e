//! File names of messages: `<base>:2,<flags>` (Maildir, "Info").
//!
//! The base never changes while the message exists and belongs to it alone; the item id is a hash of it. Of the flags
//! we know `S` seen, `F` flagged, `R` replied, `P` passed on and `T` trashed; all others (`D`, and the keywords
//! Dovecot writes as lower-case letters) are kept as they are.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
};

use syncledger_domain::{ids::ItemId, ports::mailbox::MailFlags};

/// Bytes of the hash in an item id: with a million messages in one folder, the chance of two with the same is one in
/// 10^12, and then the second gets another one.
const ID_BYTES: usize = 10;

/// The part of a file name that stays.
pub(crate) fn base(name: &OsStr) -> &[u8] {
    let name = name.as_bytes();
    name.iter().position(|&byte| byte == b':').map_or(name, |end| &name[..end])
}

/// The letters behind `:2,`.
fn letters(name: &OsStr) -> &[u8] {
    let info = name.as_bytes().get(base(name).len()..).and_then(|info| info.strip_prefix(b":2,"));
    let info = info.unwrap_or_default();
    info.iter().position(|&byte| byte == b',').map_or(info, |end| &info[..end])
}

/// The flags a name shows.
pub(crate) fn flags(name: &OsStr) -> MailFlags {
    let has = |letter: u8| letters(name).contains(&letter);
    MailFlags { read: has(b'S'), flagged: has(b'F'), answered: has(b'R'), forwarded: has(b'P') }
}

/// Whether the message is marked as deleted and waits to be expunged: nobody wants to see it any more.
pub(crate) fn is_trashed(name: &OsStr) -> bool {
    letters(name).contains(&b'T')
}

/// The name with other flags, letters in the order the format asks for.
pub(crate) fn with_flags(name: &OsStr, flags: MailFlags) -> OsString {
    let ours = [(b'S', flags.read), (b'F', flags.flagged), (b'R', flags.answered), (b'P', flags.forwarded)];
    let mut kept: Vec<u8> =
        letters(name).iter().copied().filter(|letter| ours.iter().all(|(own, _)| own != letter)).collect();
    kept.extend(ours.iter().filter(|(_, set)| *set).map(|(letter, _)| letter));
    kept.sort_unstable();
    kept.dedup();
    compose(base(name), &kept)
}

/// The same flags on another base.
pub(crate) fn with_base(name: &OsStr, base: &[u8]) -> OsString {
    compose(base, letters(name))
}

fn compose(base: &[u8], letters: &[u8]) -> OsString {
    OsString::from_vec([base, b":2,", letters].concat())
}

/// The id of a base. `attempt` is 0 unless another message of the folder has that id already.
pub(crate) fn item_id(base: &[u8], attempt: u32) -> ItemId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(base);
    if attempt > 0 {
        // No file name has a NUL, so no other base hashes the same bytes.
        hasher.update(b"\0").update(&attempt.to_le_bytes());
    }
    let hash = hasher.finalize();
    ItemId::new(&base32(&hash.as_bytes()[..ID_BYTES])).expect("base32 of ten bytes is a valid item id")
}

/// Base32 (RFC 4648, "Base 32 Encoding") in lower case, for whole groups of five bytes.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits =
            group.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte)) << (8 * (5 - group.len()));
        for at in (0..8).rev() {
            text.push(char::from(ALPHABET[(bits >> (5 * at) & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn the_base_keeps_what_dovecot_writes_into_it() {
        assert_eq!(base(name("1.M2P3.host,S=10,W=12:2,RS")), b"1.M2P3.host,S=10,W=12");
        assert_eq!(base(name("1.M2P3.host")), b"1.M2P3.host");
        assert_eq!(base(name("1.x:1,experimental")), b"1.x");
    }

    #[test]
    fn flags_are_read_and_others_survive_a_change() {
        let all = MailFlags { read: true, flagged: true, answered: true, forwarded: true };
        assert_eq!(flags(name("1.x:2,FPRS")), all);
        assert_eq!(flags(name("1.x")), MailFlags::default());
        assert_eq!(flags(name("1.x:1,FPRS")), MailFlags::default());
        assert_eq!(
            with_flags(name("1.x:2,DSabT"), MailFlags { flagged: true, ..MailFlags::default() }),
            "1.x:2,DFTab"
        );
        assert_eq!(with_flags(name("1.x"), all), "1.x:2,FPRS");
        assert!(is_trashed(name("1.x:2,ST")) && !is_trashed(name("1.T:2,S")));
    }

    #[test]
    fn ids_depend_on_the_base_alone_and_base32_is_the_rfcs() {
        assert_eq!(item_id(base(name("1.x:2,S")), 0), item_id(base(name("1.x")), 0));
        assert_ne!(item_id(b"1.x", 0), item_id(b"1.x", 1));
        assert_ne!(item_id(b"1.x", 0), item_id(b"1.y", 0));
        assert_eq!(item_id(b"1.x", 0).as_str().len(), 16);
        assert_eq!(base32(b"fooba"), "mzxw6ytb");
    }
}
