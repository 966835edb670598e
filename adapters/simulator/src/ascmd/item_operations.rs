//! `ItemOperations`: fetch whole items and attachments. MS-ASCMD, "`ItemOperations`".

use base64::{Engine as _, engine::general_purpose::GeneralPurpose, prelude::BASE64_STANDARD};
use bytes::Bytes;
use syncledger_wbxml::{
    Element, Node,
    pages::{air_sync, air_sync_base, item_operations as io, search},
};

use crate::{
    Phone,
    config::BodyChoice,
    error::Error,
    store::Item,
    tree,
    wire::{Command, Exchange, Param, Params},
};

const BASE64: GeneralPurpose = BASE64_STANDARD;

/// What to fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// An item.
    Item {
        /// The folder.
        collection: String,
        /// Its `ServerId`.
        server_id: String,
        /// In which form; type 4 sets `MIMESupport` 2.
        body: Option<BodyChoice>,
    },
    /// An attachment.
    Attachment {
        /// `FileReference` as told with the item.
        file_reference: String,
        /// First and last byte, zero-based, both included.
        range: Option<(u64, u64)>,
    },
    /// A search hit.
    LongId {
        /// Its `LongId`.
        long_id: String,
        /// In which form.
        body: Option<BodyChoice>,
    },
}

/// What came.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FetchResult {
    /// 1, or why not. MS-ASCMD, "Status (`ItemOperations`)".
    pub status: u32,
    /// The item, with its body's text.
    pub item: Option<Item>,
    /// Bytes of an attachment, or of a body that came as a part.
    pub data: Option<Bytes>,
    /// `ContentType` of an attachment.
    pub content_type: Option<String>,
    /// Range that came.
    pub range: Option<String>,
    /// Bytes of the whole.
    pub total: Option<u64>,
}

impl Phone {
    /// Fetches, in one request; `multipart` asks for bytes as they are beside the document.
    ///
    /// # Errors
    /// Any; a Status for the whole command. Statuses of single fetches are results, in the order asked.
    pub async fn fetch(&mut self, targets: &[Target], multipart: bool) -> Result<Vec<FetchResult>, Error> {
        let query = if multipart { vec![Param::AcceptMultiPart] } else { Vec::new() };
        let params = Params { query, ..Params::default() };
        let exchange = self.call(Command::ItemOperations, Some(request(targets)), params).await?;
        let results = results(&exchange)?;
        if results.len() == targets.len() {
            Ok(results)
        } else {
            Err(odd(format!("{} answers to {} fetches", results.len(), targets.len())))
        }
    }

    /// A whole message as MIME.
    ///
    /// # Errors
    /// As [`Phone::fetch`]; a Status other than 1.
    pub async fn fetch_item(&mut self, collection: &str, server_id: &str) -> Result<Item, Error> {
        let target = Target::Item {
            collection: collection.to_owned(),
            server_id: server_id.to_owned(),
            body: Some(BodyChoice::WHOLE_MIME),
        };
        let result = self.fetch_one(target, false).await?;
        result.item.ok_or_else(|| odd("the answer has no Properties"))
    }

    /// An attachment's bytes.
    ///
    /// # Errors
    /// As [`Phone::fetch`]; a Status other than 1.
    pub async fn fetch_attachment(&mut self, file_reference: &str, multipart: bool) -> Result<Bytes, Error> {
        let target = Target::Attachment { file_reference: file_reference.to_owned(), range: None };
        let result = self.fetch_one(target, multipart).await?;
        Ok(result.data.unwrap_or_default())
    }

    async fn fetch_one(&mut self, target: Target, multipart: bool) -> Result<FetchResult, Error> {
        let result = self.fetch(&[target], multipart).await?.pop();
        match result.ok_or_else(|| odd("the answer has no Fetch"))? {
            result if result.status == 1 => Ok(result),
            FetchResult { status, .. } => Err(Error::Status { command: Command::ItemOperations, status }),
        }
    }
}

fn request(targets: &[Target]) -> Element {
    Element::new(io::ITEM_OPERATIONS).with_all(targets.iter().map(fetch))
}

fn fetch(target: &Target) -> Element {
    let fetch = Element::new(io::FETCH).with(Element::text(io::STORE, "Mailbox"));
    match target {
        Target::Item { collection, server_id, body } => fetch
            .with(Element::text(air_sync::COLLECTION_ID, collection))
            .with(Element::text(air_sync::SERVER_ID, server_id))
            .with_all(body.map(options)),
        Target::Attachment { file_reference, range } => fetch
            .with(Element::text(air_sync_base::FILE_REFERENCE, file_reference))
            .with_all(range.map(|(first, last)| {
                Element::new(io::OPTIONS).with(Element::text(io::RANGE, format!("{first}-{last}")))
            })),
        Target::LongId { long_id, body } => {
            fetch.with(Element::text(search::LONG_ID, long_id)).with_all(body.map(options))
        }
    }
}

fn options(body: BodyChoice) -> Element {
    Element::new(io::OPTIONS)
        .with_all((body.kind == 4).then(|| Element::text(air_sync::MIME_SUPPORT, "2")))
        .with(body_preference(body))
}

