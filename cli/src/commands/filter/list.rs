//! The list of filters, for people and for programs.

use syncledger_domain::{
    config::registry::EAS_VERSIONS,
    eas_filter::{self, Client, Filter, Filters, Warning, warnings},
    event::StreamId,
    ids::ProtocolVersion,
};
use syncledger_projections::{devices::DeviceRow, directory::AccountRow};

use crate::{
    commands::places::Places,
    node::Node,
    output::{self, say},
};

/// Prints the list.
pub(super) async fn run(node: &Node, json: bool) -> anyhow::Result<()> {
    print_rows(json, &rows(&load(node).await?))
}

/// The list as the log has it.
pub(crate) async fn load(node: &Node) -> anyhow::Result<Filters> {
    Ok(node.repository.load(&StreamId::eas_filters()).await?.state)
}

/// What a device of an account is offered, of these versions.
pub(crate) fn offered(
    start: &[ProtocolVersion],
    account: &AccountRow,
    device: &DeviceRow,
    filters: &Filters,
) -> Vec<ProtocolVersion> {
    let domain = account.address.domain();
    let client = Client {
        user_agent: &device.user_agent,
        account: account.id,
        address: &account.address,
        domain: &domain,
    };
    eas_filter::pool(&filters.list, start, &client).versions
}

/// One object per filter, in order.
pub(super) fn rows(filters: &Filters) -> Vec<serde_json::Value> {
    filters.list.iter().enumerate().map(|(position, filter)| row(position, filter)).collect()
}

/// A filter as an object.
pub(super) fn row(position: usize, filter: &Filter) -> serde_json::Value {
    serde_json::json!({
        "position": position,
        "uid": filter.uid.to_string(),
        "mode": filter.mode.as_str(),
        "rule": filter.rule.to_string(),
        "type": filter.rule.rule_type(),
        "parameter": filter.rule.parameter(),
        "versions": texts(&filter.versions),
        "blocking": filter.blocking,
    })
}

pub(super) fn print_rows(json: bool, rows: &[serde_json::Value]) -> anyhow::Result<()> {
    output::rows(json, ["POSITION", "UID", "MODE", "RULE", "VERSIONS", "BLOCKING"], rows, |row| {
        ["position", "uid", "mode", "rule", "versions", "blocking"].map(|name| cell(&row[name]))
    })
}

/// A value of a row for people.
pub(super) fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) if values.is_empty() => "none".to_owned(),
        serde_json::Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Versions as texts.
pub(crate) fn texts(versions: &[ProtocolVersion]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// What an administrator should look at twice, in sentences, with the server's versions as they are on offer to all.
pub(super) async fn concerns(node: &Node, filters: &[Filter]) -> anyhow::Result<Vec<String>> {
    let offered = Places::of_installation(node).await?.scopes().versions(&EAS_VERSIONS);
    let place = |uid| filters.iter().position(|filter| filter.uid == uid).unwrap_or_default();
    let sentence = |warning: &Warning| match *warning {
        Warning::LimitWithSeveral { uid, ceiling } => format!(
            "filter {} ({uid}) limits with several versions: only the greatest, {ceiling}, counts",
            place(uid)
        ),
        Warning::NothingLeftForAll { uid } => format!(
            "filter {} ({uid}) leaves no version to a client that matches every filter: it would be refused",
            place(uid)
        ),
        Warning::NothingLeft { uid } => {
            format!("filter {} ({uid}) leaves no version to clients it matches: they are refused", place(uid))
        }
    };
    Ok(warnings(filters, &offered).iter().map(sentence).collect())
}

/// Prints sentences about the list.
pub(super) fn print_concerns(concerns: &[String]) {
    for concern in concerns {
        say!("warning: {concern}");
    }
}
