//! From outcomes to the answer, in one document or in parts (MS-ASCMD, "MultiPartResponse").

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use syncledger_wbxml::{
    Element, Node, Tag, encode,
    pages::{air_sync as a, air_sync_base as base, item_operations as o},
};

use super::{
    plan::{ByteRange, cut},
    request::Operation,
    status::OperationStatus,
};
use crate::{answer::Answer, classes::AttachmentContent};

/// An answer that grows operation by operation.
pub(super) struct Response {
    /// Contents beside the document, where the client reads such answers.
    parts: Option<Vec<Bytes>>,
    operations: Vec<Element>,
}

/// The content of an operation.
pub(super) enum Found {
    /// None: the folder was emptied.
    Nothing,
    /// An item: its class and its `Properties`.
    Item { class: &'static str, properties: Element },
    /// An attachment, or the range asked for.
    Attachment { content: AttachmentContent, range: Option<ByteRange> },
}

impl Response {
    pub(super) fn new(multipart: bool) -> Self {
        Self { parts: multipart.then(Vec::new), operations: Vec::new() }
    }

    /// Adds what became of an operation.
    pub(super) fn push(&mut self, operation: &Operation, outcome: Result<Found, OperationStatus>) {
        let (status, class, properties) = match outcome.and_then(|found| self.properties(found)) {
            Ok((class, properties)) => (OperationStatus::Success, class, properties),
            Err(status) => (status, None, None),
        };
        let element = Element::new(operation.tag)
            .with(Element::text(o::STATUS, status.value().to_string()))
            .with_all(operation.echo.iter().cloned())
            .with_all(class.map(|class| Element::text(a::CLASS, class)))
            .with_all(properties);
        self.operations.push(element);
    }

    fn properties(
        &mut self,
        found: Found,
    ) -> Result<(Option<&'static str>, Option<Element>), OperationStatus> {
        match found {
            Found::Nothing => Ok((None, None)),
            Found::Item { class, mut properties } => {
                for body in children_mut(&mut properties).filter(|child| child.tag == base::BODY) {
                    for data in children_mut(body).filter(|child| child.tag == base::DATA) {
                        self.put_aside(data);
                    }
                }
                Ok((Some(class), Some(properties)))
            }
            Found::Attachment { content, range } => Ok((None, Some(self.attachment(content, range)?))),
        }
    }

    fn attachment(
        &mut self,
        content: AttachmentContent,
        range: Option<ByteRange>,
    ) -> Result<Element, OperationStatus> {
        let total = content.bytes.len();
        let sent = cut(total, range)?;
        let bytes = Bytes::from(content.bytes).slice(sent.first..=sent.last);
        let mut properties =
            Element::new(o::PROPERTIES).with(Element::text(base::CONTENT_TYPE, content.content_type));
        // Only when asked for: iOS takes an unexpected Range for a part of the file.
        if range.is_some() {
            properties.push(Element::text(o::RANGE, format!("{}-{}", sent.first, sent.last)));
            properties.push(Element::text(o::TOTAL, total.to_string()));
        }
        properties.push(match &mut self.parts {
            Some(parts) => part(parts, bytes),
            None => Element::text(o::DATA, BASE64_STANDARD.encode(&bytes)),
        });
        Ok(properties)
    }

    /// Replaces the data of a body by the number of the part that holds it, where the client reads parts.
    fn put_aside(&mut self, data: &mut Element) {
        if let Some(parts) = &mut self.parts {
            let bytes = Bytes::copy_from_slice(&data.bytes_content());
            *data = part(parts, bytes);
        }
    }

    /// The answer.
    pub(super) fn finish(self) -> Answer {
        self.end(OperationStatus::Success)
    }

    /// The answer to a request that cannot be worked on at all.
    pub(super) fn refuse(self, status: OperationStatus) -> Answer {
        self.end(status)
    }

    fn end(self, status: OperationStatus) -> Answer {
        let mut document =
            Element::new(o::ITEM_OPERATIONS).with(Element::text(o::STATUS, status.value().to_string()));
        if !self.operations.is_empty() {
            document.push(Element::new(o::RESPONSE).with_all(self.operations));
        }
        match self.parts {
            None => Answer::Wbxml(document),
            Some(parts) => Answer::Multipart(frame(encode(&document).into(), parts)),
        }
    }
}

/// Adds a part; part 0 is the document.
fn part(parts: &mut Vec<Bytes>, bytes: Bytes) -> Element {
    parts.push(bytes);
    Element::text(o::PART, parts.len().to_string())
}

fn children_mut(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.children.iter_mut().filter_map(|node| match node {
        Node::Element(child) => Some(child),
        Node::Text(_) | Node::Opaque(_) => None,
    })
}

/// Keeps the properties a Schema names; none named are all.
pub(super) fn restrict(properties: &mut Element, schema: &[Tag]) {
    if !schema.is_empty() {
        properties
            .children
            .retain(|node| matches!(node, Node::Element(child) if schema.contains(&child.tag)));
    }
}

/// Count, then offset and length of each part, then the parts: 32-bit little-endian.
fn frame(document: Bytes, parts: Vec<Bytes>) -> Bytes {
    let parts: Vec<Bytes> = std::iter::once(document).chain(parts).collect();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    let head = 4 + 8 * parts.len();
    let mut out = Vec::with_capacity(head + parts.iter().map(Bytes::len).sum::<usize>());
    out.extend(number(parts.len()));
    let mut offset = head;
    for part in &parts {
        out.extend(number(offset));
        out.extend(number(part.len()));
        offset += part.len();
    }
    for part in parts {
        out.extend_from_slice(&part);
    }
    out.into()
}
