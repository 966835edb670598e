//! Code page 8, `MeetingResponse`: answers to meeting requests.
//!
//! Source: MS-ASWBXML, "Code Page 8: `MeetingResponse`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    8, "MeetingResponse" {
        0x05 => CALENDAR_ID = "CalendarId", ALL, Text;
        0x06 => COLLECTION_ID = "CollectionId", ALL, Text;
        0x07 => MEETING_RESPONSE = "MeetingResponse", ALL, Container;
        0x08 => REQUEST_ID = "RequestId", ALL, Text;
        0x09 => REQUEST = "Request", ALL, Container;
        0x0A => RESULT = "Result", ALL, Container;
        0x0B => STATUS = "Status", ALL, Integer;
        0x0C => USER_RESPONSE = "UserResponse", ALL, Integer;
        0x0D => VERSION = "Version", ONLY_2_5, Text; // legacy; not used
        0x0E => INSTANCE_ID = "InstanceId", SINCE_14_1, DateTime; // dashed form 2010-04-08T18:16:00.000Z
        0x10 => PROPOSED_START_TIME = "ProposedStartTime", SINCE_16_1, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x11 => PROPOSED_END_TIME = "ProposedEndTime", SINCE_16_1, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x12 => SEND_RESPONSE = "SendResponse", SINCE_16_0, Container | Empty; // may be empty: send a reply with no body
    }
}
