//! Code page 6, `GetItemEstimate`: counting changes ahead of Sync.
//!
//! Source: MS-ASWBXML, "Code Page 6: `GetItemEstimate`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    6, "GetItemEstimate" {
        0x05 => GET_ITEM_ESTIMATE = "GetItemEstimate", ALL, Container;
        0x06 => VERSION = "Version", ONLY_2_5, Text; // legacy; not used
        0x07 => COLLECTIONS = "Collections", ALL, Container;
        0x08 => COLLECTION = "Collection", ALL, Container;
        0x09 => CLASS = "Class", UNTIL_12_1, Text; // 12.1 and earlier; from 14.0 the class is AirSync:Class inside AirSync:Options
        0x0A => COLLECTION_ID = "CollectionId", ALL, Text;
        0x0B => DATE_TIME = "DateTime", ONLY_2_5, DateTime; // legacy; not used by current documents
        0x0C => ESTIMATE = "Estimate", ALL, Integer;
        0x0D => RESPONSE = "Response", ALL, Container;
        0x0E => STATUS = "Status", ALL, Integer;
    }
}
