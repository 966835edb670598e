//! Code page 23, `Notes`: notes.
//!
//! Source: MS-ASWBXML, "Code Page 23: `Notes`".

use super::code_page;

code_page! {
    23, "Notes" {
        0x05 => SUBJECT = "Subject", SINCE_14_0, Text;
        0x06 => MESSAGE_CLASS = "MessageClass", SINCE_14_0, Text;
        0x07 => LAST_MODIFIED_DATE = "LastModifiedDate", SINCE_14_0, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x08 => CATEGORIES = "Categories", SINCE_14_0, Container;
        0x09 => CATEGORY = "Category", SINCE_14_0, Text;
    }
}
