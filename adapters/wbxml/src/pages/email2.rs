//! Code page 22, `Email2`: e-mail properties added after page 2 was full.
//!
//! Source: MS-ASWBXML, "Code Page 22: `Email2`".

use super::code_page;

code_page! {
    22, "Email2" {
        0x05 => UM_CALLER_ID = "UmCallerID", SINCE_14_0, Text;
        0x06 => UM_USER_NOTES = "UmUserNotes", SINCE_14_0, Text;
        0x07 => UM_ATT_DURATION = "UmAttDuration", SINCE_14_0, Integer;
        0x08 => UM_ATT_ORDER = "UmAttOrder", SINCE_14_0, Integer;
        0x09 => CONVERSATION_ID = "ConversationId", SINCE_14_0, Opaque;
        0x0A => CONVERSATION_INDEX = "ConversationIndex", SINCE_14_0, Opaque;
        0x0B => LAST_VERB_EXECUTED = "LastVerbExecuted", SINCE_14_0, Integer;
        0x0C => LAST_VERB_EXECUTION_TIME = "LastVerbExecutionTime", SINCE_14_0, DateTime;
        0x0D => RECEIVED_AS_BCC = "ReceivedAsBcc", SINCE_14_0, Bool;
        0x0E => SENDER = "Sender", SINCE_14_0, Text;
        0x0F => CALENDAR_TYPE = "CalendarType", SINCE_14_0, Integer;
        0x10 => IS_LEAP_MONTH = "IsLeapMonth", SINCE_14_0, Integer;
        0x11 => ACCOUNT_ID = "AccountId", SINCE_14_1, Text;
        0x12 => FIRST_DAY_OF_WEEK = "FirstDayOfWeek", SINCE_14_1, Integer;
        0x13 => MEETING_MESSAGE_TYPE = "MeetingMessageType", SINCE_14_1, Integer;
        0x15 => IS_DRAFT = "IsDraft", SINCE_16_0, Bool;
        0x16 => BCC = "Bcc", SINCE_16_0, Text;
        0x17 => SEND = "Send", SINCE_16_0, Empty;
    }
}
