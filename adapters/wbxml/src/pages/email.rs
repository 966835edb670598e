//! Code page 2, `Email`: e-mail.
//!
//! Source: MS-ASWBXML, "Code Page 2: `Email`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    2, "Email" {
        0x05 => ATTACHMENT = "Attachment", ONLY_2_5, Container; // legacy; replaced by AirSyncBase Attachments from 12.0
        0x06 => ATTACHMENTS = "Attachments", ONLY_2_5, Container; // legacy
        0x07 => ATT_NAME = "AttName", ONLY_2_5, Text; // legacy; the value for GetAttachment AttachmentName
        0x08 => ATT_SIZE = "AttSize", ONLY_2_5, Integer; // legacy
        0x09 => ATT_OID = "AttOid", ONLY_2_5, Text; // legacy; content-id style value
        0x0A => ATT_METHOD = "AttMethod", ONLY_2_5, Integer; // legacy; 1 normal, 5 embedded message, 6 OLE
        0x0B => ATT_REMOVED = "AttRemoved", ONLY_2_5, Bool; // legacy
        0x0C => BODY = "Body", ONLY_2_5, Text; // legacy
        0x0D => BODY_SIZE = "BodySize", ONLY_2_5, Integer; // legacy
        0x0E => BODY_TRUNCATED = "BodyTruncated", ONLY_2_5, Bool; // legacy
        0x0F => DATE_RECEIVED = "DateReceived", ALL, DateTime | Empty;
        0x10 => DISPLAY_NAME = "DisplayName", ONLY_2_5, Text; // legacy; attachment display name
        0x11 => DISPLAY_TO = "DisplayTo", ALL, Text | Empty;
        0x12 => IMPORTANCE = "Importance", ALL, Integer | Empty;
        0x13 => MESSAGE_CLASS = "MessageClass", ALL, Text | Empty;
        0x14 => SUBJECT = "Subject", ALL, Text | Empty;
        0x15 => READ = "Read", ALL, Bool | Empty;
        0x16 => TO = "To", ALL, Text | Empty;
        0x17 => CC = "Cc", ALL, Text | Empty;
        0x18 => FROM = "From", ALL, Text | Empty;
        0x19 => REPLY_TO = "ReplyTo", ALL, Text | Empty;
        0x1A => ALL_DAY_EVENT = "AllDayEvent", ALL, Integer;
        0x1B => CATEGORIES = "Categories", SINCE_14_0, Container;
        0x1C => CATEGORY = "Category", SINCE_14_0, Text;
        0x1D => DT_STAMP = "DtStamp", ALL, DateTime;
        0x1E => END_TIME = "EndTime", ALL, DateTime;
        0x1F => INSTANCE_TYPE = "InstanceType", ALL, Integer;
        0x20 => BUSY_STATUS = "BusyStatus", ALL, Integer;
        0x21 => LOCATION = "Location", UNTIL_14_1, Text;
        0x22 => MEETING_REQUEST = "MeetingRequest", ALL, Container | Empty;
        0x23 => ORGANIZER = "Organizer", ALL, Text;
        0x24 => RECURRENCE_ID = "RecurrenceId", ALL, DateTime;
        0x25 => REMINDER = "Reminder", ALL, Integer;
        0x26 => RESPONSE_REQUESTED = "ResponseRequested", ALL, Integer;
        0x27 => RECURRENCES = "Recurrences", ALL, Container;
        0x28 => RECURRENCE = "Recurrence", ALL, Container;
        0x29 => TYPE = "Type", ALL, Integer;
        0x2A => UNTIL = "Until", ALL, DateTime; // compact form YYYYMMDDTHHMMSSZ
        0x2B => OCCURRENCES = "Occurrences", ALL, Integer;
        0x2C => INTERVAL = "Interval", ALL, Integer;
        0x2D => DAY_OF_WEEK = "DayOfWeek", ALL, Integer;
        0x2E => DAY_OF_MONTH = "DayOfMonth", ALL, Integer;
        0x2F => WEEK_OF_MONTH = "WeekOfMonth", ALL, Integer;
        0x30 => MONTH_OF_YEAR = "MonthOfYear", ALL, Integer;
        0x31 => START_TIME = "StartTime", ALL, DateTime;
        0x32 => SENSITIVITY = "Sensitivity", ALL, Integer;
        0x33 => TIME_ZONE = "TimeZone", ALL, Text; // base64 text of the 172-byte structure, inline string
        0x34 => GLOBAL_OBJ_ID = "GlobalObjId", UNTIL_14_1, Text; // base64 text; replaced by Calendar UID inside MeetingRequest from 16.0
        0x35 => THREAD_TOPIC = "ThreadTopic", ALL, Text | Empty;
        0x36 => MIME_DATA = "MIMEData", ONLY_2_5, Text; // legacy; whole MIME message, when MIMESupport asked for it
        0x37 => MIME_TRUNCATED = "MIMETruncated", ONLY_2_5, Bool; // legacy
        0x38 => MIME_SIZE = "MIMESize", ONLY_2_5, Integer; // legacy
        0x39 => INTERNET_CPID = "InternetCPID", ALL, Text | Empty;
        0x3A => FLAG = "Flag", SINCE_12_0, Container;
        0x3B => STATUS = "Status", SINCE_12_0, Integer; // of Flag: 0 clear, 1 complete, 2 active
        0x3C => CONTENT_CLASS = "ContentClass", SINCE_12_0, Text;
        0x3D => FLAG_TYPE = "FlagType", SINCE_12_0, Text;
        0x3E => COMPLETE_TIME = "CompleteTime", SINCE_12_0, DateTime;
        0x3F => DISALLOW_NEW_TIME_PROPOSAL = "DisallowNewTimeProposal", SINCE_14_0, Integer;
    }
}
