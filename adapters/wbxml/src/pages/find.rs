//! Code page 25, `Find`: search of 16.1.
//!
//! Source: MS-ASWBXML, "Code Page 25: `Find`".

use super::code_page;

code_page! {
    25, "Find" {
        0x05 => FIND = "Find", SINCE_16_1, Container;
        0x06 => SEARCH_ID = "SearchId", SINCE_16_1, Text;
        0x07 => EXECUTE_SEARCH = "ExecuteSearch", SINCE_16_1, Container;
        0x08 => MAIL_BOX_SEARCH_CRITERION = "MailBoxSearchCriterion", SINCE_16_1, Container;
        0x09 => QUERY = "Query", SINCE_16_1, Container | Text; // container in MailBoxSearchCriterion, string in GalSearchCriterion
        0x0A => STATUS = "Status", SINCE_16_1, Integer;
        0x0B => FREE_TEXT = "FreeText", SINCE_16_1, Text;
        0x0C => OPTIONS = "Options", SINCE_16_1, Container;
        0x0D => RANGE = "Range", SINCE_16_1, Text;
        0x0E => DEEP_TRAVERSAL = "DeepTraversal", SINCE_16_1, Empty;
        0x11 => RESPONSE = "Response", SINCE_16_1, Container;
        0x12 => RESULT = "Result", SINCE_16_1, Container;
        0x13 => PROPERTIES = "Properties", SINCE_16_1, Container;
        0x14 => PREVIEW = "Preview", SINCE_16_1, Text;
        0x15 => HAS_ATTACHMENTS = "HasAttachments", SINCE_16_1, Bool;
        0x16 => TOTAL = "Total", SINCE_16_1, Integer;
        0x17 => DISPLAY_CC = "DisplayCc", SINCE_16_1, Text;
        0x18 => DISPLAY_BCC = "DisplayBcc", SINCE_16_1, Text;
        0x19 => GAL_SEARCH_CRITERION = "GalSearchCriterion", SINCE_16_1, Container;
        0x20 => MAX_PICTURES = "MaxPictures", SINCE_16_1, Integer;
        0x21 => MAX_SIZE = "MaxSize", SINCE_16_1, Integer;
        0x22 => PICTURE = "Picture", SINCE_16_1, Container | Empty;
    }
}
