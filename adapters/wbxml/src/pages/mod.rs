//! The code pages of Exchange ActiveSync, one file each, rows in token order.
//!
//! A row reads `token => CONSTANT = "Name", versions, kinds of value`. Names are spelled as MS-ASWBXML spells them,
//! so that the document can be searched for them. Other tables call some elements differently; only the token is
//! on the wire.
//!
//! Source: MS-ASWBXML, "Code Pages"; legacy rows from older material as each page says. A new element is a new
//! row in its page; a new page is a new file, a line below and an entry in [`PAGES`].

use crate::table::{Page, code_page};

pub mod air_notify;
pub mod air_sync;
pub mod air_sync_base;
pub mod calendar;
pub mod compose_mail;
pub mod contacts;
pub mod contacts2;
pub mod document_library;
pub mod email;
pub mod email2;
pub mod find;
pub mod folder_hierarchy;
pub mod gal;
pub mod get_item_estimate;
pub mod item_operations;
pub mod meeting_response;
pub mod move_;
pub mod notes;
pub mod ping;
pub mod provision;
pub mod resolve_recipients;
pub mod rights_management;
pub mod search;
pub mod settings;
pub mod tasks;
pub mod validate_cert;

/// All pages; the index is the page number.
pub static PAGES: [Page; 26] = [
    air_sync::CODE_PAGE,
    contacts::CODE_PAGE,
    email::CODE_PAGE,
    air_notify::CODE_PAGE,
    calendar::CODE_PAGE,
    move_::CODE_PAGE,
    get_item_estimate::CODE_PAGE,
    folder_hierarchy::CODE_PAGE,
    meeting_response::CODE_PAGE,
    tasks::CODE_PAGE,
    resolve_recipients::CODE_PAGE,
    validate_cert::CODE_PAGE,
    contacts2::CODE_PAGE,
    ping::CODE_PAGE,
    provision::CODE_PAGE,
    search::CODE_PAGE,
    gal::CODE_PAGE,
    air_sync_base::CODE_PAGE,
    settings::CODE_PAGE,
    document_library::CODE_PAGE,
    item_operations::CODE_PAGE,
    compose_mail::CODE_PAGE,
    email2::CODE_PAGE,
    notes::CODE_PAGE,
    rights_management::CODE_PAGE,
    find::CODE_PAGE,
];
