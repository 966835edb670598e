//! Code page 19, `DocumentLibrary`: items of document libraries.
//!
//! Source: MS-ASWBXML, "Code Page 19: `DocumentLibrary`".

use super::code_page;

code_page! {
    19, "DocumentLibrary" {
        0x05 => LINK_ID = "LinkId", SINCE_12_0, Text;
        0x06 => DISPLAY_NAME = "DisplayName", SINCE_12_0, Text;
        0x07 => IS_FOLDER = "IsFolder", SINCE_12_0, Integer;
        0x08 => CREATION_DATE = "CreationDate", SINCE_12_0, DateTime;
        0x09 => LAST_MODIFIED_DATE = "LastModifiedDate", SINCE_12_0, DateTime;
        0x0A => IS_HIDDEN = "IsHidden", SINCE_12_0, Integer;
        0x0B => CONTENT_LENGTH = "ContentLength", SINCE_12_0, Integer;
        0x0C => CONTENT_TYPE = "ContentType", SINCE_12_0, Text;
    }
}
