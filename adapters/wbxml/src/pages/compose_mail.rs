//! Code page 21, `ComposeMail`: sending, replying and forwarding.
//!
//! Source: MS-ASWBXML, "Code Page 21: `ComposeMail`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    21, "ComposeMail" {
        0x05 => SEND_MAIL = "SendMail", SINCE_14_0, Container;
        0x06 => SMART_FORWARD = "SmartForward", SINCE_14_0, Container;
        0x07 => SMART_REPLY = "SmartReply", SINCE_14_0, Container;
        0x08 => SAVE_IN_SENT_ITEMS = "SaveInSentItems", SINCE_14_0, Empty;
        0x09 => REPLACE_MIME = "ReplaceMime", SINCE_14_0, Empty;
        0x0A => TYPE = "Type", SINCE_12_0, Text; // legacy
        0x0B => SOURCE = "Source", SINCE_14_0, Container;
        0x0C => FOLDER_ID = "FolderId", SINCE_14_0, Text;
        0x0D => ITEM_ID = "ItemId", SINCE_14_0, Text;
        0x0E => LONG_ID = "LongId", SINCE_14_0, Text;
        0x0F => INSTANCE_ID = "InstanceId", SINCE_14_0, DateTime; // dashed form 2010-04-08T18:16:00.000Z
        0x10 => MIME = "Mime", SINCE_14_0, Opaque; // clients also send an inline string
        0x11 => CLIENT_ID = "ClientId", SINCE_14_0, Text;
        0x12 => STATUS = "Status", SINCE_14_0, Integer;
        0x13 => ACCOUNT_ID = "AccountId", SINCE_14_1, Text;
        0x15 => FORWARDEES = "Forwardees", SINCE_16_0, Container;
        0x16 => FORWARDEE = "Forwardee", SINCE_16_0, Container;
        0x17 => NAME = "Name", SINCE_16_0, Text; // `ForwardeeName` in the schema
        0x18 => EMAIL = "Email", SINCE_16_0, Text; // `ForwardeeEmail` in the schema
    }
}
