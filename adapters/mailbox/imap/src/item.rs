//! Item ids: `<uid>-<UIDVALIDITY in base 36>`. A changed UIDVALIDITY makes every id a new one, so that no message is
//! ever taken for another (RFC 3501, "Unique Identifier (UID) Message Attribute").

use syncledger_domain::{ids::ItemId, ports::mailbox::MailFlags};

/// What an item id says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) validity: u32,
}

impl Identity {
    /// `None` for an id this backend never gave out.
    pub(crate) fn of(id: &ItemId) -> Option<Self> {
        let (uid, validity) = id.as_str().split_once('-')?;
        let identity = Self { uid: uid.parse().ok()?, validity: u32::from_str_radix(validity, 36).ok()? };
        (identity.uid > 0 && identity.id() == *id).then_some(identity)
    }

    pub(crate) fn id(self) -> ItemId {
        let mut digits = [0; 7];
        let mut at = digits.len();
        let mut rest = self.validity;
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
            rest /= 36;
            if rest == 0 {
                break;
            }
        }
        let text = format!("{}-{}", self.uid, String::from_utf8_lossy(&digits[at..]));
        ItemId::new(&text).expect("digits, letters and a hyphen, at most 18")
    }
}

/// The flags of a message as a gateway sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) mail: MailFlags,
    /// `\Deleted`: gone for all but IMAP's bookkeeping.
    pub(crate) deleted: bool,
}

impl Flags {
    pub(crate) fn parse<F: AsRef<[u8]>>(words: &[F]) -> Self {
        let has = |name: &str| words.iter().any(|word| word.as_ref().eq_ignore_ascii_case(name.as_bytes()));
        Self {
            mail: MailFlags {
                read: has("\\Seen"),
                flagged: has("\\Flagged"),
                answered: has("\\Answered"),
                forwarded: has(FORWARDED),
            },
            deleted: has("\\Deleted"),
        }
    }
}

/// The keyword of forwarded mail (RFC 5788, "IMAP4 Keyword Registration").
pub(crate) const FORWARDED: &str = "$Forwarded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_nothing_else_does() {
        for (uid, validity) in [(1, 0), (7, 35), (u32::MAX, u32::MAX), (304, 1_795_372_434)] {
            let identity = Identity { uid, validity };
            assert_eq!(Identity::of(&identity.id()), Some(identity));
        }
        for bad in ["1", "0-a", "-a", "1-", "01-a", "1-A", "1-0a", "1-zzzzzzzz", "x-1", "1-1-1"] {
            assert_eq!(Identity::of(&ItemId::new(bad).unwrap()), None, "{bad}");
        }
    }
}
