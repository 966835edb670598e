//! Attributes.

use serde_json::{Map, Value, json};
use syncledger_domain::{codes::NO_SUCH_ATTRIBUTE, config::registry};

use super::{facts, text};
use crate::{
    product::{grammar::cut, row::Given},
    refusal::Refused,
};

/// What owns the attributes, in the words scripts look for.
const MODULE: &str = "ZxMobile";

/// The scope word of a call, whichever of the two orders it is said in.
pub(in crate::product) fn scope(given: &Given) -> &'static str {
    let scopes = ["global", "account", "cos", "domain", "server"];
    let said = |word: &&str| given.words.contains(word);
    scopes.into_iter().find(said).unwrap_or("server")
}

/// `NAME=VALUE`, which ends its name at the first `=`.
///
/// # Errors
/// `NO_SUCH_ATTRIBUTE` for a name with one: it would set another attribute.
pub(in crate::product) fn assignment(name: &str, value: &str) -> Result<String, Refused> {
    if name.contains('=') {
        let message = format!("attribute '{}' is not known: allowed is a name without '='", cut(name));
        return Err(Refused::new(NO_SUCH_ATTRIBUTE, message));
    }
    Ok(format!("{name}={value}"))
}

/// `{"SCOPE":"TARGET","values":[…]}`. A value set at that place is `value`; else `inheritedValue` and `inheritedFrom` say
/// what holds and where it is from.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn values(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let scope = scope(given);
    let asked = if given.words.first() == Some(&"prov") { "account" } else { scope };
    let target = given.value("target").or(given.value("account")).unwrap_or_default();
    // One call answers with an object, or a list of one; several calls with one each.
    let all = values.iter().flat_map(|value| match value {
        Value::Array(rows) => rows.as_slice(),
        one => std::slice::from_ref(one),
    });
    let shown: Vec<Value> = all.filter(|row| row.is_object()).map(|row| value(given, row)).collect();
    let mut response = Map::new();
    response.insert(asked.to_owned(), target.into());
    response.insert("values".to_owned(), shown.into());
    Ok(response.into())
}

/// An attribute's own name and the one it was called by, where a call is about one and they differ.
pub(in crate::product) fn called(given: &Given) -> Option<(&'static str, &str)> {
    let said = given.value("attribute").or_else(|| given.value("property_name"))?;
    let name = registry::find(said).ok()?.name;
    (name != said).then_some((name, said))
}

/// A confirmation, in which the attribute has the name it was called by.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn assigned(given: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut facts = facts(values);
    if let Some((canonical, said)) = called(given)
        && let Some(Value::Object(assigned)) = facts.get_mut("values")
        && let Some(value) = assigned.remove(canonical)
    {
        assigned.insert(said.to_owned(), value);
    }
    Ok(facts.into())
}

/// An attribute, under the name it was asked for by.
fn value(given: &Given, row: &Value) -> Value {
    let name = text(row, "attribute");
    let asked = given.value("attribute").or_else(|| {
        let is_it = |word: &&str| registry::find(word).is_ok_and(|attribute| attribute.name == name);
        given.list("property_name").find(is_it)
    });
    let mut shown = json!({ "attribute": asked.unwrap_or(name), "modules": [MODULE] });
    let inherited = row["is_inherited"] == true;
    shown["isInherited"] = inherited.into();
    shown[if inherited { "inheritedValue" } else { "value" }] = typed(row);
    if inherited {
        shown["inheritedFrom"] = row["inherited_from"].clone();
    }
    shown
}

/// Numbers and truth values as such, where the attribute holds them.
fn typed(row: &Value) -> Value {
    let written = text(row, "value");
    let plain = registry::find(text(row, "attribute")).is_ok_and(|attribute| {
        use syncledger_domain::config::Kind::{Bool, Duration, Integer, IntegerOrZero, Switch};
        matches!(
            attribute.kind,
            Bool | Duration { .. } | Integer { .. } | IntegerOrZero { .. } | Switch { .. }
        )
    });
    let parsed = if plain { serde_json::from_str(written).ok() } else { None };
    parsed.unwrap_or_else(|| row["value"].clone())
}

/// Type, what is allowed, scopes, default and meaning of one attribute.
#[expect(clippy::unnecessary_wraps, reason = "the type of all shapes")]
pub(in crate::product) fn info(_: &Given, values: &[Value]) -> Result<Value, Refused> {
    let mut info = values.iter().find_map(Value::as_object).cloned().unwrap_or_default();
    info.insert("modules".to_owned(), json!([MODULE]));
    Ok(info.into())
}
