//! `MessageClass`: what kind of message it is, in the words of Outlook.
//!
//! Source: MS-ASEMAIL, "`MessageClass`".

use crate::classes::mime::{Fields, Part, Tree, decoded_bytes};

/// Bytes of a report that are looked at.
const MAX_REPORT: usize = 64 << 10;

/// Cryptographic protection of the whole message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::classes) enum Protection {
    /// None that matters here.
    None,
    /// `multipart/signed`
    Signed,
    /// `application/pkcs7-mime`
    Enveloped,
}

impl Protection {
    /// Of a message.
    pub(in crate::classes) fn of(tree: &Tree<'_>) -> Self {
        let root = tree.root();
        let named_p7m = |part: &Part| {
            part.media.is("application", "octet-stream")
                && part
                    .media
                    .parameter("name")
                    .is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m"))
        };
        if root.multipart && root.media.is("multipart", "signed") {
            Self::Signed
        } else if root.media.is_pkcs7_mime() || named_p7m(root) {
            Self::Enveloped
        } else {
            Self::None
        }
    }
}

/// The class of a message.
pub(super) fn message_class(tree: &Tree<'_>) -> &'static str {
    match Protection::of(tree) {
        Protection::Signed => "IPM.Note.SMIME.MultipartSigned",
        Protection::Enveloped => "IPM.Note.SMIME",
        Protection::None => report_class(tree).unwrap_or("IPM.Note"),
    }
}

fn report_class(tree: &Tree<'_>) -> Option<&'static str> {
    let root = tree.root();
    if !root.media.is("multipart", "report") {
        return None;
    }
    let child = |subtype: &str| {
        root.children.iter().map(|index| &tree.parts[*index]).find(|part| part.media.is("message", subtype))
    };
    if let Some(part) = child("delivery-status").or_else(|| child("global-delivery-status")) {
        return delivery_class(&report(tree, part));
    }
    let part = child("disposition-notification").or_else(|| child("global-disposition-notification"))?;
    let disposition = values(&report(tree, part), "disposition").pop()?;
    let kind = disposition.rsplit(';').next().unwrap_or_default().trim().to_owned();
    if kind.starts_with("displayed") {
        Some("REPORT.IPM.NOTE.IPNRN")
    } else if kind.starts_with("deleted") {
        Some("REPORT.IPM.NOTE.IPNNRN")
    } else {
        None
    }
}

/// RFC 3464, "Action field": the worst of all recipients.
fn delivery_class(report: &[u8]) -> Option<&'static str> {
    let actions = values(report, "action");
    let any = |names: &[&str]| actions.iter().any(|action| names.contains(&action.as_str()));
    if any(&["failed"]) {
        Some("REPORT.IPM.NOTE.NDR")
    } else if any(&["delayed"]) {
        Some("REPORT.IPM.NOTE.DELAYED")
    } else if any(&["delivered", "relayed", "expanded"]) {
        Some("REPORT.IPM.NOTE.DR")
    } else {
        None
    }
}

fn report(tree: &Tree<'_>, part: &Part) -> Vec<u8> {
    let bytes = decoded_bytes(tree, part);
    bytes[..bytes.len().min(MAX_REPORT)].to_vec()
}

/// Values of a field in all groups of a report, in lower case.
fn values(report: &[u8], name: &str) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_ascii_lowercase();
    Fields::new(report).all(name).map(|field| text(field.value)).collect()
}