/// `BodyPreference`, here and in Sync.
pub(crate) fn body_preference(body: BodyChoice) -> Element {
    Element::new(air_sync_base::BODY_PREFERENCE)
        .with(Element::text(air_sync_base::TYPE, body.kind.to_string()))
        .with_all(
            body.truncation_size.map(|size| Element::text(air_sync_base::TRUNCATION_SIZE, size.to_string())),
        )
}

fn results(exchange: &Exchange) -> Result<Vec<FetchResult>, Error> {
    let root = exchange.body.as_ref().ok_or_else(|| odd("the answer is empty"))?;
    match tree::root_status(root) {
        Some(1) => {}
        Some(status) => return Err(Error::Status { command: Command::ItemOperations, status }),
        None => return Err(odd("the answer has no Status")),
    }
    let fetches = root.child(io::RESPONSE).into_iter().flat_map(|response| response.children_with(io::FETCH));
    fetches.map(|fetch| result(fetch, &exchange.parts)).collect()
}

fn result(fetch: &Element, parts: &[Bytes]) -> Result<FetchResult, Error> {
    let status = tree::number(fetch, io::STATUS).ok_or_else(|| odd("a Fetch has no Status"))?;
    let Some(properties) = fetch.child(io::PROPERTIES) else {
        return Ok(FetchResult { status, ..FetchResult::default() });
    };
    let body = properties.child(air_sync_base::BODY);
    let part = properties.child(io::PART).or_else(|| body.and_then(|body| body.child(io::PART)));
    let data = match (part, properties.child(io::DATA)) {
        (Some(part), _) => Some(numbered(part, parts)?),
        (None, Some(data)) => Some(inline(data)?),
        (None, None) => None,
    };
    let is_item = fetch.child(air_sync_base::FILE_REFERENCE).is_none();
    Ok(FetchResult {
        status,
        item: is_item.then(|| Item::new(properties, true)),
        data,
        content_type: tree::text(properties, air_sync_base::CONTENT_TYPE),
        range: tree::text(properties, io::RANGE),
        total: properties.child(io::TOTAL).and_then(|total| total.text_lossy().trim().parse().ok()),
    })
}

fn numbered(part: &Element, parts: &[Bytes]) -> Result<Bytes, Error> {
    let index: Option<usize> = part.text_lossy().trim().parse().ok();
    // Part 0 is the document itself.
    let bytes = index.filter(|index| *index > 0).and_then(|index| parts.get(index));
    bytes.cloned().ok_or_else(|| odd("a Part that the answer does not have"))
}

/// Base64 as text; some servers send the bytes as they are.
fn inline(data: &Element) -> Result<Bytes, Error> {
    if let [Node::Opaque(bytes)] = data.children.as_slice() {
        return Ok(Bytes::copy_from_slice(bytes));
    }
    let text: Vec<u8> =
        data.bytes_content().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(text).map(Bytes::from).map_err(|error| odd(format!("Data is no base64: {error}")))
}

fn odd(what: impl Into<String>) -> Error {
    Error::protocol(Command::ItemOperations, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{exchange, golden, golden_tree};

    #[test]
    fn requests_are_as_published() {
        let item = Target::Item {
            collection: "2".to_owned(),
            server_id: "2:41".to_owned(),
            body: Some(BodyChoice::WHOLE_MIME),
        };
        let attachment = Target::Attachment { file_reference: "2:41:2".to_owned(), range: None };
        let bytes = |target| syncledger_wbxml::encode(&request(&[target]));
        assert_eq!(bytes(item), golden("21-itemoperations", "fetch a whole mail as MIME", 0));
        assert_eq!(bytes(attachment), golden("21-itemoperations", "fetch an attachment, inline answer", 0));
    }

    #[test]
    fn a_range_is_inclusive_and_alone_in_options() {
        let target = Target::Attachment { file_reference: "x".to_owned(), range: Some((0, 9)) };
        let options = fetch(&target).child(io::OPTIONS).cloned().unwrap();
        assert_eq!(options, Element::new(io::OPTIONS).with(Element::text(io::RANGE, "0-9")));
    }

    #[test]
    fn published_answers_read() {
        let mail = results(&exchange(golden_tree("21-itemoperations", "answer", 0), &[])).unwrap();
        let item = mail[0].item.clone().unwrap();
        assert_eq!(item.subject.as_deref(), Some("Lunch?"));
        assert_eq!(
            item.body.unwrap().data.as_deref(),
            Some("From: bob@example.net\nSubject: Lunch?\n\nAt 12?\n")
        );

        let inline = results(&exchange(golden_tree("21-itemoperations", "answer", 1), &[])).unwrap();
        assert_eq!(inline[0].data.as_deref(), Some(b"%PDF-1.4 sample".as_slice()));
        assert_eq!(inline[0].content_type.as_deref(), Some("application/pdf"));

        let document = golden_tree("21-itemoperations", "the same as part 0 of a multipart answer", 0);
        let parts = [Bytes::new(), Bytes::from("%PDF-1.4 sample")];
        let multipart = results(&exchange(document.clone(), &parts)).unwrap();
        assert_eq!(multipart[0].data.as_deref(), Some(b"%PDF-1.4 sample".as_slice()));
        assert!(matches!(results(&exchange(document, &parts[..1])), Err(Error::Protocol { .. })));
    }
}
