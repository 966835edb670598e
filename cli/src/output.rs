//! Tables for people, JSON for programs.
//!
//! Everything a subcommand tells goes through here, so that a caller inside this program can have it as values instead
//! of on the terminal: see [`captured`].

use std::{cell::RefCell, io::Write as _};

use serde::Serialize;
use serde_json::Value;

use crate::{codes, refusal::shortened};

tokio::task_local! {
    /// What was told inside [`captured`] so far.
    static SINK: RefCell<Vec<Value>>;
}

/// Prints a line to standard output. Who stops reading has seen enough: the program then ends without a fuss.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(&format!($($text)*)) };
}
pub(crate) use say;

/// Prints a line; see [`say`].
pub(crate) fn line(text: &str) {
    if kept(|| Value::from(text)) {
        return;
    }
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Runs a future and keeps what it tells: one value per call of [`value`], [`rows`] and [`done`] (which adds its sentence
/// as `message`), and a string per line. The future has to ask for JSON, or tables come as lines. What it prints from
/// tasks it spawns is not kept.
pub(crate) async fn captured<T>(future: impl Future<Output = T>) -> (T, Vec<Value>) {
    let run = async {
        let result = future.await;
        (result, SINK.with(RefCell::take))
    };
    SINK.scope(RefCell::default(), run).await
}

fn is_captured() -> bool {
    SINK.try_with(|_| ()).is_ok()
}

/// Keeps a value when somebody captures; says whether.
fn kept(value: impl FnOnce() -> Value) -> bool {
    SINK.try_with(|sink| sink.borrow_mut().push(value())).is_ok()
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
    if is_captured() {
        let value = serde_json::to_value(value)?;
        kept(|| value);
        return Ok(());
    }
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a confirmation: a sentence, or `{"ok":true,…}` with the facts.
pub(crate) fn done(json: bool, sentence: &str, facts: Value) -> anyhow::Result<()> {
    if !json {
        say!("{sentence}");
        return Ok(());
    }
    let mut object = serde_json::Map::new();
    object.insert("ok".to_owned(), true.into());
    if let Value::Object(facts) = facts {
        object.extend(facts);
    }
    if is_captured() && !object.contains_key("message") {
        object.insert("message".to_owned(), sentence.into());
    }
    value(&object)
}

/// Prints why a call failed; with its stable code for programs.
pub(crate) fn failure(json: bool, error: &anyhow::Error) {
    let message = shortened(format!("{error:#}"));
    if json {
        let error = serde_json::json!({ "code": codes::of(error), "message": message });
        eprintln!("{}", serde_json::json!({ "ok": false, "error": error }));
    } else {
        eprintln!("error: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_captured_is_values_in_order() {
        let tell = async {
            done(true, "one changed", serde_json::json!({ "count": 1 }))?;
            rows(true, ["N"], &[1, 2], |n| [n.to_string()])?;
            say!("a line");
            anyhow::Ok(())
        };
        let (result, told) = captured(tell).await;
        result.unwrap();
        let first = serde_json::json!({ "ok": true, "count": 1, "message": "one changed" });
        assert_eq!(told, [first, serde_json::json!([1, 2]), "a line".into()]);
    }
}
