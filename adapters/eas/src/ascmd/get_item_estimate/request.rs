//! From the WBXML tree to the collections to count. Two layouts: up to 12.1 the filter stands in the collection, from
//! 14.0 on in its Options; the order of the children differs between clients.

use syncledger_domain::{ids::ProtocolVersion, sync_state::CollectionOptions};
use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync as a, get_item_estimate as g},
};

use crate::ascmd::{number_text, sync::options};

/// A collection to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EstimateRequest {
    pub(super) sync_key: String,
    pub(super) collection_id: String,
    pub(super) options: Option<CollectionOptions>,
}

/// Most collections a request may name (MS-ASCMD, "Limiting Size of Command Requests").
const MAX_COLLECTIONS: usize = 1000;

/// Reads a request. The error is for the log; the answer is 103.
pub(super) fn parse(root: &Element, version: ProtocolVersion) -> Result<Vec<EstimateRequest>, String> {
    let collections = root.child(g::COLLECTIONS).ok_or("no Collections")?;
    let requests = collections
        .children_with(g::COLLECTION)
        .map(|collection| parse_collection(collection, version))
        .collect::<Result<Vec<_>, _>>()?;
    match requests.len() {
        0 => Err("Collections without Collection".to_owned()),
        count if count > MAX_COLLECTIONS => Err(format!("{count} collections, at most {MAX_COLLECTIONS}")),
        _ => Ok(requests),
    }
}

fn parse_collection(collection: &Element, version: ProtocolVersion) -> Result<EstimateRequest, String> {
    let text = |tag: Tag| {
        collection
            .child(tag)
            .and_then(Element::text_content)
            .filter(|text| !text.is_empty() && text.len() <= 64)
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| format!("{tag} is missing or not 1 to 64 characters"))
    };
    // Before 14.0 the filter stands beside the key; read as a block of options it is the same.
    let options = match number_text(collection, a::FILTER_TYPE) {
        Some(_) => Some(options::parse_block(collection, version)?),
        None => options::parse(collection, version)?,
    };
    Ok(EstimateRequest { sync_key: text(a::SYNC_KEY)?, collection_id: text(g::COLLECTION_ID)?, options })
}
