//! Attachments: the list a message carries, the references in it, and the content behind a reference.
//!
//! A `FileReference` is `<ServerId>:<part>`, such as `2:41:2.1`: nothing has to be remembered for it, it stays valid as
//! long as the item exists, and it needs no escaping in a URL. It says nothing that the client does not know; whether
//! it may see the item is asked when it fetches.
//!
//! Source: MS-ASAIRS, "Attachments", "`FileReference`", "Method".

use syncledger_domain::ids::{InvalidId, ServerId};
use syncledger_wbxml::{Element, pages::air_sync_base};

use super::{
    email::{MailItem, content_id},
    html::References,
    mime::{
        Encoding, Fields, Part, PartPath, Tree, decoded_bytes, decoded_size, decoded_text, disposition, scan,
        unstructured,
    },
    shield, text,
};

/// Attachments of one message that are listed; the rest is in the MIME form.
const MAX_LISTED: usize = 500;
/// Characters of a file name.
const MAX_NAME: usize = 200;

/// The content behind a `FileReference`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachmentContent {
    /// `application/pdf`
    pub content_type: String,
    /// Decoded.
    pub bytes: Vec<u8>,
    /// File name, as in the list.
    pub name: String,
}

/// The reference to a part of an item.
pub fn file_reference(server_id: &ServerId, part: &str) -> String {
    format!("{server_id}:{part}")
}

/// The item and the part a reference names.
///
/// # Errors
/// When it is not of the form this server gives out: ItemOperations Status 15.
pub fn parse_file_reference(reference: &str) -> Result<(ServerId, String), InvalidId> {
    // An empty text is refused by ServerId, which names the field of the error.
    let (server_id, part) = reference.rsplit_once(':').unwrap_or_default();
    let path: Option<PartPath> = part.parse().ok();
    let server_id: ServerId = if path.is_some() { server_id } else { "" }.parse()?;
    Ok((server_id, part.to_owned()))
}

/// The content of a part of a message; `None` where the message has no such part.
pub fn attachment(raw: &[u8], part: &str) -> Option<AttachmentContent> {
    let path: PartPath = part.parse().ok()?;
    shield::contain(|| {
        let tree = scan(raw);
        let part = tree.at(&path)?;
        if part.multipart {
            return None;
        }
        let bytes = decoded_bytes(&tree, part).into_owned();
        Some(AttachmentContent { content_type: part.media.essence(), bytes, name: display_name(&tree, part) })
    })
    .flatten()
}

/// The Attachments container; `None` where there are none, because an empty one upsets clients.
pub(super) fn list(mail: &MailItem<'_>, server_id: &ServerId) -> Option<Element> {
    if mail.structure.attachments.is_empty() {
        return None;
    }
    let shown = references(mail);
    let parts = mail.structure.attachments.iter().take(MAX_LISTED).map(|index| &mail.tree.parts[*index]);
    Some(
        Element::new(air_sync_base::ATTACHMENTS)
            .with_all(parts.map(|part| one(mail, part, server_id, &shown))),
    )
}

/// What the HTML of the body shows. Without it every attachment is listed as one, or it would be invisible.
fn references(mail: &MailItem<'_>) -> References {
    let mut references = References::default();
    for html in mail.structure.body.iter().filter_map(|piece| piece.html) {
        references.add(&decoded_text(&mail.tree, &mail.tree.parts[html]).0);
    }
    references
}

fn one(mail: &MailItem<'_>, part: &Part, server_id: &ServerId, shown: &References) -> Element {
    let fields = mail.tree.fields(part);
    let id = content_id(&fields);
    let location = fields.first("Content-Location").map(|field| unstructured(field.value, 1_024));
    let location = location.filter(|location| !location.is_empty());
    let inline = id.as_deref().is_some_and(|id| shown.shows_id(id))
        || location.as_deref().is_some_and(|location| shown.shows_location(location));
    let method = if is_enclosed_message(part) { "5" } else { "1" };
    let size = decoded_size(&mail.tree, part).to_string();
    Element::new(air_sync_base::ATTACHMENT)
        .with(Element::text(air_sync_base::DISPLAY_NAME, display_name(&mail.tree, part)))
        .with(Element::text(air_sync_base::FILE_REFERENCE, file_reference(server_id, &part.path.to_string())))
        .with(Element::text(air_sync_base::METHOD, method))
        .with(Element::text(air_sync_base::ESTIMATED_DATA_SIZE, size))
        .with_all(id.map(|id| Element::text(air_sync_base::CONTENT_ID, id)))
        .with_all(location.map(|location| Element::text(air_sync_base::CONTENT_LOCATION, location)))
        .with_all(inline.then(|| Element::text(air_sync_base::IS_INLINE, "1")))
}

fn is_enclosed_message(part: &Part) -> bool {
    part.media.is_message() && matches!(part.encoding, Encoding::Identity | Encoding::Binary)
}

