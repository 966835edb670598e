//! Tables for people, JSON for programs.

use std::io::Write as _;

use serde::Serialize;

/// Prints a line to standard output. Who stops reading has seen enough: the program then ends without a fuss.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(&format!($($text)*)) };
}
pub(crate) use say;

/// Prints a line; see [`say`].
pub(crate) fn line(text: &str) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Prints rows: a table with these headings, or a JSON array.
pub(crate) fn rows<T: Serialize, const N: usize>(
    json: bool,
    headings: [&str; N],
    items: &[T],
    cells: impl Fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    if json {
        return value(items);
    }
    if items.is_empty() {
        say!("none");
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(headings);
    for item in items {
        table.add_row(cells(item));
    }
    say!("{table}");
    Ok(())
}

/// Prints one value as JSON.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a confirmation: a sentence, or `{"ok":true,…}` with the facts.
pub(crate) fn done(json: bool, sentence: &str, facts: serde_json::Value) -> anyhow::Result<()> {
    if json {
        let mut object = serde_json::Map::new();
        object.insert("ok".to_owned(), true.into());
        if let serde_json::Value::Object(facts) = facts {
            object.extend(facts);
        }
        return value(&object);
    }
    say!("{sentence}");
    Ok(())
}

/// Prints why a call failed.
pub(crate) fn failure(json: bool, error: &anyhow::Error) {
    if json {
        let body = serde_json::json!({ "ok": false, "error": { "message": format!("{error:#}") } });
        eprintln!("{body}");
    } else {
        eprintln!("error: {error:#}");
    }
}
