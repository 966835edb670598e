//! Changes in both directions.

use syncledger_domain::ports::mailbox::FlagChange;
use syncledger_wbxml::pages::{air_sync, email, email2, tasks};

use super::*;
use crate::classes::{ItemError, flag_change, parse_client_change};

const V12_1: ProtocolVersion = ProtocolVersion::V12_1;
const V14_1: ProtocolVersion = ProtocolVersion::V14_1;
const NONE: MailFlags = MailFlags { read: false, flagged: false, answered: false, forwarded: false };

fn tags(change: Option<Element>) -> Option<Vec<Tag>> {
    change.map(|change| change.elements().map(|element| element.tag).collect())
}

#[test]
fn a_change_carries_what_changed_and_nothing_else() {
    let read = MailFlags { read: true, ..NONE };
    let flagged = MailFlags { flagged: true, ..NONE };
    let answered = MailFlags { answered: true, ..NONE };
    assert_eq!(tags(flag_change(NONE, read, V14_1)), Some(vec![email::READ]));
    assert_eq!(tags(flag_change(NONE, flagged, V14_1)), Some(vec![email::FLAG]));
    assert_eq!(tags(flag_change(read, flagged, V14_1)), Some(vec![email::READ, email::FLAG]));
    assert_eq!(tags(flag_change(NONE, answered, V14_1)), Some(vec![email2::LAST_VERB_EXECUTED]));
    assert_eq!(tags(flag_change(NONE, answered, V12_1)), None);
    assert_eq!(tags(flag_change(read, read, V14_1)), None);
    let cleared = flag_change(flagged, NONE, V14_1).unwrap();
    assert!(cleared.child(email::FLAG).unwrap().is_empty());
    assert_eq!(
        get(&flag_change(answered, NONE, V14_1).unwrap(), email2::LAST_VERB_EXECUTED).as_deref(),
        Some("0")
    );
    assert_eq!(get(&flag_change(read, NONE, V14_1).unwrap(), email::READ).as_deref(), Some("0"));
}

fn data(children: impl IntoIterator<Item = Element>) -> Element {
    Element::new(air_sync::APPLICATION_DATA).with_all(children)
}

fn flag(children: impl IntoIterator<Item = Element>) -> Element {
    data([Element::new(email::FLAG).with_all(children)])
}

fn status(value: &str) -> Element {
    Element::text(email::STATUS, value)
}

#[test]
fn clients_may_change_read_and_flag() {
    let read =
        |value: &str| parse_client_change(&data([Element::text(email::READ, value)]), V14_1).map(|c| c.read);
    assert_eq!(read("1"), Ok(Some(true)));
    assert_eq!(read("0"), Ok(Some(false)));
    assert_eq!(read(""), Ok(Some(true)));
    assert!(read("yes").is_err());
    let flagged =
        |children: Vec<Element>| parse_client_change(&flag(children), V12_1).map(|change| change.flagged);
    assert_eq!(flagged(vec![]), Ok(Some(false)));
    assert_eq!(flagged(vec![status("0")]), Ok(Some(false)));
    assert_eq!(
        flagged(vec![status("1"), Element::text(email::COMPLETE_TIME, "2024-05-01T08:00:00.000Z")]),
        Ok(Some(false))
    );
    assert_eq!(flagged(vec![status("2"), Element::text(email::FLAG_TYPE, "for Follow Up")]), Ok(Some(true)));
    assert_eq!(flagged(vec![Element::text(tasks::SUBJECT, "call")]), Ok(None));
    assert!(flagged(vec![status("3")]).is_err());
    assert!(flagged(vec![status("2"), status("2")]).is_err());
    assert!(flagged(vec![Element::new(email::SUBJECT)]).is_err());
    assert_eq!(parse_client_change(&data([]), V14_1), Ok(FlagChange::default()));
}

