//! Tests of the class as a whole.

mod changes;
mod generated;
mod golden;
mod table;

use syncledger_domain::{
    ids::{Address, ProtocolVersion, ServerId},
    ports::mailbox::MailFlags,
    sync_state::BodyPreference,
};
use syncledger_wbxml::{Element, Tag, pages::air_sync_base};

use super::{MailItem, application_data};
use crate::classes::body::BodyWish;

/// 2024-05-01T09:12:33Z
const RECEIVED: i64 = 1_714_554_753;

fn server_id() -> ServerId {
    "2:41".parse().unwrap()
}

fn alice() -> Vec<Address> {
    vec![Address::new("alice@example.com").unwrap()]
}

fn prefer(body_type: u8) -> BodyPreference {
    BodyPreference { body_type, truncation: None, all_or_none: false, preview: None }
}

fn up_to(body_type: u8, bytes: u32) -> BodyPreference {
    BodyPreference { truncation: Some(bytes), ..prefer(body_type) }
}

fn wish(version: ProtocolVersion, preferences: &[BodyPreference]) -> BodyWish {
    BodyWish { preferences: preferences.to_vec(), mime_support: 2, ..BodyWish::plain(version) }
}

/// An Add as a 14.1 client gets it.
fn add(raw: &[u8], wish: &BodyWish) -> Element {
    let own = alice();
    let size = u32::try_from(raw.len()).unwrap();
    application_data(&MailItem::parse(raw, RECEIVED, MailFlags::default(), size, &own), &server_id(), wish)
}

fn get(element: &Element, tag: Tag) -> Option<String> {
    element.child(tag).map(|child| child.text_content().unwrap().into_owned())
}

/// Type, Data and whether it is marked as truncated.
fn body(raw: &[u8], wish: &BodyWish) -> (String, String, bool) {
    let item = add(raw, wish);
    let body = item.child(air_sync_base::BODY).unwrap();
    let data = get(body, air_sync_base::DATA).unwrap_or_default();
    (get(body, air_sync_base::TYPE).unwrap(), data, body.child(air_sync_base::TRUNCATED).is_some())
}
