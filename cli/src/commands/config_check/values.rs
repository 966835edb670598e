//! `config set|get|unset|dump`: values at a place.

use clap::Args;
use serde_json::{Value, json};
use syncledger_commands::AttributeTarget;
use syncledger_domain::{
    abq::AbqMode,
    config::{Attribute, Origin, Scope, Scopes, registry},
};

use crate::{
    commands::{
        abq,
        attributes::{self, Assignment},
        places::Places,
        policy::place::Place,
    },
    config::Config,
    node::Node,
    output::{self, say},
};

/// Where values are set; without any, for the whole installation.
#[derive(Args, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct At {
    /// At an account, by address or id.
    #[arg(long)]
    account: Option<String>,
    /// At a class of service.
    #[arg(long)]
    cos: Option<String>,
    /// At a domain.
    #[arg(long)]
    domain: Option<String>,
}

impl At {
    fn scope(&self) -> (Scope, Option<&str>) {
        let places =
            [(Scope::Account, &self.account), (Scope::Cos, &self.cos), (Scope::Domain, &self.domain)];
        let named = places.into_iter().find_map(|(scope, name)| Some((scope, name.as_deref()?)));
        named.map_or((Scope::Global, None), |(scope, name)| (scope, Some(name)))
    }

    /// The place, which must exist.
    async fn place(&self, node: &Node) -> anyhow::Result<Place> {
        let (scope, name) = self.scope();
        Place::find(node, &scope.to_string(), name).await
    }

    /// The node, its views brought up to date.
    async fn node(&self, config: &Config) -> anyhow::Result<Node> {
        // Before there is anything else the installation can be told how it is to be.
        let node = if self.scope().0 == Scope::Global {
            Node::open_or_create(config).await?
        } else {
            Node::open(config).await?
        };
        node.catch_up().await?;
        Ok(node)
    }
}

pub(super) async fn set(
    config: &Config,
    at: &At,
    assignments: &[Assignment],
    json: bool,
) -> anyhow::Result<()> {
    let node = at.node(config).await?;
    let place = at.place(&node).await?;
    let target = place.target();
    attributes::assign(&node, &node.admin(), &target, assignments).await?;
    node.catch_up().await?;
    let offer = offer_of_seed(&node, &target, assignments).await?;
    let places = place.values(&node).await?;
    let changed = assignments.iter().filter_map(Assignment::attribute);
    let values: serde_json::Map<String, Value> = changed
        .map(|attribute| (attribute.name.to_owned(), places.scopes().resolve(attribute).0.to_string().into()))
        .collect();
    let sentence = match (&offer, json) {
        (Some(offer), false) => format!("{place} changed\n{offer}"),
        _ => format!("{place} changed"),
    };
    output::done(json, &sentence, json!({ "values": values, "hint": offer }))
}

/// Whoever lets only listed devices in is told how many that shuts out, and how to let them in.
async fn offer_of_seed(
    node: &Node,
    target: &AttributeTarget,
    assignments: &[Assignment],
) -> anyhow::Result<Option<String>> {
    let mode = &registry::ABQ_MODE;
    if !assignments.iter().filter_map(Assignment::attribute).any(|set| set.name == mode.name) {
        return Ok(None);
    }
    let places = match target {
        AttributeTarget::Cos(cos) => Places::of_cos(node, cos).await?,
        AttributeTarget::Domain(domain) => Places::of_domain(node, domain).await?,
        AttributeTarget::Global => Places::of_installation(node).await?,
        // One account's devices are few, and seen at a glance.
        AttributeTarget::Account(_) => return Ok(None),
    };
    match places.scopes().read(mode) {
        AbqMode::Interactive | AbqMode::Strict => abq::seed::seed_offer(node).await,
        AbqMode::Permissive | AbqMode::Disabled => Ok(None),
    }
}

pub(super) async fn get(config: &Config, at: &At, name: &str, json: bool) -> anyhow::Result<()> {
    let attribute = attributes::find(name)?;
    let node = at.node(config).await?;
    let places = at.place(&node).await?.values(&node).await?;
    let row = row(&places.scopes(), attribute, at.scope().0);
    if json {
        return output::value(&row);
    }
    say!("{} = {} (from {})", attribute.name, text(&row, "value"), from(&row, at.scope().0));
    Ok(())
}

pub(super) async fn unset(config: &Config, at: &At, names: &[String], json: bool) -> anyhow::Result<()> {
    let node = at.node(config).await?;
    let place = at.place(&node).await?;
    let mut forgotten = Vec::new();
    for name in names {
        if attributes::forget(&node, &node.admin(), &place.target(), name).await? {
            forgotten.push(name);
        }
    }
    let sentence = if forgotten.is_empty() {
        format!("{place}: nothing of that was set")
    } else {
        format!("{place} changed")
    };
    output::done(json, &sentence, json!({ "forgotten": forgotten }))
}

pub(super) async fn dump(config: &Config, at: &At, no_inherited: bool, json: bool) -> anyhow::Result<()> {
    let node = at.node(config).await?;
    let places = at.place(&node).await?.values(&node).await?;
    let (scopes, scope) = (places.scopes(), at.scope().0);
    let rows: Vec<Value> = registry::all()
        .filter(|attribute| attribute.scopes.contains(&scope))
        .map(|attribute| row(&scopes, attribute, scope))
        .filter(|row| !no_inherited || row["is_inherited"] == false)
        .collect();
    output::rows(json, ["NAME", "VALUE", "FROM"], &rows, |row| {
        [text(row, "attribute").to_owned(), text(row, "value").to_owned(), from(row, scope)]
    })
}

/// The value that holds at a place.
fn row(scopes: &Scopes<'_>, attribute: &Attribute, own: Scope) -> Value {
    let (value, origin) = scopes.resolve(attribute);
    let is_inherited = origin != Origin::Set(own);
    json!({
        "attribute": attribute.name,
        "value": value.to_string(),
        "is_inherited": is_inherited,
        "inherited_from": is_inherited.then(|| origin.to_string()),
    })
}

/// Where it comes from, the place itself included.
fn from(row: &Value, own: Scope) -> String {
    row["inherited_from"].as_str().map_or_else(|| own.to_string(), str::to_owned)
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
