//! Attributes with several values in one text.

use std::fmt;

use crate::ids::Address;

/// Longest value of a list, in characters.
const VALUE_CHARS: usize = 512;

/// What the values of a list are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListOf {
    /// Mail addresses.
    Addresses,
    /// Names without commas.
    Names,
    /// SHA-1 in hexadecimal.
    Hashes,
    /// A name, a colon, and a SHA-1 in hexadecimal.
    NamedHashes,
}

impl ListOf {
    /// The list in canonical form: no blanks around values, each value once, in the order given.
    pub(super) fn parse(self, text: &str, max: usize) -> Option<String> {
        let mut values: Vec<String> = Vec::new();
        if text.is_empty() {
            return Some(String::new());
        }
        for part in text.split(',') {
            let value = self.value(part.trim())?;
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() > max {
                return None;
            }
        }
        Some(values.join(","))
    }

    fn value(self, text: &str) -> Option<String> {
        match self {
            Self::Addresses => Address::new(text).ok().map(|address| address.to_string()),
            Self::Names => name(text),
            Self::Hashes => sha1(text),
            Self::NamedHashes => {
                let (label, hash) = text.rsplit_once(':')?;
                Some(format!("{}:{}", name(label.trim())?, sha1(hash.trim())?))
            }
        }
    }
}

impl fmt::Display for ListOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addresses => "mail addresses",
            Self::Names => "names of at most 512 characters",
            Self::Hashes => "SHA-1 hashes of 40 hex digits",
            Self::NamedHashes => "entries name:hash with SHA-1 hashes of 40 hex digits",
        })
    }
}

fn name(text: &str) -> Option<String> {
    let good = !text.is_empty() && text.chars().count() <= VALUE_CHARS && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
}

fn sha1(text: &str) -> Option<String> {
    let good = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| text.to_ascii_lowercase())
}
