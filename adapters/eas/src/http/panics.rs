//! What may be told of a panic. It is a fault of ours and is contained where it happens; but a text put together at run
//! time may quote the message that led to it, and no line of the log may.

use std::any::Any;

use tokio::task::JoinError;

/// The text of a panic where it is one of the program's own, the same every time.
pub(super) fn text(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(text withheld)")
}

/// Why a task gave no result. Its own `Display` would quote the panic.
pub(super) fn of_task(error: &JoinError) -> &'static str {
    if error.is_panic() { "it panicked" } else { "it was cancelled" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_texts_of_the_program_itself_are_told() {
        let subject = "Quarterly figures".to_owned();
        let panicked = tokio::spawn(async move { panic!("cannot parse {subject}") }).await.unwrap_err();
        assert!(panicked.to_string().contains("Quarterly"), "else this test shows nothing");
        assert_eq!(of_task(&panicked), "it panicked");
        assert_eq!(text(&*panicked.into_panic()), "(text withheld)");
        let panicked = tokio::spawn(async { panic!("a length is negative") }).await.unwrap_err();
        assert_eq!(text(&*panicked.into_panic()), "a length is negative");
    }
}
