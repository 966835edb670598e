//! Refusals of the command line itself: what no aggregate was asked about, under the same stable codes.

use std::fmt;

/// A call that is refused before any command is issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    /// With a code of [`codes`](syncledger_domain::codes) and a sentence that names field, value and what is allowed.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: shortened(message.into()) }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }
}

/// Signs a sentence is told with at most.
const MAX_SIGNS: usize = 2000;
/// Signs of a longer one that are told from its beginning, which names the field and the value.
const HEAD: usize = 300;
/// And from its end, which names what is allowed.
const TAIL: usize = 700;

/// A sentence that repeats a value of any length, without its middle.
pub(crate) fn shortened(message: String) -> String {
    let signs = message.chars().count();
    if signs <= MAX_SIGNS {
        return message;
    }
    let head: String = message.chars().take(HEAD).collect();
    let tail: String = message.chars().skip(signs - TAIL).collect();
    format!("{head} … {tail}")
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}
