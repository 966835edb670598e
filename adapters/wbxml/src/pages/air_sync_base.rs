//! Code page 17, `AirSyncBase`: bodies, attachments and locations shared by all classes.
//!
//! Source: MS-ASWBXML, "Code Page 17: `AirSyncBase`".

use super::code_page;

code_page! {
    17, "AirSyncBase" {
        0x05 => BODY_PREFERENCE = "BodyPreference", SINCE_12_0, Container;
        0x06 => TYPE = "Type", SINCE_12_0, Integer;
        0x07 => TRUNCATION_SIZE = "TruncationSize", SINCE_12_0, Integer;
        0x08 => ALL_OR_NONE = "AllOrNone", SINCE_12_0, Bool;
        0x0A => BODY = "Body", SINCE_12_0, Container | Empty;
        0x0B => DATA = "Data", SINCE_12_0, Text; // string; in ItemOperations it may be replaced by Part
        0x0C => ESTIMATED_DATA_SIZE = "EstimatedDataSize", SINCE_12_0, Integer;
        0x0D => TRUNCATED = "Truncated", SINCE_12_0, Bool;
        0x0E => ATTACHMENTS = "Attachments", SINCE_12_0, Container | Empty;
        0x0F => ATTACHMENT = "Attachment", SINCE_12_0, Container;
        0x10 => DISPLAY_NAME = "DisplayName", SINCE_12_0, Text;
        0x11 => FILE_REFERENCE = "FileReference", SINCE_12_0, Text;
        0x12 => METHOD = "Method", SINCE_12_0, Integer;
        0x13 => CONTENT_ID = "ContentId", SINCE_12_0, Text;
        0x14 => CONTENT_LOCATION = "ContentLocation", SINCE_12_0, Text;
        0x15 => IS_INLINE = "IsInline", SINCE_12_0, Bool | Empty; // boolean inside Attachment, empty tag inside Add
        0x16 => NATIVE_BODY_TYPE = "NativeBodyType", SINCE_12_0, Integer;
        0x17 => CONTENT_TYPE = "ContentType", SINCE_12_0, Text;
        0x18 => PREVIEW = "Preview", SINCE_14_0, Integer | Text;
        0x19 => BODY_PART_PREFERENCE = "BodyPartPreference", SINCE_14_1, Container;
        0x1A => BODY_PART = "BodyPart", SINCE_14_1, Container | Empty;
        0x1B => STATUS = "Status", SINCE_14_1, Integer;
        0x1C => ADD = "Add", SINCE_16_0, Container;
        0x1D => DELETE = "Delete", SINCE_16_0, Container;
        0x1E => CLIENT_ID = "ClientId", SINCE_16_0, Text;
        0x1F => CONTENT = "Content", SINCE_16_0, Opaque; // attachment bytes in client Sync Add and Change
        0x20 => LOCATION = "Location", SINCE_16_0, Container;
        0x21 => ANNOTATION = "Annotation", SINCE_16_0, Text;
        0x22 => STREET = "Street", SINCE_16_0, Text;
        0x23 => CITY = "City", SINCE_16_0, Text;
        0x24 => STATE = "State", SINCE_16_0, Text;
        0x25 => COUNTRY = "Country", SINCE_16_0, Text;
        0x26 => POSTAL_CODE = "PostalCode", SINCE_16_0, Text;
        0x27 => LATITUDE = "Latitude", SINCE_16_0, Double;
        0x28 => LONGITUDE = "Longitude", SINCE_16_0, Double;
        0x29 => ACCURACY = "Accuracy", SINCE_16_0, Double;
        0x2A => ALTITUDE = "Altitude", SINCE_16_0, Double;
        0x2B => ALTITUDE_ACCURACY = "AltitudeAccuracy", SINCE_16_0, Double;
        0x2C => LOCATION_URI = "LocationUri", SINCE_16_0, Text;
        0x2D => INSTANCE_ID = "InstanceId", SINCE_16_0, DateTime; // compact form YYYYMMDDTHHMMSSZ
    }
}
