//! Flags: what changed on the server, told with as little as possible, and what a client may change.
//!
//! Source: MS-ASEMAIL, "Flag", "Read", "Categories"; MS-ASCMD, "Change".

use syncledger_domain::{
    ids::ProtocolVersion,
    ports::mailbox::{FlagChange, MailFlags},
};
use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync, email, email2, tasks},
};

use crate::classes::ItemError;

/// The text Outlook shows beside a flag.
const FOLLOW_UP: &str = "Flag for follow up";
/// Categories of one message. MS-ASEMAIL, "Categories".
const MAX_CATEGORIES: usize = 300;

/// The Flag block: empty where there is no flag.
pub(super) fn flag(flags: MailFlags) -> Element {
    let flag = Element::new(email::FLAG);
    if !flags.flagged {
        return flag;
    }
    flag.with(Element::text(email::STATUS, "2")).with(Element::text(email::FLAG_TYPE, FOLLOW_UP))
}

/// `LastVerbExecuted`: 1 reply, 3 forward, 0 none. Which came last nobody noted, so an answer outweighs a forward.
pub(super) fn last_verb(flags: MailFlags) -> u8 {
    match (flags.answered, flags.forwarded) {
        (true, _) => 1,
        (false, true) => 3,
        (false, false) => 0,
    }
}

/// The `ApplicationData` of a Change from one set of flags to another, with the changed properties alone. `None` where a
/// client of this version cannot see the difference: then there is nothing to send.
pub fn flag_change(old: MailFlags, new: MailFlags, version: ProtocolVersion) -> Option<Element> {
    let read = (old.read != new.read).then(|| bool_text(email::READ, new.read));
    let flag = (old.flagged != new.flagged).then(|| flag(new));
    let verb = (version >= ProtocolVersion::V14_0 && last_verb(old) != last_verb(new))
        .then(|| Element::text(email2::LAST_VERB_EXECUTED, last_verb(new).to_string()));
    let changes: Vec<Element> = [read, flag, verb].into_iter().flatten().collect();
    (!changes.is_empty()).then(|| Element::new(air_sync::APPLICATION_DATA).with_all(changes))
}

pub(super) fn bool_text(tag: Tag, value: bool) -> Element {
    Element::text(tag, if value { "1" } else { "0" })
}

/// Reads the `ApplicationData` of a client's Change of a received message: Read, Flag, and Categories, which are accepted
/// from 14.0 on and not kept.
///
/// # Errors
/// [`ItemError::Invalid`] for any other property, one that is there twice, and values that do not fit.
pub fn parse_client_change(app_data: &Element, version: ProtocolVersion) -> Result<FlagChange, ItemError> {
    each_once(app_data)?;
    let mut change = FlagChange::default();
    for property in app_data.elements() {
        match property.tag {
            email::READ => change.read = Some(boolean(property)?),
            email::FLAG => change.flagged = parse_flag(property)?,
            email::CATEGORIES if version >= ProtocolVersion::V14_0 => check_categories(property)?,
            element => return Err(invalid(element, "may not be changed")),
        }
    }
    Ok(change)
}

/// `None`: the flag's details changed, not whether there is one.
fn parse_flag(flag: &Element) -> Result<Option<bool>, ItemError> {
    each_once(flag)?;
    for child in flag.elements() {
        match child.tag {
            email::STATUS
            | email::FLAG_TYPE
            | tasks::SUBJECT
            | tasks::SUB_ORDINAL_DATE
            | tasks::REMINDER_SET
            | tasks::START_DATE
            | tasks::DUE_DATE
            | tasks::UTC_START_DATE
            | tasks::UTC_DUE_DATE => {}
            email::COMPLETE_TIME | tasks::DATE_COMPLETED | tasks::ORDINAL_DATE | tasks::REMINDER_TIME => {
                optional_time(child)?;
            }
            element => return Err(invalid(element, "is no part of a flag")),
        }
    }
    check_dates(flag)?;
    check_reminder(flag)?;
    if flag.is_empty() {
        return Ok(Some(false));
    }
    let Some(status) = flag.child(email::STATUS) else { return Ok(None) };
    match status.text_content().as_deref().map(str::trim) {
        // A completed flag has no counterpart in a mailbox: it is taken off.
        Some("0" | "1") => Ok(Some(false)),
        Some("2") => Ok(Some(true)),
        _ => Err(invalid(email::STATUS, "must be 0, 1 or 2")),
    }
}

