//! What the server's refusal means (RFC 5321, "Reply Codes"; RFC 3463, "Enhanced Mail System Status Codes").

use lettre::transport::smtp::Error;
use syncledger_domain::ports::transport::SendError;

/// Sorts a failure into what can be done about it.
pub(crate) fn sort(error: &Error) -> SendError {
    let reason = error.to_string();
    if !error.is_permanent() {
        // Client errors are ours or the connection's: an 8-bit message to a server that takes 7 bits, for one.
        return if error.is_client() { SendError::Refused(reason) } else { SendError::Unavailable(reason) };
    }
    let code = error.status().map(u16::from).unwrap_or_default();
    permanent(code, &reason)
}

/// By the enhanced status code where there is one, else by the reply code.
fn permanent(code: u16, reason: &str) -> SendError {
    match (enhanced(reason), code) {
        // The node cannot log in there: an administrator's matter, and nothing is wrong with the message.
        (_, 530 | 534 | 535 | 538) => SendError::Unavailable(reason.to_owned()),
        (Some((3, 4) | (2, 3)), _) | (_, 552) => SendError::TooLarge(reason.to_owned()),
        (Some((1 | 2, _)), _) | (None, 550 | 551 | 553) => SendError::RecipientRefused(reason.to_owned()),
        (_, _) => SendError::Refused(reason.to_owned()),
    }
}

/// Subject and detail of an enhanced status code `5.subject.detail`.
fn enhanced(reason: &str) -> Option<(u16, u16)> {
    reason.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        (class == "5" && parts.next().is_none()).then_some((subject.parse().ok()?, detail.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_sorted_by_enhanced_code_then_by_code() {
        let kind = |code, text| match permanent(code, text) {
            SendError::Unavailable(_) => "unavailable",
            SendError::RecipientRefused(_) => "recipient",
            SendError::Refused(_) => "refused",
            SendError::TooLarge(_) => "too large",
        };
        let cases = [
            (550, "550 5.1.1 no such user", "recipient"),
            (550, "Unrouteable address", "recipient"),
            (550, "550 5.7.1 not allowed by policy", "refused"),
            (552, "message size exceeds maximum", "too large"),
            (554, "5.3.4 too big", "too large"),
            (554, "spam", "refused"),
            (535, "5.7.8 authentication failed", "unavailable"),
            (550, "rejected by 192.0.2.5.1.1", "recipient"),
        ];
        for (code, text, expected) in cases {
            assert_eq!(kind(code, text), expected, "{code} {text}");
        }
    }
}
