//! Code page 13, `Ping`: waiting for changes.
//!
//! Source: MS-ASWBXML, "Code Page 13: `Ping`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    13, "Ping" {
        0x05 => PING = "Ping", ALL, Container;
        0x06 => AUTD_STATE = "AutdState", ONLY_2_5, Text; // legacy; SMS notification state of 2.x; ignored
        0x07 => STATUS = "Status", ALL, Integer;
        0x08 => HEARTBEAT_INTERVAL = "HeartbeatInterval", ALL, Integer;
        0x09 => FOLDERS = "Folders", ALL, Container;
        0x0A => FOLDER = "Folder", ALL, Container | Text; // container in the request, ServerId in the answer
        0x0B => ID = "Id", ALL, Text;
        0x0C => CLASS = "Class", ALL, Text;
        0x0D => MAX_FOLDERS = "MaxFolders", ALL, Integer;
        0x0E => VERSION = "Version", ONLY_2_5, Text; // legacy
    }
}
