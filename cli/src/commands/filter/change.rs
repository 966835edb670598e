//! Changes of the list. Each prints the list as it is after it, with what should be looked at twice.

use clap::Args;
use syncledger_commands::{Executed, filter_add, filter_delete, filter_move, filter_preset};
use syncledger_domain::{
    eas_filter::{AccountName, Condition, Filters, Rule},
    ids::{Address, DomainName},
};
use syncledger_projections::directory;

use super::{draft, list};
use crate::{
    node::Node,
    output::{self, say},
};

/// `filter add`
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What the rule asks: contains or regex (of the header User-Agent), account, domain, and, or, always.
    #[arg(value_name = "TYPE")]
    rule_type: String,
    /// A text, a pattern, an address or id, a domain; `account=…,contains=…` for and and or; `*` for always.
    parameter: String,
    /// What a match does to the versions on offer: fixed, limit, add or subtract.
    mode: String,
    /// Versions separated by commas.
    versions: String,
    /// A match ends the run: later filters are not asked.
    #[arg(long)]
    blocking: bool,
    /// Where to put it, from 0; at the end when absent.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    position: Option<String>,
}

/// What a change made of the list.
pub(super) struct Changed {
    sentence: String,
    facts: serde_json::Value,
    rows: Vec<serde_json::Value>,
    pub(super) warnings: Vec<String>,
}

impl Changed {
    async fn of(
        node: &Node,
        done: &Executed<Filters>,
        sentence: String,
        mut facts: serde_json::Value,
    ) -> anyhow::Result<Self> {
        let sentence = if done.appended.is_some() { sentence } else { "the list is so already".to_owned() };
        let rows = list::rows(&done.state);
        let warnings = list::concerns(node, &done.state.list).await?;
        facts["changed"] = done.appended.is_some().into();
        Ok(Self { sentence, facts, rows, warnings })
    }

    pub(super) fn print(mut self, json: bool) -> anyhow::Result<()> {
        if json {
            self.facts["filters"] = self.rows.into();
            self.facts["warnings"] = self.warnings.into();
            return output::done(json, &self.sentence, self.facts);
        }
        say!("{}", self.sentence);
        list::print_rows(json, &self.rows)?;
        list::print_concerns(&self.warnings);
        Ok(())
    }
}

impl Add {
    pub(super) async fn run(self, node: &Node) -> anyhow::Result<Changed> {
        let draft =
            draft::draft(&self.rule_type, &self.parameter, &self.mode, &self.versions, self.blocking)?;
        let position = self.position.as_deref().map(draft::position).transpose()?;
        let strangers = strangers(node, &draft.rule).await?;
        let done = filter_add::run(&node.repository, &node.admin(), &draft, position).await?;
        // The youngest of all is the one that was added just now.
        let added = done.state.list.iter().enumerate().max_by_key(|(_, filter)| filter.uid);
        let facts = added.map_or_else(
            || serde_json::json!({}),
            |(at, filter)| serde_json::json!({ "position": at, "uid": filter.uid.to_string() }),
        );
        let name = |field: &str| list::cell(&facts[field]);
        let sentence = format!("filter {} ({}) added", name("position"), name("uid"));
        let mut changed = Changed::of(node, &done, sentence, facts).await?;
        changed.warnings.splice(0..0, strangers);
        Ok(changed)
    }
}

pub(super) async fn delete(node: &Node, id: &str) -> anyhow::Result<Changed> {
    let done = filter_delete::run(&node.repository, &node.admin(), draft::reference(id)?).await?;
    Changed::of(node, &done, format!("filter {id} deleted"), serde_json::json!({})).await
}

pub(super) async fn move_to(node: &Node, from: &str, to: &str) -> anyhow::Result<Changed> {
    let (filter, to) = (draft::reference(from)?, draft::position(to)?);
    let done = filter_move::run(&node.repository, &node.admin(), filter, to).await?;
    Changed::of(node, &done, format!("filter {from} moved"), serde_json::json!({})).await
}

pub(super) async fn preset(node: &Node, name: &str) -> anyhow::Result<Changed> {
    let preset = draft::preset(name)?;
    let done = filter_preset::run(&node.repository, &node.admin(), preset).await?;
    Changed::of(node, &done, format!("the list is the preset {preset}"), serde_json::json!({})).await
}

/// Accounts and domains a rule names that do not exist: a filter may be made before they are, and it may be a slip.
async fn strangers(node: &Node, rule: &Rule) -> anyhow::Result<Vec<String>> {
    let conditions = match rule {
        Rule::One(condition) => std::slice::from_ref(condition),
        Rule::And(conditions) | Rule::Or(conditions) => conditions,
        Rule::Always => &[],
    };
    let mut strangers = Vec::new();
    for condition in conditions {
        let exists = match condition {
            Condition::Contains(_) | Condition::Regex(_) => true,
            Condition::Account(AccountName::Address(address)) => address_exists(node, address).await?,
            Condition::Account(AccountName::Id(id)) => directory::account(&*node.view_store(), *id)
                .await?
                .is_some_and(|account| account.removed_at.is_none()),
            Condition::Domain(name) => domain_exists(node, name).await?,
        };
        if !exists {
            strangers.push(format!("{condition} names something that does not exist (yet)"));
        }
    }
    Ok(strangers)
}

async fn address_exists(node: &Node, address: &Address) -> anyhow::Result<bool> {
    Ok(directory::account_by_address(&*node.view_store(), address).await?.is_some())
}

async fn domain_exists(node: &Node, name: &DomainName) -> anyhow::Result<bool> {
    Ok(directory::domain(&*node.view_store(), name).await?.is_some())
}
