//! The code pages are well-formed and complete.

use std::collections::HashSet;

use syncledger_wbxml::{ProtocolVersion, Tag, pages, pages::PAGES};

/// Rows per page, current and legacy.
const ROWS: [usize; 26] =
    [37, 58, 59, 19, 56, 8, 10, 20, 13, 34, 25, 6, 10, 10, 55, 29, 14, 40, 38, 8, 21, 19, 18, 5, 20, 22];

#[test]
fn pages_stand_at_their_number_and_have_all_rows() {
    for (number, page) in PAGES.iter().enumerate() {
        assert_eq!(usize::from(page.number), number);
        assert_eq!(page.rows.len(), ROWS[number], "rows of {}", page.name);
    }
    assert_eq!(PAGES.iter().map(|page| page.rows.len()).sum::<usize>(), 654);
}

#[test]
fn tokens_rise_within_a_page_and_stay_in_range() {
    for page in &PAGES {
        assert!(page.rows.is_sorted_by(|a, b| a.tag.token() < b.tag.token()), "{}", page.name);
        for row in page.rows {
            assert_eq!(row.tag.page(), page.number, "{}", row.name);
            assert!((0x05..=0x3F).contains(&row.tag.token()), "{}", row.name);
        }
    }
}

#[test]
fn names_are_unique_within_a_page_and_resolve_back() {
    for page in &PAGES {
        let names: HashSet<_> = page.rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), page.rows.len(), "{}", page.name);
        for row in page.rows {
            assert_eq!(Tag::named(page.name, row.name), Some(row.tag));
            assert_eq!(Tag::named(&format!("{}:", page.name), row.name), Some(row.tag));
            assert_eq!(row.tag.name(), Some(row.name));
            assert_eq!(row.tag.row(), Some(row));
            assert_eq!(row.tag.to_string(), format!("{}:{}", page.name, row.name));
            assert!(!row.kinds.is_empty() && row.versions.first <= row.versions.last, "{}", row.tag);
        }
    }
    assert_eq!(PAGES.iter().map(|page| page.name).collect::<HashSet<_>>().len(), PAGES.len());
}

#[test]
fn unknown_tags_print_as_numbers() {
    assert_eq!(Tag::new(5, 0x3F).to_string(), "0x05:0x3F");
    assert_eq!(format!("{:?}", Tag::new(0xFE, 0x05)), "0xFE:0x05");
    assert_eq!(Tag::new(0xFE, 0x05).name(), None);
    assert_eq!(Tag::checked(0, 0x04), None);
    assert_eq!(Tag::checked(0, 0x40), None);
}

#[test]
fn byte_arrays_are_these() {
    let opaque: Vec<_> =
        PAGES.iter().flat_map(|page| page.rows).filter(|row| row.is_opaque()).map(|row| row.tag).collect();
    assert_eq!(
        opaque,
        [
            pages::resolve_recipients::DATA,
            pages::search::CONVERSATION_ID,
            pages::gal::DATA,
            pages::air_sync_base::CONTENT,
            pages::item_operations::CONVERSATION_ID,
            pages::compose_mail::MIME,
            pages::email2::CONVERSATION_ID,
            pages::email2::CONVERSATION_INDEX,
        ]
    );
}

#[test]
fn versions_say_who_knows_an_element() {
    let knows = |tag: Tag, version| tag.row().is_some_and(|row| row.versions.contains(version));
    assert!(knows(pages::air_sync::SYNC, ProtocolVersion::V2_5));
    assert!(!knows(pages::air_sync_base::LOCATION, ProtocolVersion::V14_1));
    assert!(knows(pages::air_sync_base::LOCATION, ProtocolVersion::V16_0));
    assert!(knows(pages::calendar::LOCATION, ProtocolVersion::V14_1));
    assert!(!knows(pages::calendar::LOCATION, ProtocolVersion::V16_0));
}
