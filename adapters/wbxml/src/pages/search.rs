//! Code page 15, `Search`: searching mailbox, address list and documents.
//!
//! Source: MS-ASWBXML, "Code Page 15: `Search`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    15, "Search" {
        0x05 => SEARCH = "Search", ALL, Container;
        0x07 => STORE = "Store", ALL, Container;
        0x08 => NAME = "Name", ALL, Text;
        0x09 => QUERY = "Query", ALL, Container | Text;
        0x0A => OPTIONS = "Options", ALL, Container;
        0x0B => RANGE = "Range", ALL, Text;
        0x0C => STATUS = "Status", ALL, Integer;
        0x0D => RESPONSE = "Response", ALL, Container;
        0x0E => RESULT = "Result", ALL, Container;
        0x0F => PROPERTIES = "Properties", ALL, Container;
        0x10 => TOTAL = "Total", ALL, Integer;
        0x11 => EQUAL_TO = "EqualTo", SINCE_12_0, Container;
        0x12 => VALUE = "Value", SINCE_12_0, Text;
        0x13 => AND = "And", SINCE_12_0, Container;
        0x14 => OR = "Or", SINCE_12_0, Container;
        0x15 => FREE_TEXT = "FreeText", SINCE_12_0, Text;
        0x17 => DEEP_TRAVERSAL = "DeepTraversal", SINCE_12_0, Empty;
        0x18 => LONG_ID = "LongId", SINCE_12_0, Text;
        0x19 => REBUILD_RESULTS = "RebuildResults", SINCE_12_0, Empty;
        0x1A => LESS_THAN = "LessThan", SINCE_12_0, Container;
        0x1B => GREATER_THAN = "GreaterThan", SINCE_12_0, Container;
        0x1C => SCHEMA = "Schema", SINCE_12_0, Container; // legacy
        0x1D => SUPPORTED = "Supported", SINCE_12_0, Container; // legacy
        0x1E => USER_NAME = "UserName", SINCE_12_1, Text;
        0x1F => PASSWORD = "Password", SINCE_12_1, Text;
        0x20 => CONVERSATION_ID = "ConversationId", SINCE_14_0, Opaque;
        0x21 => PICTURE = "Picture", SINCE_14_1, Container;
        0x22 => MAX_SIZE = "MaxSize", SINCE_14_1, Integer;
        0x23 => MAX_PICTURES = "MaxPictures", SINCE_14_1, Integer;
    }
}
