//! Attributes on the command line, `name=value`, for every scope that has some.

use std::str::FromStr;

use anyhow::bail;
use syncledger_commands::{AttributeTarget, CommandError, Issuer, clear_attribute, set_attribute};
use syncledger_domain::{config::AttributeError, directory::Refusal};

use syncledger_domain::{
    config::{Attribute, registry},
    policy,
};

use crate::node::Node;

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

/// Whether this version obeys an attribute. Those of device control are known to the log and to its readers, and take
/// effect with the version that serves them; until then nobody may believe to have set them.
pub(crate) fn is_obeyed(attribute: &Attribute) -> bool {
    const NOT_YET: &[&str] = &["useInstantNotifications", "notificationsLatency"];
    let of_policy = policy::ATTRIBUTES.iter().any(|row| row.name == attribute.name);
    !of_policy && !NOT_YET.contains(&attribute.name)
}

/// Sets and forgets values at one place, in the order given; the first refusal ends it.
pub(crate) async fn assign(
    node: &Node,
    issuer: &Issuer,
    target: &AttributeTarget,
    assignments: &[Assignment],
) -> anyhow::Result<()> {
    for Assignment { name, value } in assignments {
        if let Ok(attribute) = registry::find(name)
            && !is_obeyed(attribute)
        {
            bail!(
                "attribute '{name}' is known but not served by this version; `syncledger config attributes` lists those that are"
            );
        }
        let done = if value.is_empty() {
            clear_attribute::run(&node.repository, issuer, target, name).await
        } else {
            set_attribute::run(&node.repository, issuer, target, name, value).await
        };
        done.map_err(with_directions)?;
    }
    Ok(())
}

/// Who does not know a name is told where all of them are.
fn with_directions(error: CommandError<Refusal>) -> anyhow::Error {
    let unknown = matches!(error, CommandError::Refused(Refusal::Attribute(AttributeError::Unknown { .. })));
    if unknown {
        anyhow::anyhow!("{error}; `syncledger config attributes` lists all of them")
    } else {
        error.into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_know_a_name_is_told_where_all_are() {
        let refused =
            |error: AttributeError| with_directions(CommandError::Refused(error.into())).to_string();
        let unknown = refused(AttributeError::Unknown { name: "color".to_owned(), suggestion: None });
        assert!(unknown.contains("'color'") && unknown.contains("syncledger config attributes"), "{unknown}");
        let bad = AttributeError::BadValue { name: "x", value: "y".to_owned(), allowed: "z".to_owned() };
        assert!(!refused(bad).contains("config attributes"));
    }

    #[test]
    fn what_is_listed_is_obeyed_and_the_rest_is_told_apart() {
        let listed = registry::all().filter(|attribute| is_obeyed(attribute)).count();
        assert!(listed >= 14, "{listed}");
        for name in ["useInstantNotifications", "DevicePasswordEnabled"] {
            assert!(!is_obeyed(registry::find(name).unwrap()), "{name}");
        }
        for name in ["easEnabled", "abqMode", "mobileAntiDosServiceEnabled", "notificationRecipients"] {
            assert!(is_obeyed(registry::find(name).unwrap()), "{name}");
        }
    }
}
