//! Calls from the lines of a table.

use super::values::bad;

/// All calls of a table: one for each bad value of each parameter.
pub(crate) fn calls(table: &[&str], good_file: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for line in table {
        let line = line.replace("GOOD_FILE", good_file);
        let parameter = |word: &str| {
            let inner = word.strip_prefix('{')?.strip_suffix('}')?;
            inner.split_once('=').map(|(kind, good)| (kind.to_owned(), good.to_owned()))
        };
        let words: Vec<&str> = line.split(' ').collect();
        let good = |word: &&str| parameter(word).map_or_else(|| (*word).to_owned(), |(_, good)| good);
        let parameters = words.iter().enumerate().filter_map(|(at, word)| Some((at, parameter(word)?.0)));
        let parameters: Vec<_> = parameters.collect();
        if parameters.is_empty() {
            calls.push(words.iter().map(good).collect());
        }
        for (at, kind) in parameters {
            for value in bad(&kind) {
                let mut call: Vec<String> = words.iter().map(good).collect();
                call[at] = value;
                calls.push(call);
            }
        }
    }
    calls
}

/// A word as the program's own reader of lines takes it.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// For people.
pub(crate) fn shown(call: &[String]) -> String {
    let words = call.iter().map(|word| match word.chars().count() {
        0..=80 => format!("{word:?}"),
        count => format!("<{count} characters>"),
    });
    words.collect::<Vec<_>>().join(" ")
}