#[test]
fn the_dates_of_a_flag_come_all_or_not_at_all_and_in_order() {
    let dates = |start: &str, due: &str| {
        let tags = [tasks::START_DATE, tasks::DUE_DATE, tasks::UTC_START_DATE, tasks::UTC_DUE_DATE];
        let values = [start, due, start, due];
        let dates = tags.into_iter().zip(values).map(|(tag, value)| Element::text(tag, value));
        parse_client_change(&flag(std::iter::once(status("2")).chain(dates)), V14_1)
            .map(|change| change.flagged)
    };
    assert_eq!(dates("2024-05-01T08:00:00.000Z", "2024-05-02T08:00:00.000Z"), Ok(Some(true)));
    assert_eq!(dates("20240501T080000Z", "2024-05-02T08:00:00"), Ok(Some(true)));
    assert!(dates("2024-05-03T08:00:00.000Z", "2024-05-02T08:00:00.000Z").is_err());
    assert!(dates("tomorrow", "2024-05-02T08:00:00.000Z").is_err());
    let only = Element::text(tasks::DUE_DATE, "2024-05-02T08:00:00.000Z");
    assert!(parse_client_change(&flag([status("2"), only]), V14_1).is_err());
}

#[test]
fn a_reminder_needs_its_time() {
    let set = Element::text(tasks::REMINDER_SET, "1");
    let time = Element::text(tasks::REMINDER_TIME, "2024-05-02T08:00:00.000Z");
    assert!(parse_client_change(&flag([status("2"), set.clone()]), V14_1).is_err());
    assert!(parse_client_change(&flag([status("2"), set, time]), V14_1).is_ok());
}

#[test]
fn empty_dates_of_a_flag_count_as_absent() {
    let empty = [
        tasks::START_DATE,
        tasks::DUE_DATE,
        tasks::UTC_START_DATE,
        tasks::UTC_DUE_DATE,
        tasks::REMINDER_TIME,
        tasks::DATE_COMPLETED,
        tasks::ORDINAL_DATE,
        email::COMPLETE_TIME,
    ];
    let flagged = |children: Vec<Element>| parse_client_change(&flag(children), V14_1).map(|c| c.flagged);
    let all = std::iter::once(status("2")).chain(empty.map(Element::new)).collect();
    assert_eq!(flagged(all), Ok(Some(true)));
    for tag in empty {
        assert_eq!(flagged(vec![status("2"), Element::text(tag, "")]), Ok(Some(true)), "{tag}");
        assert_eq!(flagged(vec![status("2"), Element::text(tag, " ")]), Ok(Some(true)), "{tag}");
    }
    let due = Element::text(tasks::DUE_DATE, "2024-05-02T08:00:00.000Z");
    assert!(flagged(vec![status("2"), due, Element::new(tasks::START_DATE)]).is_err());
    let set = Element::text(tasks::REMINDER_SET, "1");
    assert!(flagged(vec![status("2"), set, Element::new(tasks::REMINDER_TIME)]).is_err());
}

#[test]
fn categories_are_accepted_from_14_0_on_and_change_nothing() {
    let work = Element::text(email::CATEGORY, "work");
    let categories = |list: Vec<Element>| data([Element::new(email::CATEGORIES).with_all(list)]);
    assert_eq!(parse_client_change(&categories(vec![work.clone()]), V14_1), Ok(FlagChange::default()));
    assert!(parse_client_change(&categories(vec![work.clone()]), V12_1).is_err());
    assert!(parse_client_change(&categories(vec![work; 301]), V14_1).is_err());
    assert!(parse_client_change(&categories(vec![Element::new(email::TO)]), V14_1).is_err());
}

#[test]
fn anything_else_is_refused_by_name() {
    for tag in [email::SUBJECT, email::TO, air_sync_base::BODY, email2::CONVERSATION_ID, email2::SENDER] {
        let refused =
            parse_client_change(&data([Element::text(email::READ, "1"), Element::text(tag, "x")]), V14_1);
        assert_eq!(refused, Err(ItemError::Invalid { element: tag, defect: "may not be changed" }));
        assert_eq!(refused.unwrap_err().sync_status(), 6);
    }
}
