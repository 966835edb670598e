//! The global tokens of WBXML that EAS uses. WAP-192-WBXML, "Global Tokens".

/// Followed by a page number: tags are of that page from here on, across element ends.
pub(crate) const SWITCH_PAGE: u8 = 0x00;
/// Closes an element that has content.
pub(crate) const END: u8 = 0x01;
/// Followed by UTF-8 and a NUL.
pub(crate) const STR_I: u8 = 0x03;
/// Followed by a length (multi-byte integer) and that many bytes.
pub(crate) const OPAQUE: u8 = 0xC3;

/// In a tag byte: content follows, closed by [`END`].
pub(crate) const HAS_CONTENT: u8 = 0x40;
/// In a tag byte: attributes follow. Never in EAS.
pub(crate) const HAS_ATTRIBUTES: u8 = 0x80;

/// The IANA `MIBenum` of UTF-8, the only charset EAS writes.
pub(crate) const CHARSET_UTF_8: u32 = 106;
