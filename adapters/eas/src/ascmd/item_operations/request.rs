//! From the WBXML tree to operations. What is wrong with one operation is a matter of that operation alone, so a defect
//! stands in the place of what was asked.

use syncledger_domain::{
    ids::{FolderId, ProtocolVersion, ServerId},
    sync_state::CollectionOptions,
};
use syncledger_wbxml::{
    Element, Tag,
    pages::{
        air_sync as a, air_sync_base as base, document_library as library, item_operations as o,
        rights_management as rm, search,
    },
};

use super::{plan::ByteRange, status::OperationStatus};
use crate::{ascmd::sync::options, classes::parse_file_reference};

/// One operation, with the elements its answer repeats.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operation {
    /// The name of the element around its answer.
    pub(super) tag: Tag,
    /// What named its object, in the order of the answer.
    pub(super) echo: Vec<Element>,
    /// What is to be done, or why it is not.
    pub(super) action: Result<Action, OperationStatus>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Fetch an item.
    Item { server_id: ServerId, options: CollectionOptions, schema: Vec<Tag> },
    /// Fetch an attachment.
    Attachment { server_id: ServerId, part: String, range: Option<ByteRange> },
    /// Delete all items of a folder.
    Empty { folder: FolderId, with_subfolders: bool },
}

/// Most operations of a request (MS-ASCMD, "Limiting Size of Command Requests").
const MAX_OPERATIONS: usize = 100;
/// Longest FileReference; this server's are much shorter.
const MAX_REFERENCE: usize = 512;

/// Reads a request.
///
/// # Errors
/// The Status of the whole request: 2 when it holds no operation or something else, 11 when it holds too many.
pub(super) fn parse(root: &Element, version: ProtocolVersion) -> Result<Vec<Operation>, OperationStatus> {
    let count = root.elements().count();
    if count > MAX_OPERATIONS {
        return Err(OperationStatus::TooMuch);
    }
    if count == 0 {
        return Err(OperationStatus::ProtocolError);
    }
    root.elements().map(|element| operation(element, version)).collect()
}

fn operation(element: &Element, version: ProtocolVersion) -> Result<Operation, OperationStatus> {
    let (echo, action) = match element.tag {
        o::FETCH => (identity(element), fetch(element, version)),
        o::EMPTY_FOLDER_CONTENTS => (echo(element, &[a::COLLECTION_ID]), empty(element)),
        o::MOVE if version >= ProtocolVersion::V14_0 => {
            (echo(element, &[o::CONVERSATION_ID]), Err(move_(element)))
        }
        _ => return Err(OperationStatus::ProtocolError),
    };
    Ok(Operation { tag: element.tag, echo, action })
}

/// The first element of each name, cut to what an answer may repeat.
fn echo(element: &Element, tags: &[Tag]) -> Vec<Element> {
    let short =
        |child: &&Element| child.bytes_content().len() <= MAX_REFERENCE && child.elements().next().is_none();
    tags.iter().filter_map(|tag| element.child(*tag)).filter(short).cloned().collect()
}

fn identity(fetch: &Element) -> Vec<Element> {
    echo(fetch, &[a::COLLECTION_ID, a::SERVER_ID, search::LONG_ID, library::LINK_ID, base::FILE_REFERENCE])
}

fn fetch(fetch: &Element, version: ProtocolVersion) -> Result<Action, OperationStatus> {
    check_store(fetch)?;
    if fetch.child(rm::REMOVE_RIGHTS_MANAGEMENT_PROTECTION).is_some() {
        return Err(OperationStatus::RightsManagement);
    }
    let named = |tag| fetch.children_with(tag).count();
    let by_id = named(a::COLLECTION_ID).max(named(a::SERVER_ID));
    let ways = [by_id, named(base::FILE_REFERENCE), named(search::LONG_ID), named(library::LINK_ID)];
    match ways {
        [1, 0, 0, 0] => item(fetch, version),
        [0, 1, 0, 0] => attachment(fetch),
        // Ids of search results; this server has given none.
        [0, 0, 1, 0] => Err(OperationStatus::NotFound),
        [0, 0, 0, 1] => Err(OperationStatus::UnknownStore),
        _ => Err(OperationStatus::ProtocolError),
    }
}

