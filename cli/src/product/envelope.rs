//! How a result is told: the envelope for programs, the indented tree for people.
//!
//! For programs `{"ok":true,"response":{…}}` or `{"ok":false,"error":{"code","message","details"}}`, and to a broadcast
//! one envelope per server inside `response`. For people a tree: a list's name, then a block per element, names padded
//! to a column, blocks apart by a blank line. Dates are milliseconds since 1970 for programs.

use serde_json::{Map, Value, json};

use super::tree;

/// Why a command failed.
#[derive(Clone, Debug)]
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

/// What is told.
pub(super) enum Told {
    /// The answer of one server.
    One(Answer),
    /// The answers of all, by name.
    All(Vec<(String, Answer)>),
}

impl Told {
    /// The code of the failure, when one failed.
    pub(super) fn failed(&self) -> Option<&'static str> {
        match self {
            Self::One(answer) => answer.as_ref().err().map(|failure| failure.code),
            Self::All(answers) => {
                answers.iter().find_map(|(_, answer)| answer.as_ref().err()).map(|failure| failure.code)
            }
        }
    }

    /// For programs.
    pub(super) fn envelope(&self) -> Value {
        match self {
            Self::One(answer) => envelope(answer),
            Self::All(answers) => {
                let each = answers.iter().map(|(node, answer)| (node.clone(), envelope(answer)));
                json!({ "ok": self.failed().is_none(), "response": each.collect::<Map<_, _>>() })
            }
        }
    }

    /// For people: what goes to standard output, and what to standard error.
    pub(super) fn text(&self) -> (String, String) {
        let answers = match self {
            Self::One(answer) => return text(answer),
            Self::All(answers) => answers,
        };
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        for (node, answer) in answers {
            let (shown, error) = text(answer);
            out.extend(answer.is_ok().then(|| format!("{node}\n\n{}", tree::indented(&shown))));
            errors.extend(answer.is_err().then(|| format!("{node}: {error}")));
        }
        (out.join("\n\n"), errors.join("\n"))
    }
}

fn envelope(answer: &Answer) -> Value {
    match answer {
        Ok(response) => json!({ "ok": true, "response": response }),
        Err(failure) => json!({
            "ok": false,
            "error": { "code": failure.code, "message": failure.message, "details": failure.details },
        }),
    }
}

fn text(answer: &Answer) -> (String, String) {
    match answer {
        Ok(response) => (tree::render(response), String::new()),
        Err(failure) => {
            let help = failure.help.as_ref().map(|page| format!("\n\n{page}")).unwrap_or_default();
            (String::new(), format!("error: {} ({}){help}", failure.message, failure.code))
        }
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
        let good = || Ok(json!({ "devices": [] }));
        let error = json!({ "code": "NO_SUCH_ACCOUNT", "message": "account 'x'", "details": {} });
        let (fine, wrong) =
            (json!({ "ok": true, "response": { "devices": [] } }), json!({ "ok": false, "error": error }));
        assert_eq!(Told::One(good()).envelope(), fine);
        assert_eq!(Told::One(failed()).envelope(), wrong);
        let both = Told::All(vec![("mail1".to_owned(), good()), ("mail2".to_owned(), failed())]);
        assert_eq!(both.envelope(), json!({ "ok": false, "response": { "mail1": fine, "mail2": wrong } }));
        assert_eq!(both.failed(), Some("NO_SUCH_ACCOUNT"));
        let (out, errors) = both.text();
        assert_eq!(out, "mail1\n\n    devices");
        assert_eq!(errors, "mail2: error: account 'x' (NO_SUCH_ACCOUNT)");
    }

    #[test]
    fn a_failure_in_words_names_the_code() {
        let (out, error) = Told::One(failed()).text();
        assert_eq!((out.as_str(), error.as_str()), ("", "error: account 'x' (NO_SUCH_ACCOUNT)"));
    }
}
