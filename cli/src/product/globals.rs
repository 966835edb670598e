//! Options that go before or between the words of any command.

use std::ffi::{OsStr, OsString};

use syncledger_domain::codes::USAGE;

use super::grammar::cut;
use crate::refusal::Refused;

/// What was said for any command.
#[derive(Clone, Default, Debug)]
pub(crate) struct Globals {
    /// Data directory.
    dir: Option<OsString>,
    /// Configuration file.
    config: Option<OsString>,
    /// The server meant.
    pub(super) host: Option<String>,
    /// For programs.
    pub(crate) json: bool,
    pub(super) help: bool,
}

/// Options that take a value.
const WITH_VALUE: [&str; 3] = ["--dir", "--config", "--host"];
/// Options that take none. Every command is waited for, and tells its progress at a terminal, so two of them ask for what
/// happens anyway.
const PLAIN: [&str; 5] = ["--json", "--progress", "--sync", "--help", "-h"];

fn is_plain_option(word: &str) -> bool {
    PLAIN.contains(&word)
}

/// The first word that is neither a global option nor its value; options of this program's own count as words.
pub(super) fn first_word(words: &[OsString]) -> Option<String> {
    first_place(words).map(|at| words[at].to_string_lossy().into_owned())
}

fn first_place(words: &[OsString]) -> Option<usize> {
    let mut places = words.iter().enumerate();
    while let Some((at, word)) = places.next() {
        let text = word.to_string_lossy();
        if WITH_VALUE.contains(&&*text) {
            places.next();
        } else if !matches!(&*text, "--json" | "--progress" | "--sync") && !has_value_inside(&text) {
            return Some(at);
        }
    }
    None
}

/// From the first word on, without options that have no value.
pub(super) fn without_plain_options(words: &[OsString]) -> Vec<String> {
    let words = words[first_place(words).unwrap_or(words.len())..].iter().map(|word| word.to_string_lossy());
    words.filter(|word| !is_plain_option(word)).map(std::borrow::Cow::into_owned).collect()
}

/// `--dir=x`
fn has_value_inside(word: &str) -> bool {
    WITH_VALUE.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
}

/// Takes the options out. After `--` everything is a word.
///
/// # Errors
/// For an option that is none, lacks its value or is said twice, with what was understood before.
pub(super) fn split(words: &[OsString]) -> Result<(Globals, Vec<String>), (Globals, Refused)> {
    let mut globals = Globals { json: words.iter().any(|word| word == "--json"), ..Globals::default() };
    let mut rest = Vec::new();
    match globals.take(words, &mut rest) {
        Ok(()) => Ok((globals, rest)),
        Err(message) => Err((globals, Refused::new(USAGE, message))),
    }
}

impl Globals {
    fn take(&mut self, words: &[OsString], rest: &mut Vec<String>) -> Result<(), String> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.to_str();
            match text {
                Some("--") => {
                    for word in words.by_ref() {
                        rest.push(utf8(word)?);
                    }
                }
                Some("--help" | "-h") => self.help = true,
                Some(option) if is_plain_option(option) => {}
                Some(option) if WITH_VALUE.contains(&option) => {
                    let value = words.next().ok_or_else(|| format!("option {option} requires a value"))?;
                    self.set(option, value)?;
                }
                Some(option) if has_value_inside(option) => {
                    let (option, value) = option.split_once('=').unwrap_or((option, ""));
                    self.set(option, OsStr::new(value))?;
                }
                Some(option) if option.starts_with("--") => {
                    return Err(format!(
                        "option '{}' is not known: allowed are --host, --json, --progress, --sync, --dir and --config; `--` before a value that begins so",
                        cut(option)
                    ));
                }
                _ => rest.push(utf8(word)?),
            }
        }
        if self.dir.is_some() && self.config.is_some() {
            return Err("options --dir and --config exclude each other: allowed is one of them".to_owned());
        }
        Ok(())
    }

    fn set(&mut self, option: &str, value: &OsStr) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("option {option} requires a value"));
        }
        let twice = match option {
            "--dir" => self.dir.replace(value.to_owned()).is_some(),
            "--config" => self.config.replace(value.to_owned()).is_some(),
            _ => self.host.replace(utf8(value)?).is_some(),
        };
        if twice { Err(format!("option {option} is given twice")) } else { Ok(()) }
    }

    /// The options a native call gets.
    pub(super) fn place(&self) -> Vec<OsString> {
        let options = [("--dir", &self.dir), ("--config", &self.config)];
        let said = options.into_iter().filter_map(|(option, value)| Some([option.into(), value.clone()?]));
        said.flatten().collect()
    }

    /// What holds for a line of several commands: what the line says, else what was said for all.
    pub(super) fn within(self, all: &Self) -> Self {
        let own_place = self.dir.is_some() || self.config.is_some();
        let (dir, config) =
            if own_place { (self.dir, self.config) } else { (all.dir.clone(), all.config.clone()) };
        Self {
            dir,
            config,
            host: self.host.or_else(|| all.host.clone()),
            json: self.json || all.json,
            help: self.help,
        }
    }
}

fn utf8(word: &OsStr) -> Result<String, String> {
    word.to_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("'{}' is not valid: allowed is UTF-8", cut(&word.to_string_lossy())))
}
