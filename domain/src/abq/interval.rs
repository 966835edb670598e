//! The time between two mails about devices in quarantine.

use super::Refusal;

/// Shortest, in milliseconds.
const MIN_INTERVAL_MS: u32 = 60_000;
/// Longest, in milliseconds.
const MAX_INTERVAL_MS: u32 = 2_678_400_000;

/// Milliseconds for the attribute `abqNotificationsInterval`, from `45m`, `6h`, `1d` or `0`.
///
/// # Errors
/// [`Refusal::BadInterval`].
pub fn parse_notification_interval(text: &str) -> Result<u32, Refusal> {
    let refuse = || Refusal::BadInterval { value: text.chars().take(80).collect() };
    let trimmed = text.trim();
    if trimmed == "0" {
        return Ok(0);
    }
    let unit = match trimmed.chars().last().map(|c| c.to_ascii_lowercase()) {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        _ => return Err(refuse()),
    };
    let number = &trimmed[..trimmed.len() - 1];
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let interval = number.parse::<u32>().ok().filter(|_| plain).and_then(|number| number.checked_mul(unit));
    match interval {
        Some(0) => Ok(0),
        Some(interval) if interval <= MAX_INTERVAL_MS => Ok(interval),
        _ => Err(refuse()),
    }
}

/// The time between two mails about devices in quarantine, in milliseconds, from the attribute's value; none is never.
pub fn notification_interval(attribute: u32) -> Option<u32> {
    (attribute != 0).then_some(attribute.max(MIN_INTERVAL_MS))
}
