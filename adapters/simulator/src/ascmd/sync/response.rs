//! A Sync answer as a type. Read by name: deployed servers differ in the order.

use syncledger_wbxml::{Element, Tag, pages::air_sync};

use crate::tree;

/// The whole answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct SyncAnswer {
    pub(crate) status: Option<u32>,
    pub(crate) limit: Option<u32>,
    pub(crate) collections: Vec<CollectionAnswer>,
}

/// One Collection.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct CollectionAnswer {
    pub(crate) sync_key: Option<String>,
    pub(crate) collection_id: Option<String>,
    pub(crate) status: Option<u32>,
    pub(crate) more_available: bool,
    pub(crate) replies: Vec<Reply>,
    pub(crate) commands: Vec<ServerCommand>,
}

/// A child of Responses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reply {
    /// Add, Change, Delete or Fetch.
    pub(crate) tag: Tag,
    pub(crate) client_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) status: u32,
    pub(crate) data: Option<Element>,
}

impl Reply {
    /// What it answers: by `ClientId` for an Add, else by `ServerId`.
    pub(crate) fn id(&self) -> Option<&str> {
        if self.tag == air_sync::ADD { self.client_id.as_deref() } else { self.server_id.as_deref() }
    }
}

/// A child of Commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerCommand {
    /// Add, Change, Delete or `SoftDelete`.
    pub(crate) tag: Tag,
    pub(crate) server_id: Option<String>,
    pub(crate) data: Option<Element>,
}

/// `Err` says what is wrong with it as a whole.
pub(crate) fn parse(root: &Element) -> Result<SyncAnswer, &'static str> {
    if root.tag != air_sync::SYNC {
        return Err("the answer is no Sync");
    }
    let collections = root.child(air_sync::COLLECTIONS).into_iter();
    Ok(SyncAnswer {
        status: tree::number(root, air_sync::STATUS),
        limit: tree::number(root, air_sync::LIMIT),
        collections: collections
            .flat_map(|collections| collections.children_with(air_sync::COLLECTION))
            .map(collection)
            .collect(),
    })
}

fn collection(collection: &Element) -> CollectionAnswer {
    let children = |tag| collection.children_with(tag).flat_map(Element::elements);
    CollectionAnswer {
        sync_key: tree::text(collection, air_sync::SYNC_KEY),
        collection_id: tree::text(collection, air_sync::COLLECTION_ID),
        status: tree::number(collection, air_sync::STATUS),
        more_available: collection.child(air_sync::MORE_AVAILABLE).is_some(),
        replies: children(air_sync::RESPONSES).map(reply).collect(),
        commands: children(air_sync::COMMANDS).map(command).collect(),
    }
}

fn reply(reply: &Element) -> Reply {
    Reply {
        tag: reply.tag,
        client_id: tree::text(reply, air_sync::CLIENT_ID),
        server_id: tree::text(reply, air_sync::SERVER_ID),
        // A missing Status is none of the successes.
        status: tree::number(reply, air_sync::STATUS).unwrap_or(0),
        data: reply.child(air_sync::APPLICATION_DATA).cloned(),
    }
}

fn command(command: &Element) -> ServerCommand {
    ServerCommand {
        tag: command.tag,
        server_id: tree::text(command, air_sync::SERVER_ID),
        data: command.child(air_sync::APPLICATION_DATA).cloned(),
    }
}
