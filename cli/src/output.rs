//! Tables for people, JSON for programs.

use serde::Serialize;

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
        println!("none");
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(headings);
    for item in items {
        table.add_row(cells(item));
    }
    println!("{table}");
    Ok(())
}

/// Prints one value as JSON.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
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
    println!("{sentence}");
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
