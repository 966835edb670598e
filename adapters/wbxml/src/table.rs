//! What a row of a code page is, and how rows are found.
//!
//! The rows themselves are in [`crate::pages`], written with the macro `code_page!` below.

use crate::{pages, tag::Tag};

/// One element of a code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Page and token.
    pub tag: Tag,
    /// Spelled as MS-ASWBXML spells it.
    pub name: &'static str,
    /// The protocol versions that know the element. Information: decoder and encoder do not look at it.
    pub versions: Versions,
    /// What the element may hold; several where it differs by context. Only [`ValueKind::Opaque`] changes how this
    /// crate works, and only in XML.
    pub kinds: &'static [ValueKind],
}

impl Row {
    /// Whether the element holds a byte array, which travels as OPAQUE and shows as base64 in XML.
    pub fn is_opaque(&self) -> bool {
        self.kinds.contains(&ValueKind::Opaque)
    }
}

/// A code page: a name space of up to 59 tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number that follows `SWITCH_PAGE`.
    pub number: u8,
    /// The page's name, which is also its XML namespace (without the colon many tools append).
    pub name: &'static str,
    /// In token order.
    pub rows: &'static [Row],
}

/// What an element holds. MS-ASDTYPE names the types; an inline string carries all but `Opaque` and `Container`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Other elements.
    Container,
    /// Nothing; its presence is the message.
    Empty,
    /// A string, also one holding base64.
    Text,
    /// A decimal integer.
    Integer,
    /// `0` or `1`; present but empty means `1`.
    Bool,
    /// A date in one of the two forms (dashed, compact); which one is the class's business.
    DateTime,
    /// A decimal fraction.
    Double,
    /// A byte array.
    Opaque,
}

/// A protocol version as `MS-ASProtocolVersion` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// 2.5
    V2_5,
    /// 12.0
    V12_0,
    /// 12.1
    V12_1,
    /// 14.0
    V14_0,
    /// 14.1
    V14_1,
    /// 16.0
    V16_0,
    /// 16.1
    V16_1,
}

/// A range of protocol versions, both ends included. Every element of the tables has been known without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    /// The first version that knows the element.
    pub first: ProtocolVersion,
    /// The last one.
    pub last: ProtocolVersion,
}

use ProtocolVersion::{V2_5, V12_0, V12_1, V14_0, V14_1, V16_0, V16_1};

/// The ranges that occur, named as the rows write them.
impl Versions {
    pub(crate) const ALL: Self = Self::between(V2_5, V16_1);
    pub(crate) const ONLY_2_5: Self = Self::between(V2_5, V2_5);
    pub(crate) const UNTIL_12_1: Self = Self::between(V2_5, V12_1);
    pub(crate) const UNTIL_14_1: Self = Self::between(V2_5, V14_1);
    pub(crate) const SINCE_12_0: Self = Self::between(V12_0, V16_1);
    pub(crate) const SINCE_12_1: Self = Self::between(V12_1, V16_1);
    pub(crate) const SINCE_14_0: Self = Self::between(V14_0, V16_1);
    pub(crate) const SINCE_14_1: Self = Self::between(V14_1, V16_1);
    pub(crate) const SINCE_16_0: Self = Self::between(V16_0, V16_1);
    pub(crate) const SINCE_16_1: Self = Self::between(V16_1, V16_1);

    const fn between(first: ProtocolVersion, last: ProtocolVersion) -> Self {
        Self { first, last }
    }

    /// Whether `version` knows the element.
    pub fn contains(self, version: ProtocolVersion) -> bool {
        (self.first..=self.last).contains(&version)
    }
}

/// Writes one code page: a constant per element, and the page.
///
/// ```text
/// code_page! {
///     13, "Ping" {
///         0x08 => HEARTBEAT_INTERVAL = "HeartbeatInterval", ALL, Integer;
///     }
/// }
/// ```
/// becomes
/// ```text
/// /// `Ping:HeartbeatInterval`, token `0x08`, versions `ALL`.
/// pub const HEARTBEAT_INTERVAL: Tag = Tag::new(13, 0x08);
/// /// The page: number, name, rows.
/// pub const CODE_PAGE: Page = Page { number: 13, name: "Ping", rows: &[
///     Row { tag: HEARTBEAT_INTERVAL, name: "HeartbeatInterval", versions: Versions::ALL, kinds: &[ValueKind::Integer] },
/// ] };
/// ```
macro_rules! code_page {
    ($number:literal, $page:literal {
        $($token:literal => $constant:ident = $name:literal, $versions:ident, $($kind:ident)|+;)+
    }) => {
        $(
            #[doc = concat!("`", $page, ":", $name, "`, token `", stringify!($token), "`, versions `",
                stringify!($versions), "`.")]
            pub const $constant: $crate::Tag = $crate::Tag::new($number, $token);
        )+

        /// The page: number, name, rows.
        pub const CODE_PAGE: $crate::Page = $crate::Page {
            number: $number,
            name: $page,
            rows: &[$($crate::Row {
                tag: $constant,
                name: $name,
                versions: $crate::Versions::$versions,
                kinds: &[$($crate::ValueKind::$kind),+],
            }),+],
        };
    };
}
pub(crate) use code_page;

/// The page of this number.
pub(crate) fn page(number: u8) -> Option<&'static Page> {
    pages::PAGES.get(usize::from(number))
}

/// The row of this tag.
pub(crate) fn row(tag: Tag) -> Option<&'static Row> {
    let rows = page(tag.page())?.rows;
    let at = rows.binary_search_by_key(&tag.token(), |row| row.tag.token()).ok()?;
    rows.get(at)
}

/// The row with this name in the page of this namespace.
pub(crate) fn named(namespace: &str, name: &str) -> Option<&'static Row> {
    let namespace = namespace.strip_suffix(':').unwrap_or(namespace);
    let page = pages::PAGES.iter().find(|page| page.name == namespace)?;
    page.rows.iter().find(|row| row.name == name)
}
