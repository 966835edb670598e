//! `policy get|set`: what administrators demand of devices, by account, class of service, domain or installation.

pub(super) mod place;
#[cfg(test)]
mod tests;

use clap::Subcommand;
use syncledger_commands::{clear_attribute, set_attribute};
use syncledger_domain::{
    codes,
    config::{Attribute, registry},
    policy::attributes,
};

use self::place::Place;
use crate::{config::Config, node::Node, output, refusal::Refused};

/// Show and set what is demanded of devices.
///
/// A changed policy makes the devices concerned provision anew.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show policies with the value that holds and where it comes from.
    Get {
        /// account, cos, domain or global.
        scope: String,
        /// Address or id of the account, name of the class of service or of the domain; none for global.
        target: Option<String>,
        /// Only this one.
        #[arg(long)]
        key: Option<String>,
    },
    /// Set a policy; an empty value forgets what was set.
    #[command(
        override_usage = "syncledger policy set <account|cos|domain> <TARGET> <KEY> <VALUE>\n       syncledger policy set global <KEY> <VALUE>"
    )]
    Set {
        /// account, cos, domain or global.
        scope: String,
        /// Address or id of the account, name of the class of service or of the domain; none for global. Then key and value.
        #[arg(required = true, num_args = 2..=3, value_name = "[TARGET] KEY VALUE", allow_negative_numbers = true)]
        words: Vec<String>,
    },
}

impl Policy {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::Get { scope, target, key } => {
                let place = Place::find(&node, &scope, target.as_deref()).await?;
                get(&node, &place, key.as_deref(), json).await
            }
            Self::Set { scope, words } => {
                let (target, key, value) = match words.as_slice() {
                    [key, value] => (None, key, value),
                    [target, key, value] => (Some(target.as_str()), key, value),
                    _ => return Err(usage(&words).into()),
                };
                let place = Place::find(&node, &scope, target).await?;
                set(&node, &place, key, value, json).await
            }
        }
    }
}

fn usage(words: &[String]) -> Refused {
    let message = format!(
        "{} words after the scope: allowed is TARGET KEY VALUE, or KEY VALUE for global",
        words.len()
    );
    Refused::new(codes::USAGE, message)
}

async fn get(node: &Node, place: &Place, key: Option<&str>, json: bool) -> anyhow::Result<()> {
    let only = key.map(policy).transpose()?;
    let places = place.values(node).await?;
    let scopes = places.scopes();
    let asked = attributes::all().filter(|attribute| only.is_none_or(|only| only.name == attribute.name));
    let rows: Vec<serde_json::Value> = asked
        .map(|attribute| {
            let (value, origin) = scopes.resolve(attribute);
            serde_json::json!({
                "key": attribute.name,
                "value": value.to_string(),
                "from": origin.to_string(),
                "default": attribute.default,
                "allowed": attribute.kind.allowed(),
                "meaning": attribute.meaning,
            })
        })
        .collect();
    output::rows(json, ["KEY", "VALUE", "FROM", "MEANING"], &rows, |row| {
        ["key", "value", "from", "meaning"].map(|name| row[name].as_str().unwrap_or_default().to_owned())
    })
}

async fn set(node: &Node, place: &Place, key: &str, value: &str, json: bool) -> anyhow::Result<()> {
    let attribute = policy(key)?;
    let (issuer, target, name) = (node.admin(), place.target(), attribute.name);
    let appended = if value.trim().is_empty() {
        clear_attribute::run(&node.repository, &issuer, &target, name).await?
    } else {
        set_attribute::run(&node.repository, &issuer, &target, name, value).await?
    };
    node.catch_up().await?;
    let places = place.values(node).await?;
    let (holds, origin) = places.scopes().resolve(attribute);
    let what = if appended.is_some() { "changed" } else { "was so before" };
    output::done(
        json,
        &format!("{name} of {place} {what}: '{holds}' holds, from {origin}"),
        serde_json::json!({
            "key": name,
            "changed": appended.is_some(),
            "value": holds.to_string(),
            "from": origin.to_string(),
        }),
    )
}

/// The policy of this name, in either spelling.
///
/// # Errors
/// [`Refused`] under `UNKNOWN_KEY`, for attributes that are no policies as well.
fn policy(key: &str) -> Result<&'static Attribute, Refused> {
    let found = registry::find(key);
    match found {
        Ok(attribute) if attributes::all().any(|policy| policy.name == attribute.name) => Ok(attribute),
        Ok(attribute) => Err(Refused::new(
            codes::UNKNOWN_KEY,
            format!("'{}' is an attribute but no policy: `syncledger config` sets it", attribute.name),
        )),
        Err(error) => {
            let message = format!("{error}; `syncledger policy get global` lists all policies");
            Err(Refused::new(codes::UNKNOWN_KEY, message))
        }
    }
}
