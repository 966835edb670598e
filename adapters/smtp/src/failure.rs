//! What the server's refusal means (RFC 5321, "Reply Codes"; RFC 3463, "Enhanced Mail System Status Codes").

use lettre::transport::smtp::Error;
use syncledger_domain::ports::transport::SendError;

/// What was being said when the server refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Connecting, TLS, login.
    Connection,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA` and the message.
    Content,
}

/// Sorts a failure into what can be done about it.
pub(crate) fn sort(step: Step, error: &Error) -> SendError {
    let code = error.status().map(u16::from).filter(|_| error.is_permanent());
    refusal(step, code, error.to_string())
}

/// By the step, and by the code of a refusal for good.
fn refusal(step: Step, code: Option<u16>, reason: String) -> SendError {
    let Some(code) = code else { return SendError::Unavailable(reason) };
    match (step, code) {
        // The node cannot log in there, or must: an administrator's matter, and nothing is wrong with the message.
        (Step::Connection, _) | (_, 530 | 534 | 535 | 538) => SendError::Unavailable(reason),
        // Full mailboxes and unknown names alike: this recipient cannot be written to.
        (Step::Recipient, _) => SendError::RecipientRefused(reason),
        (Step::Sender | Step::Content, 523 | 552) => SendError::TooLarge(reason),
        (Step::Sender | Step::Content, _) if is_about_size(&reason) => SendError::TooLarge(reason),
        (Step::Sender | Step::Content, _) => SendError::Refused(reason),
    }
}

/// `5.2.3` "Message length exceeds administrative limit" or `5.3.4` "Message too big for system".
fn is_about_size(reason: &str) -> bool {
    reason.split_whitespace().any(|word| matches!(word, "5.2.3" | "5.3.4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_means_what_its_step_and_code_say() {
        let kind = |step, code, text: &str| match refusal(step, code, text.to_owned()) {
            SendError::Unavailable(_) => "unavailable",
            SendError::RecipientRefused(_) => "recipient",
            SendError::Refused(_) => "refused",
            SendError::TooLarge(_) => "too large",
        };
        for (step, code, text, expected) in [
            (Step::Recipient, Some(550), "5.1.1 no such user", "recipient"),
            (Step::Recipient, Some(550), "Unrouteable address", "recipient"),
            (Step::Recipient, Some(554), "5.7.1 relaying denied", "recipient"),
            (Step::Recipient, Some(552), "5.2.2 mailbox full", "recipient"),
            (Step::Recipient, Some(530), "5.7.0 log in first", "unavailable"),
            (Step::Recipient, None, "451 greylisted", "unavailable"),
            (Step::Content, Some(550), "spam", "refused"),
            (Step::Content, Some(554), "5.6.0 malformed", "refused"),
            (Step::Content, Some(552), "message size exceeds maximum", "too large"),
            (Step::Content, Some(554), "5.3.4 too big", "too large"),
            (Step::Sender, Some(550), "5.7.1 you may not send as this", "refused"),
            (Step::Sender, Some(552), "size", "too large"),
            (Step::Connection, Some(535), "5.7.8 authentication failed", "unavailable"),
            (Step::Connection, Some(554), "no service here", "unavailable"),
            (Step::Content, None, "connection closed", "unavailable"),
        ] {
            assert_eq!(kind(step, code, text), expected, "{step:?} {code:?} {text}");
        }
    }
}
