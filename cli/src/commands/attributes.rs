//! Attributes on the command line, `name=value`, for every scope that has some.

use std::str::FromStr;

use syncledger_commands::{AttributeTarget, CommandError, Issuer, clear_attribute, set_attribute};
use syncledger_domain::{
    codes,
    config::{Attribute, AttributeError, Scope, registry},
    directory::Refusal,
};

use crate::{node::Node, refusal::Refused};

/// Attributes of other servers that cap the protocol version: here filters do that, so that they are understood and
/// refused. With the filter that does the same.
const FILTERS_HERE: [(&str, &str); 2] = [
    ("ZxMobile_MaxGlobalVersion", "syncledger filter add always '*' limit VERSION"),
    ("ZxMobile_MaxOutlookVersion", "syncledger filter add contains outlook/ limit VERSION"),
];

/// `name=value`; `name=` forgets a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    name: String,
    value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("attribute '{text}' is not of the form NAME=VALUE")),
        }
    }
}

impl Assignment {
    /// The attribute it is about.
    pub(crate) fn attribute(&self) -> Option<&'static Attribute> {
        registry::find(&self.name).ok()
    }
}

/// The attribute of this name, or of this name elsewhere.
///
/// # Errors
/// [`Refused`] under `NO_SUCH_ATTRIBUTE`, with where to look instead.
pub(crate) fn find(name: &str) -> Result<&'static Attribute, Refused> {
    registry::find(name).map_err(|error| unknown(name, &error))
}

/// Who does not know a name is told where all of them are.
fn unknown(name: &str, error: &AttributeError) -> Refused {
    let filter = FILTERS_HERE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let message = match filter {
        Some((known, command)) => {
            format!("attribute '{known}' is none here: filters cap versions, see `{command}`")
        }
        None => format!("{error}; `syncledger config attributes` lists all of them"),
    };
    Refused::new(codes::NO_SUCH_ATTRIBUTE, message)
}

/// Sets and forgets values at one place, in the order given. All values are looked at before the first is set, so that a
/// refusal changes nothing.
///
/// # Errors
/// [`Refused`] or a [`Refusal`] of the domain, each with its code; a failure of the log.
pub(crate) async fn assign(
    node: &Node,
    issuer: &Issuer,
    target: &AttributeTarget,
    assignments: &[Assignment],
) -> anyhow::Result<()> {
    let scope = match target {
        AttributeTarget::Global => Scope::Global,
        AttributeTarget::Domain(_) => Scope::Domain,
        AttributeTarget::Cos(_) => Scope::Cos,
        AttributeTarget::Account(_) => Scope::Account,
    };
    for Assignment { name, value } in assignments.iter().filter(|assignment| !assignment.value.is_empty()) {
        let attribute = find(name)?;
        attribute.must_be_allowed_at(scope)?;
        attribute.parse(value)?;
    }
    for Assignment { name, value } in assignments {
        if value.is_empty() {
            forget(node, issuer, target, name).await?;
        } else {
            set_attribute::run(&node.repository, issuer, target, name, value).await?;
        }
    }
    Ok(())
}

/// Forgets a value at one place; gives whether one was set there. One of an attribute that exists no more is forgotten by
/// its exact name.
///
/// # Errors
/// [`Refused`] under `NO_SUCH_ATTRIBUTE`; a [`Refusal`] of the domain; a failure of the log.
pub(crate) async fn forget(
    node: &Node,
    issuer: &Issuer,
    target: &AttributeTarget,
    name: &str,
) -> anyhow::Result<bool> {
    match clear_attribute::run(&node.repository, issuer, target, name).await {
        Ok(appended) => Ok(appended.is_some()),
        Err(CommandError::Refused(Refusal::Attribute(error @ AttributeError::Unknown { .. }))) => {
            Err(unknown(name, &error).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Lists domains or classes of service with the values set for them.
pub(crate) fn list_scopes(
    json: bool,
    scopes: &[syncledger_projections::directory::ScopeRow],
) -> anyhow::Result<()> {
    let listed: Vec<serde_json::Value> = scopes
        .iter()
        .map(|scope| serde_json::json!({ "name": scope.name, "attributes": scope.attributes.0 }))
        .collect();
    crate::output::rows(json, ["NAME", "ATTRIBUTES"], &listed, |row| {
        let set = row["attributes"].as_object().into_iter().flatten();
        let set: Vec<String> =
            set.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
        [row["name"].as_str().unwrap_or_default().to_owned(), set.join(" ")]
    })
}