/// All four dates or none, and no start after the due date.
fn check_dates(flag: &Element) -> Result<(), ItemError> {
    let date = |tag| flag.child(tag).map_or(Ok(None), optional_time);
    let dates = [
        date(tasks::START_DATE)?,
        date(tasks::DUE_DATE)?,
        date(tasks::UTC_START_DATE)?,
        date(tasks::UTC_DUE_DATE)?,
    ];
    match dates {
        [None, None, None, None] => Ok(()),
        [Some(start), Some(due), Some(utc_start), Some(utc_due)] if start <= due && utc_start <= utc_due => {
            Ok(())
        }
        [Some(_), Some(_), Some(_), Some(_)] => {
            Err(invalid(tasks::START_DATE, "must not be after the due date"))
        }
        _ => Err(invalid(tasks::START_DATE, "comes with the three other dates or not at all")),
    }
}

fn check_reminder(flag: &Element) -> Result<(), ItemError> {
    let set = flag.child(tasks::REMINDER_SET).map(boolean).transpose()?;
    let time = flag.child(tasks::REMINDER_TIME).map_or(Ok(None), optional_time)?;
    if set == Some(true) && time.is_none() {
        return Err(invalid(tasks::REMINDER_SET, "needs a ReminderTime"));
    }
    Ok(())
}

fn check_categories(categories: &Element) -> Result<(), ItemError> {
    if let Some(stranger) = categories.elements().find(|child| child.tag != email::CATEGORY) {
        return Err(invalid(stranger.tag, "is no category"));
    }
    if categories.elements().count() > MAX_CATEGORIES {
        return Err(invalid(email::CATEGORIES, "are at most 300"));
    }
    Ok(())
}

fn each_once(parent: &Element) -> Result<(), ItemError> {
    let mut seen = Vec::new();
    for child in parent.elements() {
        if seen.contains(&child.tag) {
            return Err(invalid(child.tag, "is there twice"));
        }
        seen.push(child.tag);
    }
    Ok(())
}

fn boolean(element: &Element) -> Result<bool, ItemError> {
    match element.text_content().as_deref().map(str::trim) {
        // An empty tag says yes. MS-ASDTYPE, "boolean Data Type".
        Some("1" | "") => Ok(true),
        Some("0") => Ok(false),
        _ => Err(invalid(element.tag, "must be 0 or 1")),
    }
}

/// A date that some clients send empty where there is none.
fn optional_time(element: &Element) -> Result<Option<i64>, ItemError> {
    let is_blank = element.text_content().is_some_and(|text| text.trim().is_empty());
    if is_blank { Ok(None) } else { time(element).map(Some) }
}

/// A date and time, dashed or compact. MS-ASDTYPE, "dateTime Data Type".
fn time(element: &Element) -> Result<i64, ItemError> {
    let refuse = || invalid(element.tag, "must be a date and time");
    let text = element.text_content().ok_or_else(refuse)?;
    let utc: Result<jiff::Timestamp, _> = text.trim().parse();
    // Local dates come without a zone from some clients.
    let local = || {
        Some(
            text.trim()
                .parse::<jiff::civil::DateTime>()
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp(),
        )
    };
    utc.ok().or_else(local).map(jiff::Timestamp::as_second).ok_or_else(refuse)
}

fn invalid(element: Tag, defect: &'static str) -> ItemError {
    ItemError::Invalid { element, defect }
}
