//! Code page 10, `ResolveRecipients`: recipient, certificate and free/busy look-up.
//!
//! Source: MS-ASWBXML, "Code Page 10: `ResolveRecipients`".

use super::code_page;

code_page! {
    10, "ResolveRecipients" {
        0x05 => RESOLVE_RECIPIENTS = "ResolveRecipients", ALL, Container;
        0x06 => RESPONSE = "Response", ALL, Container;
        0x07 => STATUS = "Status", ALL, Integer;
        0x08 => TYPE = "Type", ALL, Integer;
        0x09 => RECIPIENT = "Recipient", ALL, Container;
        0x0A => DISPLAY_NAME = "DisplayName", ALL, Text;
        0x0B => EMAIL_ADDRESS = "EmailAddress", ALL, Text;
        0x0C => CERTIFICATES = "Certificates", ALL, Container;
        0x0D => CERTIFICATE = "Certificate", ALL, Text;
        0x0E => MINI_CERTIFICATE = "MiniCertificate", ALL, Text;
        0x0F => OPTIONS = "Options", ALL, Container;
        0x10 => TO = "To", ALL, Text;
        0x11 => CERTIFICATE_RETRIEVAL = "CertificateRetrieval", ALL, Integer;
        0x12 => RECIPIENT_COUNT = "RecipientCount", ALL, Integer;
        0x13 => MAX_CERTIFICATES = "MaxCertificates", ALL, Integer;
        0x14 => MAX_AMBIGUOUS_RECIPIENTS = "MaxAmbiguousRecipients", ALL, Integer;
        0x15 => CERTIFICATE_COUNT = "CertificateCount", ALL, Integer;
        0x16 => AVAILABILITY = "Availability", SINCE_14_0, Container;
        0x17 => START_TIME = "StartTime", SINCE_14_0, DateTime;
        0x18 => END_TIME = "EndTime", SINCE_14_0, DateTime;
        0x19 => MERGED_FREE_BUSY = "MergedFreeBusy", SINCE_14_0, Text;
        0x1A => PICTURE = "Picture", SINCE_14_1, Container;
        0x1B => MAX_SIZE = "MaxSize", SINCE_14_1, Integer;
        0x1C => DATA = "Data", SINCE_14_1, Opaque; // byte array per the command document
        0x1D => MAX_PICTURES = "MaxPictures", SINCE_14_1, Integer;
    }
}
