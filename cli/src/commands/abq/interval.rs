//! `abq notification-interval`.

use serde_json::json;
use syncledger_commands::{AttributeTarget, set_attribute};
use syncledger_domain::{
    abq::{notification_interval, parse_notification_interval},
    config::registry,
};

use super::words::refused;
use crate::{node::Node, output};

pub(super) async fn run(node: &Node, interval: &str, json: bool) -> anyhow::Result<()> {
    let name = registry::ABQ_NOTIFICATIONS_INTERVAL.name;
    let milliseconds = parse_notification_interval(interval).map_err(refused)?;
    let value = milliseconds.to_string();
    let done =
        set_attribute::run(&node.repository, &node.admin(), &AttributeTarget::Global, name, &value).await?;
    let sentence = match notification_interval(milliseconds) {
        None => "no mail is sent about devices in quarantine".to_owned(),
        Some(_) => format!("mail about devices in quarantine is sent every {} ({value} ms)", interval.trim()),
    };
    output::done(
        json,
        &sentence,
        json!({ "attribute": name, "value": milliseconds, "changed": done.is_some() }),
    )
}
