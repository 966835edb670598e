//! Code page 16, `GAL`: entries of the global address list.
//!
//! Source: MS-ASWBXML, "Code Page 16: `GAL`".

use super::code_page;

code_page! {
    16, "GAL" {
        0x05 => DISPLAY_NAME = "DisplayName", ALL, Text;
        0x06 => PHONE = "Phone", ALL, Text;
        0x07 => OFFICE = "Office", ALL, Text;
        0x08 => TITLE = "Title", ALL, Text;
        0x09 => COMPANY = "Company", ALL, Text;
        0x0A => ALIAS = "Alias", ALL, Text;
        0x0B => FIRST_NAME = "FirstName", ALL, Text;
        0x0C => LAST_NAME = "LastName", ALL, Text;
        0x0D => HOME_PHONE = "HomePhone", ALL, Text;
        0x0E => MOBILE_PHONE = "MobilePhone", ALL, Text;
        0x0F => EMAIL_ADDRESS = "EmailAddress", ALL, Text;
        0x10 => PICTURE = "Picture", SINCE_14_1, Container;
        0x11 => STATUS = "Status", SINCE_14_1, Integer;
        0x12 => DATA = "Data", SINCE_14_1, Opaque; // some peers send an inline base64 string
    }
}