fn check_store(fetch: &Element) -> Result<(), OperationStatus> {
    match fetch.child(o::STORE).map(Element::text_lossy) {
        None => Err(OperationStatus::ProtocolError),
        Some(store) if store.trim().eq_ignore_ascii_case("Mailbox") => Ok(()),
        Some(_) => Err(OperationStatus::UnknownStore),
    }
}

fn item(fetch: &Element, version: ProtocolVersion) -> Result<Action, OperationStatus> {
    let text = |tag| {
        let text = fetch.child(tag).and_then(Element::text_content);
        text.filter(|text| !text.is_empty()).ok_or(OperationStatus::ProtocolError)
    };
    let (collection, item) = (text(a::COLLECTION_ID)?, text(a::SERVER_ID)?);
    let folder: FolderId = collection.parse().map_err(|_| OperationStatus::NotFound)?;
    let server_id: ServerId = item.parse().map_err(|_| OperationStatus::NotFound)?;
    if server_id.folder != folder {
        return Err(OperationStatus::NotFound);
    }
    let block = fetch.child(o::OPTIONS);
    let options = match block {
        Some(block) => options::parse_block(block, version).map_err(|reason| {
            tracing::info!(%reason, "Options of a Fetch refused");
            OperationStatus::ProtocolError
        })?,
        None => CollectionOptions::default(),
    };
    if options::asks_for_other_parts_than_html(Some(&options)) {
        return Err(OperationStatus::BodyPartType);
    }
    // A Range is for attachments; here the whole item is the best effort at it.
    let schema = block.and_then(|block| block.child(o::SCHEMA));
    let schema =
        schema.map(|schema| schema.elements().map(|wanted| wanted.tag).collect()).unwrap_or_default();
    Ok(Action::Item { server_id, options, schema })
}

fn attachment(fetch: &Element) -> Result<Action, OperationStatus> {
    let reference = fetch.child(base::FILE_REFERENCE).and_then(Element::text_content).unwrap_or_default();
    let reference = Some(reference).filter(|text| text.len() <= MAX_REFERENCE);
    let parsed = reference.and_then(|text| parse_file_reference(&text).ok());
    let (server_id, part) = parsed.ok_or(OperationStatus::InvalidAttachment)?;
    let mut range = None;
    for option in fetch.child(o::OPTIONS).into_iter().flat_map(Element::elements) {
        if option.tag != o::RANGE || range.is_some() {
            return Err(OperationStatus::ProtocolError);
        }
        range = Some(ByteRange::parse(&option.text_lossy()).ok_or(OperationStatus::InvalidRange)?);
    }
    Ok(Action::Attachment { server_id, part, range })
}

fn empty(element: &Element) -> Result<Action, OperationStatus> {
    let id = element.child(a::COLLECTION_ID).and_then(Element::text_content).filter(|id| !id.is_empty());
    let id = id.ok_or(OperationStatus::ProtocolError)?;
    let folder: FolderId = id.parse().map_err(|_| OperationStatus::NotFound)?;
    let options = element.child(o::OPTIONS);
    let with_subfolders = options.is_some_and(|options| options.child(o::DELETE_SUB_FOLDERS).is_some());
    Ok(Action::Empty { folder, with_subfolders })
}

/// Conversations are not moved as such: a client that is told so moves the messages it knows (EAS command MoveItems).
fn move_(element: &Element) -> OperationStatus {
    let complete = element.child(o::CONVERSATION_ID).is_some() && element.child(o::DST_FLD_ID).is_some();
    let always = element.child(o::OPTIONS).is_some_and(|options| options.child(o::MOVE_ALWAYS).is_some());
    match (complete, always) {
        (false, _) => OperationStatus::ProtocolError,
        (true, false) => OperationStatus::MoveAlwaysMissing,
        (true, true) => OperationStatus::ActionNotSupported,
    }
}
