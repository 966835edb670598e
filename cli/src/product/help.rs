//! Pages of help, from the table of commands.

use std::fmt::Write as _;

use super::{
    grammar,
    row::{Effect, Need, Row},
    table,
};

/// The words of a command as they are printed.
pub(super) fn command(row: &Row) -> String {
    row.words.join(" ")
}

fn syntax(row: &Row) -> String {
    let mut text = format!("syncledger {}", command(row));
    for param in row.params {
        let _ = match param.need {
            Need::Mandatory => write!(text, " <{}>", param.name),
            Need::Optional => write!(text, " [{} <value>]", param.name),
            Need::OptionalByPlace => write!(text, " [[{}] <value>]", param.name),
        };
    }
    text
}

/// The page of one command: meaning, syntax, parameters, examples.
pub(super) fn page(row: &Row) -> String {
    let mut text = format!("{}\n\nSyntax:\n    {}\n", row.meaning, syntax(row));
    if let Effect::Missing(part) = &row.effect {
        let _ = write!(text, "\nThis version does not have this part: {part}.\n");
    }
    if !row.params.is_empty() {
        text.push_str("\nParameters:\n");
        let width = row.params.iter().map(|param| param.name.len()).max().unwrap_or_default();
        for param in row.params {
            let mark = if param.need == Need::Mandatory { "(M)" } else { "(O)" };
            let _ = writeln!(text, "    {mark} {:width$}  {}", param.name, param.kind.describe());
        }
    }
    if !row.examples.is_empty() {
        text.push_str("\nExamples:\n");
        for example in row.examples {
            let _ = writeln!(text, "    syncledger {example}");
        }
    }
    text
}

fn meaning(row: &Row) -> String {
    let missing = matches!(row.effect, Effect::Missing(_));
    format!("{}{}", row.meaning, if missing { " Not in this version." } else { "" })
}

/// A list of commands, a line each.
pub(super) fn list<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let rows: Vec<(String, String)> = rows.map(|row| (command(row), meaning(row))).collect();
    let width = rows.iter().map(|(command, _)| command.len()).max().unwrap_or_default().min(60);
    let mut text = String::from("Commands:\n");
    for (command, meaning) in rows {
        let _ = writeln!(text, "    {command:width$}  {meaning}");
    }
    text
}

/// The page for the words after `help`: one command, all that begin so, or the modules. `None` when nothing begins so.
pub(super) fn about(tokens: &[String]) -> Option<String> {
    if tokens.is_empty() {
        return Some(modules());
    }
    if let Some((row, _)) = grammar::row_of(tokens) {
        return Some(page(row));
    }
    let begun: Vec<&Row> = table::all().filter(|row| grammar::begins(row, tokens)).collect();
    if begun.is_empty() {
        return None;
    }
    Some(format!("{}\n`syncledger help <command>` tells more.\n", list(begun.into_iter())))
}

fn modules() -> String {
    let mut text = String::from("Modules with commands that other servers' administrators know:\n");
    for (module, meaning) in table::MODULES {
        let _ = writeln!(text, "    {module:8}  {meaning}");
    }
    text.push_str(
        "\n`syncledger help <module>` lists a module's commands, `syncledger help <command>` explains one.\n\
         Before or between the words: --json, --progress, --sync, --host <name>|all_servers, --dir <directory>, --config <file>.\n\
         `syncledger --help` shows this program's own commands.\n",
    );
    text
}
