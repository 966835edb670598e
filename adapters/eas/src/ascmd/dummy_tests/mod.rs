//! Tests of all rooms in the dummy world: what a phone that may not synchronise can do, cannot do, and never sees.

mod conversation;
mod leaks;
mod other_rooms;
mod refusals;

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::{Element, Tag};

use crate::ascmd::testing::{Desk, texts};

/// The ServerId of the one message.
const MESSAGE: &str = "2:abq-1";

/// ItemOperations around operations, the usual prefixes declared.
fn operations(inside: &str) -> String {
    format!(
        "<ItemOperations xmlns=\"ItemOperations\" xmlns:airsync=\"AirSync\" xmlns:base=\"AirSyncBase\" \
         xmlns:search=\"Search\">{inside}</ItemOperations>"
    )
}

/// Fetch of an item by its ServerId.
fn fetch(server_id: &str, options: &str) -> String {
    let folder = server_id.split(':').next().unwrap();
    operations(&format!(
        "<Fetch><Store>Mailbox</Store><airsync:CollectionId>{folder}</airsync:CollectionId>\
         <airsync:ServerId>{server_id}</airsync:ServerId>{options}</Fetch>"
    ))
}

/// GetItemEstimate of one collection.
fn estimate(key: &str, folder: u32) -> String {
    format!(
        "<GetItemEstimate xmlns=\"GetItemEstimate\" xmlns:airsync=\"AirSync\"><Collections><Collection>\
         <airsync:SyncKey>{key}</airsync:SyncKey><CollectionId>{folder}</CollectionId></Collection></Collections>\
         </GetItemEstimate>"
    )
}

/// Ping of one folder.
fn ping(folder: u32) -> String {
    format!(
        "<Ping xmlns=\"Ping\"><HeartbeatInterval>480</HeartbeatInterval><Folders><Folder><Id>{folder}</Id>\
         <Class>Email</Class></Folder></Folders></Ping>"
    )
}

/// A Sync command that marks the message as read, or as unread.
fn mark(server_id: &str, read: bool) -> String {
    format!(
        "<Commands><Change><ServerId>{server_id}</ServerId><ApplicationData><email:Read>{}</email:Read>\
         </ApplicationData></Change></Commands>",
        u8::from(read)
    )
}

/// A Sync command that deletes a message.
fn delete(server_id: &str) -> String {
    format!("<Commands><Delete><ServerId>{server_id}</ServerId></Delete></Commands>")
}

/// A phone that was in and is shut out, in each version.
async fn shut_out(version: ProtocolVersion) -> Desk {
    let mut desk = Desk::new().await;
    desk.deliver("real mail", 1);
    desk.primed().await;
    desk.speak(version).shut_out().await;
    desk
}

/// The text of all elements with this name.
fn text(element: &Element, tag: Tag) -> String {
    texts(element, tag).concat()
}
