//! Attributes.

use serde_json::{Map, Value, json};
use syncledger_domain::config::{AttributeError, registry};

use super::{rows, text};
use crate::{product::row::Given, refusal::Refused};

/// What owns the attributes, in the words scripts look for.
const MODULE: &str = "ZxMobile";

/// The scope word of a call, whichever of the two orders it is said in.
pub(in crate::product) fn scope(given: &Given) -> &'static str {
    let scopes = ["global", "account", "cos", "domain", "server"];
    let said = |word: &&str| given.words.contains(word);
    scopes.into_iter().find(said).unwrap_or("server")
}

/// Refuses a name that is no attribute's.
///
/// # Errors
/// `NO_SUCH_ATTRIBUTE`, with the nearest name.
pub(in crate::product) fn must_be_known(name: &str) -> Result<(), Refused> {
    let unknown = |error: AttributeError| {
        Refused::new(error.code(), format!("{error}; `syncledger config attributes` lists all of them"))
    };
    registry::find(name).map(|_| ()).map_err(unknown)
}

/// `{"SCOPE":"TARGET","values":[…]}`. A value set at that place is `value`; else `inheritedValue` and `inheritedFrom` say
/// what holds and where it is from.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn values(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let scope = scope(given);
    let asked = if given.words.first() == Some(&"prov") { "account" } else { scope };
    let target = given.value("target").or(given.value("account")).unwrap_or_default();
    let own = if asked == "server" { "global" } else { asked };
    let hide = given.value("show-inherited") == Some("false");
    // One call answers with an object, or a list of one; several calls with one each.
    let all = values.iter().flat_map(|value| match value {
        Value::Array(rows) => rows.as_slice(),
        one => std::slice::from_ref(one),
    });
    let shown = all.filter(|row| row.get("name").is_some()).filter_map(|row| {
        let inherited = text(row, "from") != own;
        (!(hide && inherited)).then(|| value(given, row, inherited))
    });
    let shown: Vec<Value> = shown.collect();
    let mut response = Map::new();
    response.insert(asked.to_owned(), target.into());
    response.insert("values".to_owned(), shown.into());
    Ok(response.into())
}

/// An attribute, under the name it was asked for by.
fn value(given: &Given, row: &Value, inherited: bool) -> Value {
    let name = text(row, "name");
    let asked = given.value("attribute").or_else(|| {
        let is_it = |word: &&str| registry::find(word).is_ok_and(|attribute| attribute.name == name);
        given.list("property_name").find(is_it)
    });
    let name = asked.unwrap_or(name);
    let typed = typed(row);
    if inherited {
        return json!({
            "attribute": name,
            "inheritedValue": typed,
            "inheritedFrom": text(row, "from"),
            "isInherited": true,
            "modules": [MODULE],
        });
    }
    json!({ "attribute": name, "value": typed, "isInherited": false, "modules": [MODULE] })
}

/// Numbers and truth values as such, where the attribute holds them.
fn typed(row: &Value) -> Value {
    let written = text(row, "value");
    let plain = registry::find(text(row, "name")).is_ok_and(|attribute| {
        use syncledger_domain::config::Kind::{Bool, Duration, Integer};
        matches!(attribute.kind, Bool | Duration { .. } | Integer { .. })
    });
    let parsed = if plain { serde_json::from_str(written).ok() } else { None };
    parsed.unwrap_or_else(|| row["value"].clone())
}

/// Type, scopes, default and meaning of one attribute.
///
/// # Errors
/// `NO_SUCH_ATTRIBUTE`, with the nearest name.
pub(in crate::product) fn info(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let asked = given.text("attribute");
    must_be_known(asked)?;
    let found = registry::find(asked).map(|attribute| attribute.name).unwrap_or_default();
    let row = rows(values).iter().find(|row| text(row, "name") == found);
    let mut info = row.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(name) = info.remove("name") {
        info.insert("attribute".to_owned(), name);
    }
    info.insert("modules".to_owned(), json!([MODULE]));
    Ok(info.into())
}
