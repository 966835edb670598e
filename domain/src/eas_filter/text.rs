//! Texts and patterns that are looked for in a `User-Agent`, prepared once when a filter is made or read from the log.
//!
//! Both are stored as the text the administrator gave.

use serde::{Deserialize, Serialize};

/// A text that is looked for without regard to case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Needle {
    text: String,
    lower: String,
}

impl Needle {
    /// As the administrator gave it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text is in there; `haystack` in lower case.
    pub(super) fn is_in(&self, haystack: &str) -> bool {
        haystack.contains(&self.lower)
    }
}

impl From<String> for Needle {
    fn from(text: String) -> Self {
        Self { lower: text.to_lowercase(), text }
    }
}

impl From<Needle> for String {
    fn from(needle: Needle) -> Self {
        needle.text
    }
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Needle {}

/// Largest compiled form of a pattern, in bytes: what a repetition of repetitions could otherwise grow without bound.
const COMPILED_BYTES: usize = 256 * 1024;
/// Deepest nesting of a pattern.
const NESTING: u32 = 50;

/// A regular expression, found anywhere in the text and without regard to case. The engine is linear in the length of
/// the text whatever the pattern, so it knows neither look-around nor back-references.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern {
    source: String,
    /// `None` for a stored pattern this build cannot compile: it matches nothing.
    compiled: Option<regex::Regex>,
}

impl Pattern {
    /// Checks and compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn new(source: &str) -> Result<Self, String> {
        let compiled = compile(source).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "it is too large once its repetitions are written out".to_owned()
            }
            other => other.to_string().lines().last().unwrap_or_default().trim().to_owned(),
        })?;
        Ok(Self { source: source.to_owned(), compiled: Some(compiled) })
    }

    /// As the administrator gave it.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    pub(super) fn is_in(&self, haystack: &str) -> bool {
        self.compiled.as_ref().is_some_and(|pattern| pattern.is_match(haystack))
    }
}

fn compile(source: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(source)
        .case_insensitive(true)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .nest_limit(NESTING)
        .build()
}

/// Total, so that yesterday's log always loads.
impl From<String> for Pattern {
    fn from(source: String) -> Self {
        Self { compiled: compile(&source).ok(), source }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}
