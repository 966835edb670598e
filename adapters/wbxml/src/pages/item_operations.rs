//! Code page 20, `ItemOperations`: fetching, moving and emptying.
//!
//! Source: MS-ASWBXML, "Code Page 20: `ItemOperations`".

use super::code_page;

code_page! {
    20, "ItemOperations" {
        0x05 => ITEM_OPERATIONS = "ItemOperations", SINCE_12_0, Container;
        0x06 => FETCH = "Fetch", SINCE_12_0, Container;
        0x07 => STORE = "Store", SINCE_12_0, Text;
        0x08 => OPTIONS = "Options", SINCE_12_0, Container;
        0x09 => RANGE = "Range", SINCE_12_0, Text;
        0x0A => TOTAL = "Total", SINCE_12_0, Integer;
        0x0B => PROPERTIES = "Properties", SINCE_12_0, Container;
        0x0C => DATA = "Data", SINCE_12_0, Text; // string: base64 of the content when inline; replaced by Part in a multipart answer
        0x0D => STATUS = "Status", SINCE_12_0, Integer;
        0x0E => RESPONSE = "Response", SINCE_12_0, Container;
        0x0F => VERSION = "Version", SINCE_12_0, DateTime;
        0x10 => SCHEMA = "Schema", SINCE_12_0, Container;
        0x11 => PART = "Part", SINCE_12_0, Integer;
        0x12 => EMPTY_FOLDER_CONTENTS = "EmptyFolderContents", SINCE_12_0, Container;
        0x13 => DELETE_SUB_FOLDERS = "DeleteSubFolders", SINCE_12_0, Empty;
        0x14 => USER_NAME = "UserName", SINCE_12_1, Text;
        0x15 => PASSWORD = "Password", SINCE_12_1, Text;
        0x16 => MOVE = "Move", SINCE_14_0, Container;
        0x17 => DST_FLD_ID = "DstFldId", SINCE_14_0, Text;
        0x18 => CONVERSATION_ID = "ConversationId", SINCE_14_0, Opaque;
        0x19 => MOVE_ALWAYS = "MoveAlways", SINCE_14_0, Empty;
    }
}
