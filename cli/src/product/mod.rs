//! The spelling of commands that administrators of other servers know: `mobile ABQ list`, `config set global …`,
//! `prov ma …`, `auth credential add …`, `core getNotification`.
//!
//! Each of them is a row of [`table`], which rewrites it into calls of this program's own subcommands and their results
//! into the shapes known there; nothing is done a second time here. A new command is a new row.

mod envelope;
mod globals;
mod grammar;
mod help;
mod native;
pub(crate) mod piped;
mod row;
mod servers;
mod shapes;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::ffi::OsString;

use serde_json::{Map, Value, json};
use syncledger_domain::{
    codes::{NO_SUCH_SERVER, USAGE},
    config::registry,
};

pub(crate) use self::globals::Globals;
use self::{
    envelope::{Answer, Asked, Failure},
    row::{Call, Effect, Given},
};
use crate::{output, refusal::Refused};

/// The word that stands for every server.
const ALL_SERVERS: &str = "all_servers";

/// What the words of a command line are.
#[derive(Debug)]
pub(crate) enum Heard {
    /// This program's own command line.
    Native,
    /// A page of help.
    Help(String),
    /// A command of the table, or meant to be one.
    Command(Command),
    /// Nothing but options: commands may come from standard input.
    Nothing(Globals),
    /// `-`: commands come from standard input.
    Piped(Globals),
    /// Options that are none.
    Wrong(Globals, Refused),
}

/// A call, as its words.
#[derive(Debug)]
pub(crate) struct Command {
    globals: Globals,
    words: Vec<String>,
}

/// Tells a command of the table from one of this program's own. `words` are without the program's name.
pub(crate) fn hear(words: &[OsString]) -> Heard {
    let Some(first) = globals::first_word(words) else {
        return match globals::split(words) {
            Ok((globals, _)) => Heard::Nothing(globals),
            Err(_) => Heard::Native,
        };
    };
    if first == "-" {
        return match globals::split(words) {
            Ok((globals, rest)) if rest == ["-"] => Heard::Piped(globals),
            _ => Heard::Native,
        };
    }
    let lossy: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let begin = lossy.iter().position(|word| *word == first).unwrap_or_default();
    let command: Vec<String> =
        lossy[begin..].iter().filter(|word| !globals::is_plain_option(word)).cloned().collect();
    if first.eq_ignore_ascii_case("help") {
        return help::about(&command[1..]).map_or(Heard::Native, Heard::Help);
    }
    if !is_product(&command) {
        return Heard::Native;
    }
    match globals::split(words) {
        Ok((globals, words)) if globals.help => {
            Heard::Help(help::about(&words).unwrap_or_else(|| help::about(&words[..1]).unwrap_or_default()))
        }
        Ok((globals, words)) => Heard::Command(Command { globals, words }),
        Err((globals, refused)) => Heard::Wrong(globals, refused),
    }
}

/// Whether words belong to the table. `config` is also a noun of this program's own: there the scope word tells.
fn is_product(words: &[String]) -> bool {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|said| said.eq_ignore_ascii_case(word));
    if !is(0, "config") {
        return table::all().any(|row| is(0, row.words[0]));
    }
    if is(1, "info") {
        return words
            .get(2)
            .is_some_and(|name| name.eq_ignore_ascii_case("attribute") || registry::find(name).is_ok());
    }
    let scope = |word: &String| {
        ["global", "account", "cos", "domain", "server"].iter().any(|one| one.eq_ignore_ascii_case(word))
    };
    grammar::row_of(words).is_some() || words.get(1).is_some_and(scope)
}

impl Command {
    /// Runs it and tells the result; the exit code.
    pub(crate) async fn run(self) -> u8 {
        let (asked, told) = match self.asked() {
            Ok(asked) => (asked, self.answer().await),
            Err(refused) => (Asked::One, Some(Err(refused.into()))),
        };
        told.map_or(0, |answer| tell(&self.globals, &asked, &answer))
    }

    /// Which server is meant.
    fn asked(&self) -> Result<Asked, Refused> {
        match &self.globals.host {
            None => Ok(Asked::One),
            Some(host) if host.eq_ignore_ascii_case(ALL_SERVERS) => {
                Ok(Asked::All(servers::name().to_owned()))
            }
            Some(host) if servers::is_this(host) => Ok(Asked::One),
            Some(host) => {
                let (host, name) = (grammar::cut(host), servers::name());
                let message = format!("server '{host}' is not known: allowed are {name} and {ALL_SERVERS}");
                Err(Refused::new(NO_SUCH_SERVER, message))
            }
        }
    }

    /// The answer; `None` when it has been told already.
    async fn answer(&self) -> Option<Answer> {
        let (row, given) = match grammar::parse(&self.words) {
            Ok(parsed) => parsed,
            Err(wrong) => return Some(Err(Failure { help: wrong.help, ..wrong.refused.into() })),
        };
        match &row.effect {
            Effect::Nothing(why) => Some(Ok(json!({ "message": why }))),
            Effect::Missing(part) => {
                let message = format!(
                    "command {} belongs to a part this version does not have: {part}",
                    help::command(row)
                );
                Some(Err(Refused::new(USAGE, message).into()))
            }
            Effect::Native { calls, shape } => match calls(&given) {
                Err(refused) => Some(Err(refused.into())),
                Ok(calls) => self.native(&given, &calls, *shape).await,
            },
        }
    }

    async fn native(
        &self,
        given: &Given,
        calls: &[Call],
        shape: fn(&Given, &[Value]) -> Result<Value, Refused>,
    ) -> Option<Answer> {
        let mut values = Vec::new();
        for call in calls {
            if call.drawn && !self.globals.json {
                if let Err(failure) = native::run_aloud(&self.globals, call).await {
                    return Some(Err(failure));
                }
                continue;
            }
            match native::run(&self.globals, call).await {
                Ok(told) => values.extend(told),
                Err(failure) => return Some(Err(failure)),
            }
        }
        let told = values.is_empty() && calls.iter().any(|call| call.drawn);
        if told { None } else { Some(shape(given, &values).map_err(Failure::from)) }
    }
}

/// Prints an answer; the exit code.
fn tell(globals: &Globals, asked: &Asked, answer: &Answer) -> u8 {
    if globals.json {
        output::line(&envelope::envelope(asked, answer).to_string());
    } else {
        let (out, error) = envelope::text(asked, answer);
        if !out.is_empty() {
            output::line(&out);
        }
        if !error.is_empty() {
            eprintln!("{error}");
        }
    }
    answer.as_ref().map_or_else(|failure| failure.exit_code(), |_| 0)
}

/// Tells that a command line is refused; the exit code.
pub(crate) fn refuse(globals: &Globals, refused: Refused) -> u8 {
    tell(globals, &Asked::One, &Err(refused.into()))
}

impl Failure {
    fn exit_code(&self) -> u8 {
        if self.code == USAGE { crate::EXIT_USAGE } else { crate::EXIT_FAILED }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self { code: refused.code(), message: refused.to_string(), details: Map::new().into(), help: None }
    }
}
