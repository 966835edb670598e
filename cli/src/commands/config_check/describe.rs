//! `config attributes` and `config describe`: what attributes there are.

use serde_json::json;
use syncledger_domain::{
    config::{Attribute, Kind, registry},
    policy,
};

use crate::{
    commands::attributes,
    output::{self, say},
};

/// All of them.
pub(super) fn list(json: bool) -> anyhow::Result<()> {
    let rows: Vec<serde_json::Value> = registry::all()
        .map(|attribute| {
            json!({
                "name": attribute.name,
                "aliases": attribute.aliases,
                "type": type_of(attribute.kind),
                "scopes": scopes(attribute),
                "default": attribute.default,
                "meaning": attribute.meaning,
            })
        })
        .collect();
    output::rows(json, ["NAME", "SCOPES", "DEFAULT", "MEANING"], &rows, |row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let scopes: Vec<&str> =
            row["scopes"].as_array().into_iter().flatten().filter_map(|s| s.as_str()).collect();
        [text("name"), scopes.join(" "), text("default"), text("meaning")]
    })
}

/// One of them.
///
/// # Errors
/// [`Refused`](crate::refusal::Refused) under `NO_SUCH_ATTRIBUTE`.
pub(super) fn one(name: &str, json: bool) -> anyhow::Result<()> {
    let attribute = attributes::find(name)?;
    if json {
        return output::value(&json!({
            "attribute": attribute.name,
            "aliases": attribute.aliases,
            "type": type_of(attribute.kind),
            "allowed": attribute.kind.allowed(),
            "scopes": scopes(attribute),
            "default": attribute.default,
            "meaning": attribute.meaning,
            "modules": [module(attribute)],
        }));
    }
    say!("{}: {}", attribute.name, attribute.meaning);
    if !attribute.aliases.is_empty() {
        say!("also called  {}", attribute.aliases.join(", "));
    }
    say!("type         {}", type_of(attribute.kind));
    say!("allowed      {}", attribute.kind.allowed());
    say!("scopes       {}", scopes(attribute).join(", "));
    let default = if attribute.default.is_empty() { "nothing" } else { attribute.default };
    say!("default      {default}");
    say!("module       {}", module(attribute));
    Ok(())
}

fn scopes(attribute: &Attribute) -> Vec<String> {
    attribute.scopes.iter().map(ToString::to_string).collect()
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::Integer { .. } | Kind::IntegerOrZero { .. } | Kind::Switch { .. } => "integer",
        Kind::Duration { .. } => "duration",
        Kind::Text { .. } => "text",
        Kind::Enum(_) => "enum",
        Kind::Versions => "versions",
        Kind::List { .. } => "list",
        Kind::Retention => "schedule",
    }
}

/// The part of the server that obeys it.
fn module(attribute: &Attribute) -> &'static str {
    let name = attribute.name;
    if policy::attributes::all().any(|policy| policy.name == name) || name.starts_with("policy") {
        "provisioning"
    } else if name.starts_with("abq") {
        "abq"
    } else if name.starts_with("mobileAntiDos") {
        "anti-dos"
    } else {
        "activesync"
    }
}
