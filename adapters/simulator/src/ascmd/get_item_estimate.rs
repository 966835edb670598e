//! `GetItemEstimate`: how much a Sync would bring. MS-ASCMD, "`GetItemEstimate`".

use serde::{Deserialize, Serialize};
use syncledger_wbxml::{
    Element,
    pages::{air_sync, get_item_estimate as gie},
};

use crate::{
    Phone,
    config::Version,
    error::Error,
    store::Class,
    tree,
    wire::{Command, Params},
};

/// The answer for one collection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// The collection; `None` if the server did not name it.
    pub collection: Option<String>,
    /// 1, or why there is no estimate.
    pub status: u32,
    /// Changes that wait.
    pub estimate: Option<u32>,
}

impl Phone {
    /// Asks for these folders, with the keys the phone holds and the configured filter.
    ///
    /// # Errors
    /// Any; [`Error::UnknownFolder`]; a Status for the whole command. Statuses of collections are results.
    pub async fn get_item_estimate(&mut self, folders: &[&str]) -> Result<Vec<Estimate>, Error> {
        let version = self.version().await?;
        let mut collections = Element::new(gie::COLLECTIONS);
        for id in folders {
            let folder = self.state.folders.get(*id).ok_or_else(|| Error::UnknownFolder((*id).to_owned()))?;
            let key = self.state.collections.get(*id).map_or("0", |collection| collection.key.as_str());
            let filter = self.config.filter_type.filter(|_| folder.class() == Some(Class::Email));
            collections.push(collection(version, id, key, folder.class(), filter));
        }
        let request = Element::new(gie::GET_ITEM_ESTIMATE).with(collections);
        let exchange = self.call(Command::GetItemEstimate, Some(request), Params::default()).await?;
        let root =
            exchange.body.ok_or_else(|| Error::protocol(Command::GetItemEstimate, "the answer is empty"))?;
        match tree::root_status(&root) {
            None | Some(1) => Ok(root.children_with(gie::RESPONSE).map(estimate).collect()),
            Some(status) => Err(Error::Status { command: Command::GetItemEstimate, status }),
        }
    }
}

/// Before 14.0 the order is another, and Class stands outside Options.
fn collection(version: Version, id: &str, key: &str, class: Option<Class>, filter: Option<u8>) -> Element {
    let filter = filter.map(|filter| Element::text(air_sync::FILTER_TYPE, filter.to_string()));
    let key = Element::text(air_sync::SYNC_KEY, key);
    let id = Element::text(gie::COLLECTION_ID, id);
    let collection = Element::new(gie::COLLECTION);
    if version < Version::V14_0 {
        let class = class.map(|class| Element::text(gie::CLASS, class.as_str()));
        collection.with_all(class).with(id).with_all(filter).with(key)
    } else {
        let class = class.map(|class| Element::text(air_sync::CLASS, class.as_str()));
        let options = Element::new(air_sync::OPTIONS).with_all(filter).with_all(class);
        collection.with(key).with(id).with_all((!options.is_empty()).then_some(options))
    }
}

fn estimate(response: &Element) -> Estimate {
    let collection = response.child(gie::COLLECTION);
    Estimate {
        collection: collection.and_then(|collection| tree::text(collection, gie::COLLECTION_ID)),
        status: tree::number(response, gie::STATUS).unwrap_or(0),
        estimate: collection.and_then(|collection| tree::number(collection, gie::ESTIMATE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{golden, golden_tree};

    #[test]
    fn requests_are_as_published_in_both_layouts() {
        for (label, version) in [("request 14.1", Version::V14_1), ("request 12.1", Version::V12_1)] {
            let collection = collection(version, "2", "102", Some(Class::Email), Some(3));
            let request =
                Element::new(gie::GET_ITEM_ESTIMATE).with(Element::new(gie::COLLECTIONS).with(collection));
            assert_eq!(syncledger_wbxml::encode(&request), golden("18-getitemestimate", label, 0), "{label}");
        }
    }

    #[test]
    fn the_published_answer_reads() {
        let root = golden_tree("18-getitemestimate", "answer (14.1)", 0);
        let estimates: Vec<_> = root.children_with(gie::RESPONSE).map(estimate).collect();
        let expected = Estimate { collection: Some("2".to_owned()), status: 1, estimate: Some(37) };
        assert_eq!(estimates, [expected]);
    }
}
