//! Code page 9, `Tasks`: tasks.
//!
//! Source: MS-ASWBXML, "Code Page 9: `Tasks`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    9, "Tasks" {
        0x05 => BODY = "Body", ONLY_2_5, Text; // legacy
        0x06 => BODY_SIZE = "BodySize", ONLY_2_5, Integer; // legacy
        0x07 => BODY_TRUNCATED = "BodyTruncated", ONLY_2_5, Bool; // legacy
        0x08 => CATEGORIES = "Categories", ALL, Container;
        0x09 => CATEGORY = "Category", ALL, Text;
        0x0A => COMPLETE = "Complete", ALL, Integer;
        0x0B => DATE_COMPLETED = "DateCompleted", ALL, DateTime;
        0x0C => DUE_DATE = "DueDate", ALL, DateTime;
        0x0D => UTC_DUE_DATE = "UtcDueDate", ALL, DateTime;
        0x0E => IMPORTANCE = "Importance", ALL, Integer;
        0x0F => RECURRENCE = "Recurrence", ALL, Container;
        0x10 => TYPE = "Type", ALL, Integer;
        0x11 => START = "Start", ALL, DateTime;
        0x12 => UNTIL = "Until", ALL, DateTime;
        0x13 => OCCURRENCES = "Occurrences", ALL, Integer;
        0x14 => INTERVAL = "Interval", ALL, Integer;
        0x15 => DAY_OF_MONTH = "DayOfMonth", ALL, Integer;
        0x16 => DAY_OF_WEEK = "DayOfWeek", ALL, Integer;
        0x17 => WEEK_OF_MONTH = "WeekOfMonth", ALL, Integer;
        0x18 => MONTH_OF_YEAR = "MonthOfYear", ALL, Integer;
        0x19 => REGENERATE = "Regenerate", ALL, Integer;
        0x1A => DEAD_OCCUR = "DeadOccur", ALL, Integer;
        0x1B => REMINDER_SET = "ReminderSet", ALL, Integer;
        0x1C => REMINDER_TIME = "ReminderTime", ALL, DateTime;
        0x1D => SENSITIVITY = "Sensitivity", ALL, Integer;
        0x1E => START_DATE = "StartDate", ALL, DateTime;
        0x1F => UTC_START_DATE = "UtcStartDate", ALL, DateTime;
        0x20 => SUBJECT = "Subject", ALL, Text;
        0x21 => COMPRESSED_RTF = "CompressedRTF", ONLY_2_5, Text; // legacy
        0x22 => ORDINAL_DATE = "OrdinalDate", SINCE_12_0, DateTime;
        0x23 => SUB_ORDINAL_DATE = "SubOrdinalDate", SINCE_12_0, Text;
        0x24 => CALENDAR_TYPE = "CalendarType", SINCE_14_0, Integer;
        0x25 => IS_LEAP_MONTH = "IsLeapMonth", SINCE_14_0, Integer;
        0x26 => FIRST_DAY_OF_WEEK = "FirstDayOfWeek", SINCE_14_1, Integer;
    }
}
