//! How a result is told: the envelope for programs, the indented tree for people.
//!
//! For programs `{"ok":true,"response":{…}}` or `{"ok":false,"error":{"code","message","details"}}`, and to a broadcast
//! one envelope per server inside `response`. For people a tree: a list's name, then a block per element, names padded
//! to a column, blocks apart by a blank line. Dates are milliseconds since 1970 for programs.

use serde_json::{Value, json};

use super::tree;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// What was found out before it failed.
    pub(super) details: Value,
    /// The page that helps to call it rightly.
    pub(super) help: Option<String>,
}

/// What one server answers.
pub(super) type Answer = Result<Value, Failure>;

/// Who was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// This node.
    One,
    /// All nodes, of which this one has this name.
    All(String),
}

/// The envelope of an answer.
pub(super) fn envelope(asked: &Asked, answer: &Answer) -> Value {
    let own = match answer {
        Ok(response) => json!({ "ok": true, "response": response }),
        Err(failure) => json!({
            "ok": false,
            "error": { "code": failure.code, "message": failure.message, "details": failure.details },
        }),
    };
    match asked {
        Asked::One => own,
        Asked::All(node) => json!({ "ok": answer.is_ok(), "response": { node: own } }),
    }
}

/// The text of an answer: what goes to standard output, and what to standard error.
pub(super) fn text(asked: &Asked, answer: &Answer) -> (String, String) {
    let (out, error) = match answer {
        Ok(response) => (tree::render(response), String::new()),
        Err(failure) => {
            let help = failure.help.as_ref().map(|page| format!("\n\n{page}")).unwrap_or_default();
            (String::new(), format!("error: {} ({}){help}", failure.message, failure.code))
        }
    };
    match asked {
        Asked::All(node) if !out.is_empty() => (format!("{node}\n\n{}", tree::indented(&out)), error),
        Asked::All(node) => (out, format!("{node}: {error}")),
        Asked::One => (out, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Answer {
        Err(Failure {
            code: "NO_SUCH_ACCOUNT",
            message: "account 'x'".to_owned(),
            details: json!({}),
            help: None,
        })
    }

    #[test]
    fn each_server_has_an_envelope_of_its_own_in_a_broadcast() {
        let all = Asked::All("mail1".to_owned());
        let good: Answer = Ok(json!({ "devices": [] }));
        assert_eq!(envelope(&Asked::One, &good), json!({ "ok": true, "response": { "devices": [] } }));
        assert_eq!(
            envelope(&all, &good),
            json!({ "ok": true, "response": { "mail1": { "ok": true, "response": { "devices": [] } } } })
        );
        let error = json!({ "code": "NO_SUCH_ACCOUNT", "message": "account 'x'", "details": {} });
        assert_eq!(envelope(&Asked::One, &failed()), json!({ "ok": false, "error": error }));
        assert_eq!(envelope(&all, &failed())["response"]["mail1"]["error"], error);
    }

    #[test]
    fn a_failure_in_words_names_the_code() {
        let (out, error) = text(&Asked::One, &failed());
        assert_eq!((out.as_str(), error.as_str()), ("", "error: account 'x' (NO_SUCH_ACCOUNT)"));
    }
}
