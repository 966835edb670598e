//! The name of an element: a code page and a token.
//!
//! Kept as numbers, so that an element this version does not know survives decoding and can be refused later, by
//! code that knows why.

use std::fmt;

use crate::table;

/// A (code page, token) pair. `Display` and `Debug` give `AirSync:Sync`, or `0x05:0x3F` where no row names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    page: u8,
    token: u8,
}

impl Tag {
    /// The tag `token` of code page `page`.
    ///
    /// `token` is the identity, 0x05..=0x3F, without the content bit (0x40) and the attribute bit (0x80).
    /// WAP-192-WBXML, "Tag Code Space".
    ///
    /// # Panics
    /// If `token` is outside 0x05..=0x3F: such a byte is a control token and would garble the document. In a
    /// constant this is a compile error. For a number from outside use [`Tag::checked`].
    pub const fn new(page: u8, token: u8) -> Self {
        assert!(0x05 <= token && token <= 0x3F, "a tag token is within 0x05..=0x3F");
        Self { page, token }
    }

    /// As [`Tag::new`], `None` where the token is no tag.
    pub const fn checked(page: u8, token: u8) -> Option<Self> {
        if 0x05 <= token && token <= 0x3F { Some(Self { page, token }) } else { None }
    }

    /// The code page. Known ones are 0..=25; a decoded document may hold any.
    pub const fn page(self) -> u8 {
        self.page
    }

    /// The token without flag bits, 0x05..=0x3F.
    pub const fn token(self) -> u8 {
        self.token
    }

    /// The element's name as MS-ASWBXML spells it, without the page. `None` where no row knows it.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// The name of the code page, which is also its XML namespace. `None` beyond page 25.
    pub fn page_name(self) -> Option<&'static str> {
        table::page(self.page).map(|page| page.name)
    }

    /// The table's row: name, protocol versions, kinds of value.
    pub fn row(self) -> Option<&'static table::Row> {
        table::row(self)
    }

    /// The tag with this namespace (a page name, a trailing colon is ignored) and element name.
    pub fn named(namespace: &str, name: &str) -> Option<Self> {
        table::named(namespace, name).map(|row| row.tag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.page_name(), self.name()) {
            (Some(page), Some(name)) => write!(f, "{page}:{name}"),
            _ => write!(f, "0x{:02X}:0x{:02X}", self.page, self.token),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
