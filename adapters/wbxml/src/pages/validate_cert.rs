//! Code page 11, `ValidateCert`: certificate validation.
//!
//! Source: MS-ASWBXML, "Code Page 11: `ValidateCert`".

use super::code_page;

code_page! {
    11, "ValidateCert" {
        0x05 => VALIDATE_CERT = "ValidateCert", ALL, Container;
        0x06 => CERTIFICATES = "Certificates", ALL, Container;
        0x07 => CERTIFICATE = "Certificate", ALL, Container | Text; // base64 in the request, container of Status in the answer
        0x08 => CERTIFICATE_CHAIN = "CertificateChain", ALL, Container;
        0x09 => CHECK_CRL = "CheckCRL", ALL, Integer;
        0x0A => STATUS = "Status", ALL, Integer;
    }
}
