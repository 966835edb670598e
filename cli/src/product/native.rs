//! Calls of this program's own subcommands, inside this process.

use std::ffi::OsString;

use clap::Parser as _;
use serde_json::{Value, json};

use super::{envelope::Failure, globals::Globals, row::Call};
use crate::{args::Args, codes, commands, output, refusal::shortened};

/// Runs a call and keeps what it tells.
pub(super) async fn run(globals: &Globals, call: &Call) -> Result<Vec<Value>, Failure> {
    let args = args(globals, call, true)?;
    let (result, told) = output::captured(Box::pin(commands::run(args))).await;
    match result {
        Ok(()) => Ok(told),
        Err(error) => {
            let details = if told.is_empty() { json!({}) } else { json!({ "report": told }) };
            Err(Failure { details, ..failure(&error) })
        }
    }
}

/// Runs a call whose text people are to see as it is.
pub(super) async fn run_aloud(globals: &Globals, call: &Call) -> Result<(), Failure> {
    let args = args(globals, call, false)?;
    Box::pin(commands::run(args)).await.map_err(|error| failure(&error))
}

pub(super) fn args(globals: &Globals, call: &Call, json: bool) -> Result<Args, Failure> {
    let words = std::iter::once(OsString::from("syncledger"))
        .chain(globals.place())
        .chain(json.then(|| "--json".into()))
        .chain(call.argv().into_iter().map(OsString::from));
    Args::try_parse_from(words).map_err(|wrong| Failure {
        code: codes::of_call(&wrong),
        message: told_by(&wrong),
        details: json!({}),
        help: None,
    })
}

/// What clap says in several lines, in one: without the usage that follows.
pub(crate) fn told_by(wrong: &clap::Error) -> String {
    let text = wrong.to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let lines: Vec<&str> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")).collect();
    let told = lines.join("; ");
    shortened(told.strip_prefix("error: ").unwrap_or(&told).replace(":; ", ": "))
}

pub(super) fn failure(error: &anyhow::Error) -> Failure {
    Failure {
        code: codes::of(error),
        message: shortened(format!("{error:#}")),
        details: json!({}),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clap_says_fits_on_a_line() {
        for (words, told) in [
            (&["frobnicate"][..], "unrecognized subcommand 'frobnicate'"),
            (&["device", "info"], "the following required arguments were not provided: <ACCOUNT>; <DEVICE>"),
        ] {
            let wrong = Args::try_parse_from([&["syncledger"], words].concat()).unwrap_err();
            let line = told_by(&wrong);
            assert!(line.starts_with(told) && !line.contains("Usage"), "{line}");
        }
    }
}
