//! Code page 18, `Settings`: device information, out of office and the like.
//!
//! Source: MS-ASWBXML, "Code Page 18: `Settings`".

use super::code_page;

code_page! {
    18, "Settings" {
        0x05 => SETTINGS = "Settings", SINCE_12_0, Container;
        0x06 => STATUS = "Status", SINCE_12_0, Integer;
        0x07 => GET = "Get", SINCE_12_0, Container;
        0x08 => SET = "Set", SINCE_12_0, Container;
        0x09 => OOF = "Oof", SINCE_12_0, Container;
        0x0A => OOF_STATE = "OofState", SINCE_12_0, Integer;
        0x0B => START_TIME = "StartTime", SINCE_12_0, DateTime;
        0x0C => END_TIME = "EndTime", SINCE_12_0, DateTime;
        0x0D => OOF_MESSAGE = "OofMessage", SINCE_12_0, Container;
        0x0E => APPLIES_TO_INTERNAL = "AppliesToInternal", SINCE_12_0, Empty;
        0x0F => APPLIES_TO_EXTERNAL_KNOWN = "AppliesToExternalKnown", SINCE_12_0, Empty;
        0x10 => APPLIES_TO_EXTERNAL_UNKNOWN = "AppliesToExternalUnknown", SINCE_12_0, Empty;
        0x11 => ENABLED = "Enabled", SINCE_12_0, Text;
        0x12 => REPLY_MESSAGE = "ReplyMessage", SINCE_12_0, Text;
        0x13 => BODY_TYPE = "BodyType", SINCE_12_0, Text;
        0x14 => DEVICE_PASSWORD = "DevicePassword", SINCE_12_0, Container;
        0x15 => PASSWORD = "Password", SINCE_12_0, Text;
        0x16 => DEVICE_INFORMATION = "DeviceInformation", SINCE_12_0, Container;
        0x17 => MODEL = "Model", SINCE_12_0, Text;
        0x18 => IMEI = "IMEI", SINCE_12_0, Text;
        0x19 => FRIENDLY_NAME = "FriendlyName", SINCE_12_0, Text;
        0x1A => OS = "OS", SINCE_12_0, Text;
        0x1B => OS_LANGUAGE = "OSLanguage", SINCE_12_0, Text;
        0x1C => PHONE_NUMBER = "PhoneNumber", SINCE_12_0, Text;
        0x1D => USER_INFORMATION = "UserInformation", SINCE_12_0, Container;
        0x1E => EMAIL_ADDRESSES = "EmailAddresses", SINCE_12_0, Container;
        0x1F => SMTP_ADDRESS = "SMTPAddress", SINCE_12_0, Text;
        0x20 => USER_AGENT = "UserAgent", SINCE_12_1, Text;
        0x21 => ENABLE_OUTBOUND_SMS = "EnableOutboundSMS", SINCE_14_0, Integer;
        0x22 => MOBILE_OPERATOR = "MobileOperator", SINCE_14_0, Text;
        0x23 => PRIMARY_SMTP_ADDRESS = "PrimarySmtpAddress", SINCE_14_1, Text;
        0x24 => ACCOUNTS = "Accounts", SINCE_14_1, Container;
        0x25 => ACCOUNT = "Account", SINCE_14_1, Container;
        0x26 => ACCOUNT_ID = "AccountId", SINCE_14_1, Text;
        0x27 => ACCOUNT_NAME = "AccountName", SINCE_14_1, Text;
        0x28 => USER_DISPLAY_NAME = "UserDisplayName", SINCE_14_1, Text;
        0x29 => SEND_DISABLED = "SendDisabled", SINCE_14_1, Bool;
        0x2B => RIGHTS_MANAGEMENT_INFORMATION = "RightsManagementInformation", SINCE_14_1, Container;
    }
}
