//! Commands from standard input, one per line: those of the table and this program's own.
//!
//! Words are split as a shell splits them: blanks between, single and double quotes, a backslash before a sign that
//! shall be itself, `#` before a comment. A line that fails does not stop the others.

use std::{
    ffi::OsString,
    io::{self, BufRead, Read as _},
};

use clap::Parser as _;
use syncledger_domain::codes::USAGE;

use super::{Heard, globals::Globals, hear, native, refuse};
use crate::{EXIT_DONE, EXIT_FAILED, EXIT_USAGE, args::Args, commands, output, refusal::Refused};

/// Longest line, in bytes.
const MAX_LINE: usize = 131_072;

/// What all lines came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    /// Lines there were, whatever was on them.
    pub(crate) lines: u64,
    /// Lines that failed.
    pub(crate) failed: u64,
}

/// Runs every line. `next` reads one with [`read_line`]; nothing is locked meanwhile, as commands may read, too.
///
/// # Errors
/// When the lines cannot be read.
pub(crate) async fn run(
    globals: &Globals,
    mut next: impl FnMut() -> io::Result<Option<Result<String, String>>>,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    while let Some(line) = next()? {
        outcome.lines += 1;
        let words = line.and_then(|line| words(&line).map_err(str::to_owned));
        let code = match words {
            Ok(words) if words.is_empty() => EXIT_DONE,
            Ok(words) => one(globals, words).await,
            Err(why) => refuse(globals, Refused::new(USAGE, format!("the line is not valid: {why}"))),
        };
        if code != EXIT_DONE {
            outcome.failed += 1;
            eprintln!("line {}: failed, exit code {code}", outcome.lines);
        }
    }
    Ok(outcome)
}

async fn one(all: &Globals, words: Vec<String>) -> u8 {
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    match hear(&words) {
        Heard::Help(page) => {
            output::line(&page);
            EXIT_DONE
        }
        Heard::Command(mut command) => {
            command.globals = command.globals.within(all);
            command.run().await
        }
        Heard::Nothing(own) | Heard::Piped(own) => {
            refuse(&own.within(all), Refused::new(USAGE, "the line has no command"))
        }
        Heard::Wrong(own, refused) => refuse(&own.within(all), refused),
        Heard::Native => native_line(all, &words).await,
    }
}

async fn native_line(all: &Globals, words: &[OsString]) -> u8 {
    let says_place = |word: &OsString| {
        let word = word.to_string_lossy();
        ["--dir", "--config"].iter().any(|option| word == *option || word.starts_with(&format!("{option}=")))
    };
    let place = if words.iter().any(says_place) { Vec::new() } else { all.place() };
    let json = (all.json && !words.iter().any(|word| word == "--json")).then(|| "--json".into());
    let argv =
        std::iter::once(OsString::from("syncledger")).chain(place).chain(json).chain(words.iter().cloned());
    match Args::try_parse_from(argv) {
        Ok(args) => {
            let json = args.json;
            match Box::pin(commands::run(args)).await {
                Ok(()) => EXIT_DONE,
                Err(error) => {
                    output::failure(json, &error);
                    EXIT_FAILED
                }
            }
        }
        Err(wrong) if wrong.use_stderr() => {
            // Where failures of this program's own commands stand.
            let json = all.json || words.iter().any(|word| word == "--json");
            let refused = Refused::new(crate::codes::of_call(&wrong), native::told_by(&wrong));
            output::failure(json, &refused.into());
            EXIT_USAGE
        }
        Err(page) => {
            output::line(&page.to_string());
            EXIT_DONE
        }
    }
}

/// The next line without its end; `None` at the end of all. A line that is too long or no UTF-8 is read to its end, and
/// why it is refused is told instead.
///
/// # Errors
/// When nothing can be read.
pub(crate) fn read_line(input: &mut impl BufRead) -> io::Result<Option<Result<String, String>>> {
    let mut line = Vec::new();
    let limit = MAX_LINE as u64 + 1;
    if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > MAX_LINE && line.last() != Some(&b'\n') {
        skip_line(input)?;
        return Ok(Some(Err(format!("it has more than {MAX_LINE} bytes"))));
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Some(String::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())))
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (length, done) = (end.map_or(buffer.len(), |at| at + 1), end.is_some() || buffer.is_empty());
        input.consume(length);
        if done {
            return Ok(());
        }
    }
}

/// Splits a line into words.
pub(super) fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '#' if word.is_none() => break,
            blank if blank.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match signs.next() {
                        Some('\'') => break,
                        Some(sign) => word.push(sign),
                        None => return Err("a single quote is not closed"),
                    }
                }
            }
            '"' => double_quoted(&mut signs, word.get_or_insert_default())?,
            '\\' => {
                word.get_or_insert_default().push(signs.next().ok_or("nothing follows the last backslash")?);
            }
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    // What is pasted from a script may name the program.
    if words.first().is_some_and(|first| first == "syncledger") {
        words.remove(0);
    }
    Ok(words)
}

fn double_quoted(signs: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    const OPEN: &str = "a double quote is not closed";
    loop {
        match signs.next().ok_or(OPEN)? {
            '"' => return Ok(()),
            '\\' => match signs.next().ok_or(OPEN)? {
                sign @ ('"' | '\\' | '$' | '`') => word.push(sign),
                sign => word.extend(['\\', sign]),
            },
            sign => word.push(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (line, expected) in [
            ("", &[][..]),
            ("   # a comment", &[]),
            ("mobile ABQ list # all", &["mobile", "ABQ", "list"]),
            ("a 'b c' \"d 'e'\" ''", &["a", "b c", "d 'e'", ""]),
            (r#"x"y"'z' \# a\ b "\"\\\n""#, &["xyz", "#", "a b", "\"\\\\n"]),
            ("syncledger device list", &["device", "list"]),
            ("a#b", &["a#b"]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        for line in ["'a", "\"a", "\"a\\", "a\\"] {
            assert!(words(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_line_without_bound_is_refused_and_the_next_is_read() {
        let text = [&b"first\r\n"[..], &b"x".repeat(3 * MAX_LINE), b"\n\xff\nlast"].concat();
        let mut input = Cursor::new(text);
        let mut next = || read_line(&mut input).unwrap();
        assert_eq!(next(), Some(Ok("first".to_owned())));
        assert!(next().unwrap().unwrap_err().contains("more than 131072 bytes"));
        assert!(next().unwrap().unwrap_err().contains("UTF-8"));
        assert_eq!(next(), Some(Ok("last".to_owned())));
        assert_eq!(next(), None);
    }
}
