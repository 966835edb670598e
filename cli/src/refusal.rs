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
        Self { code, message: message.into() }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}
