//! One item, reduced to what a test or a person wants to see. MS-ASEMAIL, MS-ASAIRS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncledger_wbxml::{
    Element, Node, encode,
    pages::{air_sync_base, calendar, contacts, email, notes, tasks},
};

use crate::tree;

/// Size and fingerprint of one property as received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Property {
    /// Bytes as a document of its own.
    pub bytes: usize,
    /// First 16 hexadecimal digits of the BLAKE3 hash of these bytes.
    pub hash: String,
}

/// A body as received. MS-ASAIRS, "Body".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Body {
    /// 1 text, 2 HTML, 3 RTF, 4 MIME; 0 if the server did not say.
    pub kind: u32,
    /// `EstimatedDataSize`: bytes of the whole.
    pub estimated_size: Option<u32>,
    /// Whether it was cut.
    pub truncated: bool,
    /// Bytes received; `None` without Data.
    pub bytes: Option<u64>,
    /// BLAKE3 of Data, hexadecimal.
    pub hash: Option<String>,
    /// Preview.
    pub preview: Option<String>,
    /// Data itself, if the phone keeps bodies.
    pub data: Option<String>,
}

/// An attachment as told with its item. MS-ASAIRS, "Attachment".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the elements' own names")]
pub struct Attachment {
    pub display_name: String,
    pub file_reference: String,
    pub method: Option<u32>,
    pub estimated_size: Option<u32>,
    pub content_id: Option<String>,
    pub is_inline: bool,
}

/// An item of any class.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the elements' own names")]
pub struct Item {
    /// Subject; of a contact, its name.
    pub subject: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub cc: Option<String>,
    pub date_received: Option<String>,
    pub message_class: Option<String>,
    pub importance: Option<u32>,
    pub read: Option<bool>,
    /// Status of the flag: 0 or `None` none, 1 complete, 2 active.
    pub flag: Option<u32>,
    pub categories: Vec<String>,
    pub body: Option<Body>,
    pub attachments: Vec<Attachment>,
    /// All properties received, by name (`Email:Subject`).
    pub properties: BTreeMap<String, Property>,
}

impl Item {
    /// An item from its `ApplicationData` or Properties.
    pub fn new(data: &Element, keep_body: bool) -> Self {
        let mut item = Self::default();
        item.merge(data, keep_body);
        item
    }

    /// Takes over the properties in `data`; others stay. Says whether any differs from what was there.
    pub fn merge(&mut self, data: &Element, keep_body: bool) -> bool {
        let mut news = false;
        for property in data.elements() {
            let bytes = encode(property);
            let hash = blake3::hash(&bytes).to_hex()[..16].to_owned();
            let told = Property { bytes: bytes.len(), hash };
            let name = property.tag.to_string();
            news |= self.properties.get(&name) != Some(&told);
            self.properties.insert(name, told);
            self.take(property, keep_body);
        }
        news
    }

    /// Whether the flag is active.
    pub fn is_flagged(&self) -> bool {
        self.flag == Some(2)
    }

    /// Bytes of all properties.
    pub fn bytes(&self) -> usize {
        self.properties.values().map(|property| property.bytes).sum()
    }

    fn take(&mut self, property: &Element, keep_body: bool) {
        let text = || Some(property.text_lossy().into_owned());
        let number = || property.text_lossy().trim().parse().ok();
        match property.tag {
            email::SUBJECT | calendar::SUBJECT | tasks::SUBJECT | notes::SUBJECT | contacts::FILE_AS => {
                self.subject = text();
            }
            email::FROM => self.from = text(),
            email::TO => self.to = text(),
            email::CC => self.cc = text(),
            email::DATE_RECEIVED => self.date_received = text(),
            email::MESSAGE_CLASS => self.message_class = text(),
            email::IMPORTANCE => self.importance = number(),
            email::READ => self.read = Some(property.text_lossy().trim() != "0"),
            email::FLAG => self.flag = tree::number(property, email::STATUS),
            email::CATEGORIES => {
                self.categories = property
                    .children_with(email::CATEGORY)
                    .map(|category| category.text_lossy().into_owned())
                    .collect();
            }
            air_sync_base::BODY => self.body = Some(Body::new(property, keep_body)),
            air_sync_base::ATTACHMENTS => {
                self.attachments =
                    property.children_with(air_sync_base::ATTACHMENT).map(Attachment::new).collect();
            }
            _ => {}
        }
    }
}

impl Body {
    fn new(body: &Element, keep: bool) -> Self {
        let data = body.child(air_sync_base::DATA);
        let bytes = data.map(Element::bytes_content);
        Self {
            kind: tree::number(body, air_sync_base::TYPE).unwrap_or(0),
            estimated_size: tree::number(body, air_sync_base::ESTIMATED_DATA_SIZE),
            truncated: tree::flag(body, air_sync_base::TRUNCATED).unwrap_or(false),
            bytes: bytes.as_ref().map(|bytes| bytes.len() as u64),
            hash: bytes.map(|bytes| blake3::hash(&bytes).to_hex().to_string()),
            preview: tree::text(body, air_sync_base::PREVIEW),
            data: data.filter(|_| keep).map(|data| data.text_lossy().into_owned()),
        }
    }
}

impl Attachment {
    fn new(attachment: &Element) -> Self {
        Self {
            display_name: tree::text(attachment, air_sync_base::DISPLAY_NAME).unwrap_or_default(),
            file_reference: tree::text(attachment, air_sync_base::FILE_REFERENCE).unwrap_or_default(),
            method: tree::number(attachment, air_sync_base::METHOD),
            estimated_size: tree::number(attachment, air_sync_base::ESTIMATED_DATA_SIZE),
            content_id: tree::text(attachment, air_sync_base::CONTENT_ID),
            is_inline: tree::flag(attachment, air_sync_base::IS_INLINE).unwrap_or(false),
        }
    }
}

/// The first property that holds characters XML forbids: clients drop the whole answer for one of them. Text that
/// is no UTF-8 counts, too, unless the element is a byte array.
pub(crate) fn forbidden_characters(data: &Element) -> Option<String> {
    data.elements().find(|property| !is_clean(property)).map(|property| property.tag.to_string())
}

fn is_clean(element: &Element) -> bool {
    element.children.iter().all(|node| match node {
        // The decoder bounds the depth.
        Node::Element(child) => is_clean(child),
        Node::Text(text) => !text.chars().any(is_forbidden),
        Node::Opaque(_) => true,
    })
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}
