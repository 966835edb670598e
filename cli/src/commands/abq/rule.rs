//! `abq rule set|list|delete|test`.

use std::collections::HashMap;

use clap::Subcommand;
use serde_json::{Value, json};
use syncledger_commands::{CommandError, abq_delete_rule, abq_set_rule};
use syncledger_domain::{
    abq::{self, CompiledRules, DeviceControl, DeviceStatus, PatternError, Refusal, RuleOutcome, RuleScope},
    event::StreamId,
    ids::ShownDeviceId,
};

use super::{
    targets,
    words::{order, printable, refused, word},
};
use crate::{node::Node, output};

/// Rules on device ids.
#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    /// Make a rule, or give the one with this text another status or order.
    Set {
        /// Java's syntax, on the whole id; cases are told apart unless it begins with `(?i)`.
        #[arg(allow_hyphen_values = true)]
        regex: String,
        /// Allowed, Blocked or Quarantined.
        status: String,
        /// Rules of a scope are asked in ascending order; each has its own.
        #[arg(allow_hyphen_values = true)]
        order: String,
        /// For this domain's accounts alone.
        #[arg(long)]
        domain: Option<String>,
    },
    /// List rules in the order they are asked in: the global ones, then each domain's.
    List {
        /// Only this domain's.
        #[arg(long)]
        domain: Option<String>,
    },
    /// Delete the rule with exactly this text.
    Delete {
        /// Its text.
        #[arg(allow_hyphen_values = true)]
        regex: String,
        /// Among this domain's.
        #[arg(long)]
        domain: Option<String>,
    },
    /// Show what a rule would say of devices, without making it.
    Test {
        /// The text.
        #[arg(allow_hyphen_values = true)]
        regex: String,
        /// Device ids.
        #[arg(required = true)]
        devices: Vec<String>,
    },
}

impl Rule {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Set { regex, status, order: place, domain } => {
                let what = (word(&status)?, order(&place)?);
                set(node, &regex, what, domain.as_deref(), json).await
            }
            Self::List { domain } => {
                let rows = rows(node, domain.as_deref()).await?;
                output::rows(json, ["SCOPE", "ORDER", "REGEX", "STATUS", "PROBLEM"], &rows, cells)
            }
            Self::Delete { regex, domain } => delete(node, &regex, domain.as_deref(), json).await,
            Self::Test { regex, devices } => test(&regex, &devices, json),
        }
    }
}

/// The scope named by `--domain`.
pub(super) async fn scope(node: &Node, domain: Option<&str>) -> anyhow::Result<RuleScope> {
    Ok(match domain {
        Some(text) => RuleScope::Domain(targets::domain(node, text).await?),
        None => RuleScope::Global,
    })
}

async fn set(
    node: &Node,
    regex: &str,
    (status, order): (DeviceStatus, i64),
    domain: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let scope = scope(node, domain).await?;
    let done = abq_set_rule::run(&node.repository, &node.admin(), &scope, regex, (status, order)).await?;
    let is = if done.appended.is_some() { "says" } else { "said already" };
    output::done(
        json,
        &format!("the {scope} rule {order} '{}' {is} {status}", printable(regex)),
        json!({
            "regex": regex,
            "status": status.as_str(),
            "order": order,
            "domain": domain_of(&scope),
            "changed": done.appended.is_some(),
        }),
    )
}

async fn delete(node: &Node, regex: &str, domain: Option<&str>, json: bool) -> anyhow::Result<()> {
    let scope = match domain {
        Some(text) => RuleScope::Domain(word(text)?),
        None => RuleScope::Global,
    };
    match abq_delete_rule::run(&node.repository, &node.admin(), &scope, regex).await {
        Ok(_) => {}
        // Rules may outlive their domain; but where there is neither, the domain is what was mistyped.
        Err(CommandError::Refused(refusal @ Refusal::NoSuchRule { .. })) => {
            if let RuleScope::Domain(name) = &scope
                && !targets::domain_exists(node, name).await?
            {
                return Err(refused(Refusal::NoSuchDomain(name.clone())));
            }
            return Err(refused(refusal));
        }
        Err(error) => return Err(error.into()),
    }
    output::done(
        json,
        &format!("the {scope} rule '{}' is deleted", printable(regex)),
        json!({ "regex": regex, "domain": domain_of(&scope) }),
    )
}

fn domain_of(scope: &RuleScope) -> Option<&str> {
    match scope {
        RuleScope::Global => None,
        RuleScope::Domain(name) => Some(name.as_str()),
    }
}

/// The rules of one domain, or of all scopes.
pub(super) async fn rows(node: &Node, domain: Option<&str>) -> anyhow::Result<Vec<Value>> {
    let rules = node.repository.load::<DeviceControl>(&StreamId::abq()).await?.state.rules;
    let scopes = match domain {
        Some(_) => vec![scope(node, domain).await?],
        None => rules.scopes().collect(),
    };
    let compiled = CompiledRules::new(&rules);
    let unusable: HashMap<(&RuleScope, i64), &PatternError> =
        compiled.unusable().map(|(rule, error)| ((&rule.scope, rule.order), error)).collect();
    let problem = |scope: &RuleScope, order: i64| {
        unusable.get(&(scope, order)).map(|error| format!("matches nothing: {error}"))
    };
    let of_scope = |scope: &RuleScope| -> Vec<Value> {
        let row = |(order, rule): (i64, &abq::Rule)| {
            json!({
                "domain": domain_of(scope),
                "order": order,
                "regex": rule.regex,
                "status": rule.status.as_str(),
                "problem": problem(scope, order),
            })
        };
        rules.of(scope).map(row).collect()
    };
    Ok(scopes.iter().flat_map(of_scope).collect())
}

fn cells(row: &Value) -> [String; 5] {
    let text = |name: &str, none: &str| printable(row[name].as_str().unwrap_or(none));
    let scope = row["domain"].as_str().unwrap_or("global");
    [scope.to_owned(), row["order"].to_string(), text("regex", ""), text("status", ""), text("problem", "-")]
}

/// What a rule would say of devices; of each one word.
pub(super) fn outcomes(regex: &str, devices: &[String]) -> anyhow::Result<Vec<(ShownDeviceId, RuleOutcome)>> {
    let devices: Vec<ShownDeviceId> = devices.iter().map(|text| word(text)).collect::<Result<_, _>>()?;
    let outcomes = abq::test_rule(regex, &devices).map_err(refused)?;
    Ok(devices.into_iter().zip(outcomes).collect())
}

pub(super) fn test(regex: &str, devices: &[String], json: bool) -> anyhow::Result<()> {
    let outcomes = outcomes(regex, devices)?;
    let row = |(device, outcome): &(ShownDeviceId, RuleOutcome)| json!({ "device_id": device.as_str(), "outcome": outcome_word(*outcome) });
    let rows: Vec<Value> = outcomes.iter().map(row).collect();
    output::rows(json, ["DEVICE", "OUTCOME"], &rows, |row| {
        ["device_id", "outcome"].map(|name| row[name].as_str().unwrap_or_default().to_owned())
    })
}

/// One word for an outcome.
pub(super) fn outcome_word(outcome: RuleOutcome) -> &'static str {
    match outcome {
        RuleOutcome::Matches => "matches",
        RuleOutcome::Other => "does not match",
        RuleOutcome::TooExpensive => "given up: too many steps",
    }
}
