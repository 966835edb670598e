//! The spelling of commands that administrators of other servers know: `mobile ABQ list`, `config set global …`,
//! `prov ma …`, `auth credential add …`, `core getNotification`.
//!
//! Each of them is a row of [`table`], which rewrites it into calls of this program's own subcommands and their results
//! into the shapes known there; nothing is done a second time here. A new command is a new row.

mod envelope;
mod globals;
mod grammar;
mod help;
pub(crate) mod native;
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
use syncledger_domain::{codes::USAGE, ids::AccountId};

pub(crate) use self::globals::Globals;
use self::{
    envelope::{Answer, Failure, Told},
    row::{Call, Effect, Given, Kind, Param, Row},
    shapes::config,
};
use crate::{output, refusal::Refused};

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
    // Where options are wrong the words between them still tell whose call it is.
    let command =
        globals::split(words).map_or_else(|_| globals::without_plain_options(words), |(_, rest)| rest);
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
        // Natively that asks about an account, by address or id.
        let account = |name: &String| name.contains('@') || name.parse::<AccountId>().is_ok();
        return words.get(2).is_some_and(|name| !name.starts_with('-') && !account(name));
    }
    let scope = |word: &String| {
        ["global", "account", "cos", "domain", "server"].iter().any(|one| one.eq_ignore_ascii_case(word))
    };
    grammar::row_of(words).is_some() || words.get(1).is_some_and(scope)
}

impl Command {
    /// Runs it and tells the result; the exit code.
    pub(crate) async fn run(self) -> u8 {
        self.told().await.map_or(0, |told| tell(&self.globals, &told))
    }

    /// The answer; `None` when it has been told already.
    async fn told(&self) -> Option<Told> {
        self.try_told().await.unwrap_or_else(|failure| Some(Told::One(Err(failure))))
    }

    async fn try_told(&self) -> Result<Option<Told>, Failure> {
        let (row, given) = grammar::parse(&self.words)
            .map_err(|wrong| Failure { help: wrong.help, ..wrong.refused.into() })?;
        let host = self.globals.host.as_deref();
        let here = servers::find(&self.globals, host.is_some() || given.words.contains(&"server")).await?;
        let given = Given { here, ..given };
        match host {
            None => Ok(self.answer(row, &given, None).await.map(Told::One)),
            Some(all) if all.eq_ignore_ascii_case(servers::ALL) => self.of_all(row, &given).await,
            Some(host) => {
                let node = given.here.named(host).ok_or_else(|| given.here.refuse(host))?;
                Ok(self.answer(row, &given, Some(node)).await.map(Told::One))
            }
        }
    }

    /// The answers of all servers: of each about itself, else the one they all would give.
    async fn of_all(&self, row: &'static Row, given: &Given) -> Result<Option<Told>, Failure> {
        let nodes = &given.here.nodes;
        let mut answers = Vec::new();
        if is_of_node(row, given) {
            for node in nodes {
                answers
                    .extend(self.answer(row, given, Some(node)).await.map(|answer| (node.clone(), answer)));
            }
        } else if let Some(answer) = self.answer(row, given, None).await {
            answers.extend(nodes.iter().map(|node| (node.clone(), answer.clone())));
        }
        Ok((!answers.is_empty()).then_some(Told::All(answers)))
    }

    /// The answer, from a node where it matters; `None` when it has been told already.
    async fn answer(&self, row: &'static Row, given: &Given, node: Option<&str>) -> Option<Answer> {
        match &row.effect {
            Effect::Nothing(why) => Some(Ok(json!({ "message": why }))),
            Effect::Missing(part) => {
                let command = help::command(row);
                let message =
                    format!("command {command} belongs to a part this version does not have: {part}");
                Some(Err(Refused::new(USAGE, message).into()))
            }
            Effect::Native { calls, shape } => match calls(given) {
                Err(refused) => {
                    let help = (refused.code() == USAGE).then(|| help::page(row));
                    Some(Err(Failure { help, ..refused.into() }))
                }
                Ok(calls) => match self.native(calls, node).await {
                    Ok(Some(values)) => Some(shape(given, &values).map_err(Failure::from)),
                    Ok(None) => None,
                    Err(failure) => Some(Err(in_its_words(row, given, failure))),
                },
            },
        }
    }

    /// Runs calls one after the other, up to the first that fails; what they tell, or `None` when they have told it
    /// themselves.
    async fn native(&self, calls: Vec<Call>, node: Option<&str>) -> Result<Option<Vec<Value>>, Failure> {
        let mut values = Vec::new();
        for call in calls {
            let node = node.filter(|_| call.of_node);
            let call = call.option("--node", node);
            if call.drawn && !self.globals.json {
                native::run_aloud(&self.globals, &call).await?;
                return Ok(None);
            }
            values.extend(native::run(&self.globals, &call).await?);
        }
        Ok(Some(values))
    }
}

/// A failure that names an option names the parameter that became it, and an attribute as it was called.
fn in_its_words(row: &Row, given: &Given, mut failure: Failure) -> Failure {
    if let Some((canonical, said)) = config::called(given) {
        failure.message = failure.message.replace(&format!("'{canonical}'"), &format!("'{said}'"));
    }
    let mut params: Vec<&Param> = row.params.iter().collect();
    // `--body-plain-file` before `--body-plain`.
    params.sort_by_key(|param| std::cmp::Reverse(param.name.len()));
    for param in params {
        let said = if param.kind == Kind::Boolean { " true" } else { "" };
        let option = format!("--{}", param.name.replace('_', "-"));
        failure.message = failure.message.replace(&option, &format!("{}{said}", param.name));
    }
    // How the value was read, before a sentence that says all of it.
    if let Some((reading, sentence)) = failure.message.split_once("': ")
        && reading.starts_with("invalid value '")
        && sentence.contains(" is not valid")
    {
        failure.message = sentence.to_owned();
    }
    failure
}

/// Whether a command is about what runs on a node.
fn is_of_node(row: &Row, given: &Given) -> bool {
    let Effect::Native { calls, .. } = &row.effect else { return false };
    calls(given).is_ok_and(|calls| calls.iter().any(|call| call.of_node))
}

/// Prints an answer; the exit code.
fn tell(globals: &Globals, told: &Told) -> u8 {
    if globals.json {
        output::line(&told.envelope().to_string());
    } else {
        let (out, error) = told.text();
        if !out.is_empty() {
            output::line(&out);
        }
        if !error.is_empty() {
            eprintln!("{error}");
        }
    }
    match told.failed() {
        None => crate::EXIT_DONE,
        Some(USAGE) => crate::EXIT_USAGE,
        Some(_) => crate::EXIT_FAILED,
    }
}

/// Tells that a command line is refused; the exit code.
pub(crate) fn refuse(globals: &Globals, refused: Refused) -> u8 {
    tell(globals, &Told::One(Err(refused.into())))
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self { code: refused.code(), message: refused.to_string(), details: Map::new().into(), help: None }
    }
}
