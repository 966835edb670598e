//! Provisioning policies: what administrators demand of devices, and the document that tells devices so
//! (MS-ASPROV, "`EASProvisionDoc`").
//!
//! A policy is a set of attributes, inherited like all others (account, class of service, domain, installation). Its
//! [`digest`] is recorded with each offer and each acknowledgement, so that a change makes devices provision again and
//! a change that tells devices nothing new does not.

pub mod attributes;
mod document;
#[cfg(test)]
mod tests;

pub use attributes::ATTRIBUTES;
pub use document::{Content, Element, digest, document};

use crate::{config::Scopes, event::Timestamp};

/// Whether a device that acknowledged at `since` must provision again for the interval alone: common status 143
/// (MS-ASCMD, "Common Status Codes").
pub fn refresh_is_due(scopes: &Scopes<'_>, since: Timestamp, now: Timestamp) -> bool {
    let minutes = scopes.read(&attributes::REFRESH_INTERVAL);
    minutes > 0 && since.plus_seconds(minutes.saturating_mul(60)) <= now
}

/// The FilterType that counts for mail where a device asks for one: nothing older than `MaxEmailAgeFilter` allows.
/// MS-ASCMD, "FilterType": 0 all, 1 a day, 2 three days, 3 a week, 4 two weeks, 5 a month; larger values are none of
/// mail and become the greatest that is.
pub fn clamp_mail_filter(scopes: &Scopes<'_>, asked: u8) -> u8 {
    clamp(asked.min(5), scopes.read(&attributes::MAX_EMAIL_AGE_FILTER))
}

/// The FilterType that counts for a calendar: 0 all, 4 two weeks, 5 a month, 6 three months, 7 six months. Of
/// `MaxCalendarAgeFilter` 1 to 3 count as not set.
pub fn clamp_calendar_filter(scopes: &Scopes<'_>, asked: u8) -> u8 {
    let max = scopes.read(&attributes::MAX_CALENDAR_AGE_FILTER);
    clamp(asked.min(7), if (1..=3).contains(&max) { -1 } else { max })
}

/// 0 is the longest time of all, on both sides.
fn clamp(asked: u8, max: i64) -> u8 {
    match u8::try_from(max) {
        Err(_) | Ok(0) => asked,
        Ok(max) if asked == 0 => max,
        Ok(max) => asked.min(max),
    }
}
