//! Code page 4, `Calendar`: calendar items.
//!
//! Source: MS-ASWBXML, "Code Page 4: `Calendar`".
//! Rows marked legacy are absent from the current document and known from older material.
//! Tokens 0x2B to 0x32 (attachments of 2.5) rest on other implementations only: decode, ignore.

use super::code_page;

code_page! {
    4, "Calendar" {
        0x05 => TIMEZONE = "Timezone", ALL, Text | Empty; // base64 text of the 172-byte structure, inline string
        0x06 => ALL_DAY_EVENT = "AllDayEvent", ALL, Integer | Empty;
        0x07 => ATTENDEES = "Attendees", ALL, Container | Empty;
        0x08 => ATTENDEE = "Attendee", ALL, Container;
        0x09 => EMAIL = "Email", ALL, Text;
        0x0A => NAME = "Name", ALL, Text;
        0x0B => BODY = "Body", ONLY_2_5, Text; // legacy
        0x0C => BODY_TRUNCATED = "BodyTruncated", ONLY_2_5, Bool; // legacy
        0x0D => BUSY_STATUS = "BusyStatus", ALL, Integer | Empty;
        0x0E => CATEGORIES = "Categories", ALL, Container | Empty;
        0x0F => CATEGORY = "Category", ALL, Text;
        0x10 => COMPRESSED_RTF = "CompressedRTF", ONLY_2_5, Text; // legacy
        0x11 => DT_STAMP = "DtStamp", ALL, DateTime | Empty; // compact form YYYYMMDDTHHMMSSZ
        0x12 => END_TIME = "EndTime", ALL, DateTime | Empty; // compact form YYYYMMDDTHHMMSSZ
        0x13 => EXCEPTION = "Exception", ALL, Container;
        0x14 => EXCEPTIONS = "Exceptions", ALL, Container | Empty;
        0x15 => DELETED = "Deleted", ALL, Integer;
        0x16 => EXCEPTION_START_TIME = "ExceptionStartTime", UNTIL_14_1, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x17 => LOCATION = "Location", UNTIL_14_1, Text | Empty;
        0x18 => MEETING_STATUS = "MeetingStatus", ALL, Integer | Empty;
        0x19 => ORGANIZER_EMAIL = "OrganizerEmail", ALL, Text | Empty;
        0x1A => ORGANIZER_NAME = "OrganizerName", ALL, Text | Empty;
        0x1B => RECURRENCE = "Recurrence", ALL, Container | Empty;
        0x1C => TYPE = "Type", ALL, Integer;
        0x1D => UNTIL = "Until", ALL, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x1E => OCCURRENCES = "Occurrences", ALL, Integer;
        0x1F => INTERVAL = "Interval", ALL, Integer;
        0x20 => DAY_OF_WEEK = "DayOfWeek", ALL, Integer;
        0x21 => DAY_OF_MONTH = "DayOfMonth", ALL, Integer;
        0x22 => WEEK_OF_MONTH = "WeekOfMonth", ALL, Integer;
        0x23 => MONTH_OF_YEAR = "MonthOfYear", ALL, Integer;
        0x24 => REMINDER = "Reminder", ALL, Text | Empty;
        0x25 => SENSITIVITY = "Sensitivity", ALL, Integer | Empty;
        0x26 => SUBJECT = "Subject", ALL, Text | Empty;
        0x27 => START_TIME = "StartTime", ALL, DateTime | Empty; // compact form YYYYMMDDTHHMMSSZ
        0x28 => UID = "UID", ALL, Text | Empty;
        0x29 => ATTENDEE_STATUS = "AttendeeStatus", SINCE_12_0, Integer;
        0x2A => ATTENDEE_TYPE = "AttendeeType", SINCE_12_0, Integer;
        0x2B => ATTACHMENT = "Attachment", ONLY_2_5, Container; // legacy
        0x2C => ATTACHMENTS = "Attachments", ONLY_2_5, Container; // legacy
        0x2D => ATT_NAME = "AttName", ONLY_2_5, Text; // legacy
        0x2E => ATT_SIZE = "AttSize", ONLY_2_5, Integer; // legacy
        0x2F => ATT_OID = "AttOid", ONLY_2_5, Text; // legacy
        0x30 => ATT_METHOD = "AttMethod", ONLY_2_5, Integer; // legacy
        0x31 => ATT_REMOVED = "AttRemoved", ONLY_2_5, Bool; // legacy
        0x32 => DISPLAY_NAME = "DisplayName", ONLY_2_5, Text; // legacy
        0x33 => DISALLOW_NEW_TIME_PROPOSAL = "DisallowNewTimeProposal", SINCE_14_0, Bool | Empty;
        0x34 => RESPONSE_REQUESTED = "ResponseRequested", SINCE_14_0, Bool | Empty;
        0x35 => APPOINTMENT_REPLY_TIME = "AppointmentReplyTime", SINCE_14_0, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x36 => RESPONSE_TYPE = "ResponseType", SINCE_14_0, Integer;
        0x37 => CALENDAR_TYPE = "CalendarType", SINCE_14_0, Integer;
        0x38 => IS_LEAP_MONTH = "IsLeapMonth", SINCE_14_0, Integer;
        0x39 => FIRST_DAY_OF_WEEK = "FirstDayOfWeek", SINCE_14_1, Integer;
        0x3A => ONLINE_MEETING_CONF_LINK = "OnlineMeetingConfLink", SINCE_14_1, Text;
        0x3B => ONLINE_MEETING_EXTERNAL_LINK = "OnlineMeetingExternalLink", SINCE_14_1, Text;
        0x3C => CLIENT_UID = "ClientUid", SINCE_16_0, Text; // client-generated id for adds of calendar items
    }
}
