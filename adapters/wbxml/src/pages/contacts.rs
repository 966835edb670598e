//! Code page 1, `Contacts`: contacts.
//!
//! Source: MS-ASWBXML, "Code Page 1: `Contacts`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    1, "Contacts" {
        0x05 => ANNIVERSARY = "Anniversary", ALL, DateTime | Empty;
        0x06 => ASSISTANT_NAME = "AssistantName", ALL, Text | Empty;
        0x07 => ASSISTANT_PHONE_NUMBER = "AssistantPhoneNumber", ALL, Text | Empty;
        0x08 => BIRTHDAY = "Birthday", ALL, DateTime | Empty;
        0x09 => BODY = "Body", ONLY_2_5, Text; // legacy; replaced by AirSyncBase Body from 12.0
        0x0A => BODY_SIZE = "BodySize", ONLY_2_5, Integer; // legacy
        0x0B => BODY_TRUNCATED = "BodyTruncated", ONLY_2_5, Bool; // legacy
        0x0C => BUSINESS2_PHONE_NUMBER = "Business2PhoneNumber", ALL, Text | Empty;
        0x0D => BUSINESS_ADDRESS_CITY = "BusinessAddressCity", ALL, Text | Empty;
        0x0E => BUSINESS_ADDRESS_COUNTRY = "BusinessAddressCountry", ALL, Text | Empty;
        0x0F => BUSINESS_ADDRESS_POSTAL_CODE = "BusinessAddressPostalCode", ALL, Text | Empty;
        0x10 => BUSINESS_ADDRESS_STATE = "BusinessAddressState", ALL, Text | Empty;
        0x11 => BUSINESS_ADDRESS_STREET = "BusinessAddressStreet", ALL, Text | Empty;
        0x12 => BUSINESS_FAX_NUMBER = "BusinessFaxNumber", ALL, Text | Empty;
        0x13 => BUSINESS_PHONE_NUMBER = "BusinessPhoneNumber", ALL, Text | Empty;
        0x14 => CAR_PHONE_NUMBER = "CarPhoneNumber", ALL, Text | Empty;
        0x15 => CATEGORIES = "Categories", ALL, Container | Empty;
        0x16 => CATEGORY = "Category", ALL, Text;
        0x17 => CHILDREN = "Children", ALL, Container | Empty;
        0x18 => CHILD = "Child", ALL, Text;
        0x19 => COMPANY_NAME = "CompanyName", ALL, Text | Empty;
        0x1A => DEPARTMENT = "Department", ALL, Text | Empty;
        0x1B => EMAIL1_ADDRESS = "Email1Address", ALL, Text | Empty;
        0x1C => EMAIL2_ADDRESS = "Email2Address", ALL, Text | Empty;
        0x1D => EMAIL3_ADDRESS = "Email3Address", ALL, Text | Empty;
        0x1E => FILE_AS = "FileAs", ALL, Text | Empty;
        0x1F => FIRST_NAME = "FirstName", ALL, Text | Empty;
        0x20 => HOME2_PHONE_NUMBER = "Home2PhoneNumber", ALL, Text | Empty;
        0x21 => HOME_ADDRESS_CITY = "HomeAddressCity", ALL, Text | Empty;
        0x22 => HOME_ADDRESS_COUNTRY = "HomeAddressCountry", ALL, Text | Empty;
        0x23 => HOME_ADDRESS_POSTAL_CODE = "HomeAddressPostalCode", ALL, Text | Empty;
        0x24 => HOME_ADDRESS_STATE = "HomeAddressState", ALL, Text | Empty;
        0x25 => HOME_ADDRESS_STREET = "HomeAddressStreet", ALL, Text | Empty;
        0x26 => HOME_FAX_NUMBER = "HomeFaxNumber", ALL, Text | Empty;
        0x27 => HOME_PHONE_NUMBER = "HomePhoneNumber", ALL, Text | Empty;
        0x28 => JOB_TITLE = "JobTitle", ALL, Text | Empty;
        0x29 => LAST_NAME = "LastName", ALL, Text | Empty;
        0x2A => MIDDLE_NAME = "MiddleName", ALL, Text | Empty;
        0x2B => MOBILE_PHONE_NUMBER = "MobilePhoneNumber", ALL, Text | Empty;
        0x2C => OFFICE_LOCATION = "OfficeLocation", ALL, Text | Empty;
        0x2D => OTHER_ADDRESS_CITY = "OtherAddressCity", ALL, Text | Empty;
        0x2E => OTHER_ADDRESS_COUNTRY = "OtherAddressCountry", ALL, Text | Empty;
        0x2F => OTHER_ADDRESS_POSTAL_CODE = "OtherAddressPostalCode", ALL, Text | Empty;
        0x30 => OTHER_ADDRESS_STATE = "OtherAddressState", ALL, Text | Empty;
        0x31 => OTHER_ADDRESS_STREET = "OtherAddressStreet", ALL, Text | Empty;
        0x32 => PAGER_NUMBER = "PagerNumber", ALL, Text | Empty;
        0x33 => RADIO_PHONE_NUMBER = "RadioPhoneNumber", ALL, Text | Empty;
        0x34 => SPOUSE = "Spouse", ALL, Text | Empty;
        0x35 => SUFFIX = "Suffix", ALL, Text | Empty;
        0x36 => TITLE = "Title", ALL, Text | Empty;
        0x37 => WEB_PAGE = "WebPage", ALL, Text | Empty;
        0x38 => YOMI_COMPANY_NAME = "YomiCompanyName", ALL, Text | Empty;
        0x39 => YOMI_FIRST_NAME = "YomiFirstName", ALL, Text | Empty;
        0x3A => YOMI_LAST_NAME = "YomiLastName", ALL, Text | Empty;
        0x3B => COMPRESSED_RTF = "CompressedRTF", ONLY_2_5, Text; // legacy; base64 of compressed RTF
        0x3C => PICTURE = "Picture", ALL, Text | Empty; // base64 text, inline string, at most 48 KB of base64
        0x3D => ALIAS = "Alias", SINCE_14_0, Text;
        0x3E => WEIGHTED_RANK = "WeightedRank", SINCE_14_0, Integer;
    }
}
