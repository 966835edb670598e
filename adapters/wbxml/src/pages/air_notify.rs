//! Code page 3, `AirNotify`: notification of 2.x devices by SMS; retired, decoded so that it can be ignored.
//!
//! Source: MS-ASWBXML, "Code Page 3: `AirNotify`".
//! Rows marked legacy are absent from the current document and known from older material.

use super::code_page;

code_page! {
    3, "AirNotify" {
        0x05 => NOTIFY = "Notify", ONLY_2_5, Container;
        0x06 => NOTIFICATION = "Notification", ONLY_2_5, Container;
        0x07 => VERSION = "Version", ONLY_2_5, Text;
        0x08 => LIFE_TIME = "LifeTime", ONLY_2_5, Text;
        0x09 => DEVICE_INFO = "DeviceInfo", ONLY_2_5, Container;
        0x0A => ENABLE = "Enable", ONLY_2_5, Text;
        0x0B => FOLDER = "Folder", ONLY_2_5, Container;
        0x0C => SERVER_ID = "ServerId", ONLY_2_5, Text;
        0x0D => DEVICE_ADDRESS = "DeviceAddress", ONLY_2_5, Text;
        0x0E => VALID_CARRIER_PROFILES = "ValidCarrierProfiles", ONLY_2_5, Container;
        0x0F => CARRIER_PROFILE = "CarrierProfile", ONLY_2_5, Text;
        0x10 => STATUS = "Status", ONLY_2_5, Text;
        0x11 => RESPONSES = "Responses", ONLY_2_5, Container;
        0x12 => DEVICES = "Devices", ONLY_2_5, Container;
        0x13 => DEVICE = "Device", ONLY_2_5, Container;
        0x14 => ID = "Id", ONLY_2_5, Text;
        0x15 => EXPIRY = "Expiry", ONLY_2_5, Text;
        0x16 => NOTIFY_GUID = "NotifyGUID", ONLY_2_5, Text;
        0x17 => DEVICE_FRIENDLY_NAME = "DeviceFriendlyName", ONLY_2_5, Text;
    }
}
