//! Code page 0, `AirSync`: synchronization of item collections.
//!
//! Source: MS-ASWBXML, "Code Page 0: `AirSync`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    0, "AirSync" {
        0x05 => SYNC = "Sync", ALL, Container;
        0x06 => RESPONSES = "Responses", ALL, Container;
        0x07 => ADD = "Add", ALL, Container;
        0x08 => CHANGE = "Change", ALL, Container;
        0x09 => DELETE = "Delete", ALL, Container;
        0x0A => FETCH = "Fetch", ALL, Container;
        0x0B => SYNC_KEY = "SyncKey", ALL, Text;
        0x0C => CLIENT_ID = "ClientId", ALL, Text;
        0x0D => SERVER_ID = "ServerId", ALL, Text;
        0x0E => STATUS = "Status", ALL, Integer;
        0x0F => COLLECTION = "Collection", ALL, Container;
        0x10 => CLASS = "Class", ALL, Text;
        0x11 => VERSION = "Version", ONLY_2_5, Text; // legacy
        0x12 => COLLECTION_ID = "CollectionId", ALL, Text;
        0x13 => GET_CHANGES = "GetChanges", ALL, Bool;
        0x14 => MORE_AVAILABLE = "MoreAvailable", ALL, Empty;
        0x15 => WINDOW_SIZE = "WindowSize", ALL, Integer;
        0x16 => COMMANDS = "Commands", ALL, Container;
        0x17 => OPTIONS = "Options", ALL, Container;
        0x18 => FILTER_TYPE = "FilterType", ALL, Integer;
        0x19 => TRUNCATION = "Truncation", ONLY_2_5, Integer; // legacy; 0-9; 2.5 body truncation; superseded by BodyPreference
        0x1A => RTF_TRUNCATION = "RTFTruncation", ONLY_2_5, Integer; // legacy; truncation of RTF bodies in 2.5
        0x1B => CONFLICT = "Conflict", ALL, Integer;
        0x1C => COLLECTIONS = "Collections", ALL, Container;
        0x1D => APPLICATION_DATA = "ApplicationData", ALL, Container;
        0x1E => DELETES_AS_MOVES = "DeletesAsMoves", ALL, Bool;
        0x1F => NOTIFY_GUID = "NotifyGUID", ONLY_2_5, Text; // legacy; SMS notification of 2.x; ignored
        0x20 => SUPPORTED = "Supported", ALL, Container;
        0x21 => SOFT_DELETE = "SoftDelete", ALL, Container;
        0x22 => MIME_SUPPORT = "MIMESupport", ALL, Integer;
        0x23 => MIME_TRUNCATION = "MIMETruncation", ALL, Integer;
        0x24 => WAIT = "Wait", SINCE_12_1, Integer;
        0x25 => LIMIT = "Limit", SINCE_12_1, Integer;
        0x26 => PARTIAL = "Partial", SINCE_12_1, Empty;
        0x27 => CONVERSATION_MODE = "ConversationMode", SINCE_14_0, Bool;
        0x28 => MAX_ITEMS = "MaxItems", SINCE_14_0, Integer;
        0x29 => HEARTBEAT_INTERVAL = "HeartbeatInterval", SINCE_14_0, Integer;
    }
}