/// A file name that every client can show and store; never empty.
fn display_name(tree: &Tree<'_>, part: &Part) -> String {
    let fields = tree.fields(part);
    if is_enclosed_message(part) {
        let subject = clean(&subject_of(tree, part));
        return if subject.is_empty() { "message.eml".to_owned() } else { format!("{subject}.eml") };
    }
    let said = said_name(&fields, part).map(|name| clean(&name)).filter(|name| !name.is_empty());
    said.unwrap_or_else(|| invented_name(part))
}

fn said_name(fields: &Fields<'_>, part: &Part) -> Option<String> {
    let disposition = fields.first("Content-Disposition").and_then(|field| disposition(field.value));
    let file_name = disposition.and_then(|(_, parameters)| {
        parameters.into_iter().find(|(name, _)| name == "filename").map(|(_, value)| value)
    });
    file_name.or_else(|| part.media.parameter("name").map(str::to_owned))
}

fn subject_of(tree: &Tree<'_>, part: &Part) -> String {
    let enclosed = tree.body(part);
    // Only its header is of interest, and that may not be more than a header can be.
    let enclosed = scan(&enclosed[..enclosed.len().min(64 << 10)]);
    let fields = enclosed.fields(enclosed.root());
    fields.first("Subject").map(|field| unstructured(field.value, MAX_NAME)).unwrap_or_default()
}

/// Without what is special in a path, in one line.
fn clean(name: &str) -> String {
    let plain =
        |c: char| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c };
    let name = text::line(name, usize::MAX).chars().map(plain).collect::<String>();
    let name = name.trim_matches(['.', ' ']);
    let excess = name.chars().count().saturating_sub(MAX_NAME);
    if excess == 0 {
        return name.to_owned();
    }
    // The extension decides which program opens it: the middle is what can be spared.
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension = if extension.chars().count() > 12 { "" } else { extension };
    let room = MAX_NAME - extension.chars().count() - 1;
    let stem: String = name.chars().take(room).collect();
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

fn invented_name(part: &Part) -> String {
    let media = &part.media;
    match (media.kind.as_str(), media.subtype.as_str()) {
        ("application", "pkcs7-signature" | "x-pkcs7-signature") => return "smime.p7s".to_owned(),
        ("application", "pkcs7-mime" | "x-pkcs7-mime") => return "smime.p7m".to_owned(),
        ("application", "pgp-signature") => return "signature.asc".to_owned(),
        ("application", "pgp-encrypted") => return "version.txt".to_owned(),
        ("message", "delivery-status" | "global-delivery-status") => return "details.txt".to_owned(),
        ("message", "disposition-notification") => return "receipt.txt".to_owned(),
        ("text", "calendar") => return "invite.ics".to_owned(),
        ("text", "rfc822-headers") => return "headers.txt".to_owned(),
        _ => {}
    }
    let extension = match (media.kind.as_str(), media.subtype.as_str()) {
        ("text", "plain") => "txt",
        ("text", "x-vcard" | "vcard" | "directory") => "vcf",
        ("image", "jpeg" | "pjpeg") => "jpg",
        ("image", "svg+xml") => "svg",
        ("audio", "mpeg") => "mp3",
        ("message", "rfc822" | "global") => "eml",
        ("text" | "image" | "video" | "audio" | "application", subtype)
            if (2..=4).contains(&subtype.len()) && subtype.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            subtype
        }
        _ => "bin",
    };
    format!("attachment-{}.{extension}", part.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_back_as_written_and_nothing_else_does() {
        let server_id: ServerId = "257:a.b_c-d".parse().unwrap();
        let reference = file_reference(&server_id, "2.1");
        assert_eq!(reference, "257:a.b_c-d:2.1");
        assert!(reference.bytes().all(|b| b.is_ascii_alphanumeric() || b":._%-".contains(&b)));
        assert_eq!(parse_file_reference(&reference).unwrap(), (server_id, "2.1".to_owned()));
        for bad in [
            "", ":", "2:41", "2:41:", "2:41:0", "2:41:x", "2:41:1/2", "x:41:1", "2::1", "../../x", "2:41:1:1",
        ] {
            assert!(parse_file_reference(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn content_comes_decoded_with_its_type_and_name() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\ntext\n--a\nContent-Type: Image/PNG\n\
            Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"a b.png\"\n\niVBORw0KGgo=\n--a--\n";
        let found = attachment(raw, "2").unwrap();
        assert_eq!((found.content_type.as_str(), found.name.as_str()), ("image/png", "a b.png"));
        assert_eq!(found.bytes, b"\x89PNG\r\n\x1a\n");
        assert_eq!(attachment(raw, "1").unwrap().bytes, b"text");
        for missing in ["3", "2.1", "0", "", "x"] {
            assert_eq!(attachment(raw, missing), None, "{missing:?}");
        }
    }

    #[test]
    fn file_names_can_be_stored_anywhere() {
        for (name, expected) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\x\\y.doc", "C__x_y.doc"),
            ("a\r\nb.txt", "a b.txt"),
            ("...", ""),
            (" x. ", "x"),
        ] {
            assert_eq!(clean(name), expected);
        }
        let long = clean(&format!("{}.pdf", "ä".repeat(1_000)));
        assert_eq!(long.chars().count(), MAX_NAME);
        assert!(long.ends_with("ä.pdf"));
    }
}
