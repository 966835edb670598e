//! Code page 12, `Contacts2`: contact properties added after page 1 was full.
//!
//! Source: MS-ASWBXML, "Code Page 12: `Contacts2`".

use super::code_page;

code_page! {
    12, "Contacts2" {
        0x05 => CUSTOMER_ID = "CustomerId", ALL, Text | Empty;
        0x06 => GOVERNMENT_ID = "GovernmentId", ALL, Text | Empty;
        0x07 => IM_ADDRESS = "IMAddress", ALL, Text | Empty;
        0x08 => IM_ADDRESS2 = "IMAddress2", ALL, Text | Empty;
        0x09 => IM_ADDRESS3 = "IMAddress3", ALL, Text | Empty;
        0x0A => MANAGER_NAME = "ManagerName", ALL, Text | Empty;
        0x0B => COMPANY_MAIN_PHONE = "CompanyMainPhone", ALL, Text | Empty;
        0x0C => ACCOUNT_NAME = "AccountName", ALL, Text | Empty;
        0x0D => NICK_NAME = "NickName", ALL, Text | Empty;
        0x0E => MMS = "MMS", ALL, Text | Empty;
    }
}
