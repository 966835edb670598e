//! Code page 7, `FolderHierarchy`: the folder hierarchy and its commands.
//!
//! Source: MS-ASWBXML, "Code Page 7: `FolderHierarchy`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    7, "FolderHierarchy" {
        0x05 => FOLDERS = "Folders", UNTIL_12_1, Container; // legacy folder list, used by GetHierarchy only
        0x06 => FOLDER = "Folder", UNTIL_12_1, Container; // legacy folder list, used by GetHierarchy only
        0x07 => DISPLAY_NAME = "DisplayName", ALL, Text;
        0x08 => SERVER_ID = "ServerId", ALL, Text;
        0x09 => PARENT_ID = "ParentId", ALL, Text;
        0x0A => TYPE = "Type", ALL, Integer;
        0x0B => RESPONSE = "Response", ONLY_2_5, Container; // legacy; not used by current documents
        0x0C => STATUS = "Status", ALL, Integer;
        0x0D => CONTENT_CLASS = "ContentClass", ONLY_2_5, Text; // legacy; not used
        0x0E => CHANGES = "Changes", ALL, Container;
        0x0F => ADD = "Add", ALL, Container;
        0x10 => DELETE = "Delete", ALL, Container;
        0x11 => UPDATE = "Update", ALL, Container;
        0x12 => SYNC_KEY = "SyncKey", ALL, Text;
        0x13 => FOLDER_CREATE = "FolderCreate", ALL, Container;
        0x14 => FOLDER_DELETE = "FolderDelete", ALL, Container;
        0x15 => FOLDER_UPDATE = "FolderUpdate", ALL, Container;
        0x16 => FOLDER_SYNC = "FolderSync", ALL, Container;
        0x17 => COUNT = "Count", ALL, Integer;
        0x18 => VERSION = "Version", ONLY_2_5, Text; // legacy; not used
    }
}
