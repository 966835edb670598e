//! `abq seed`, and the offer of it.

use std::collections::BTreeSet;

use serde_json::json;
use syncledger_commands::{SeedCause, SeededList, abq_seed};
use syncledger_domain::{
    abq::{CompiledRules, DeviceControl, KnownDevice},
    event::{StreamId, Timestamp},
};

use super::{
    known::{self, KnownPair},
    targets::Accounts,
};
use crate::{node::Node, output};

pub(super) async fn run(node: &Node, json: bool) -> anyhow::Result<()> {
    let seeded = seed(node).await?;
    output::done(
        json,
        &format!(
            "{} devices let in; {} have an entry already, {} are left to rules that keep them out",
            seeded.added, seeded.listed, seeded.left_to_rules
        ),
        json!({ "added": seeded.added, "listed": seeded.listed, "left_to_rules": seeded.left_to_rules }),
    )
}

pub(super) async fn seed(node: &Node) -> anyhow::Result<SeededList> {
    let (_, pairs) = list_and_pairs(node).await?;
    let known: Vec<KnownDevice> =
        pairs.into_iter().map(|pair| KnownDevice { device: pair.device, domain: pair.domain }).collect();
    Ok(abq_seed::run(&node.repository, &node.admin(), &known, SeedCause::Asked).await?)
}

async fn list_and_pairs(node: &Node) -> anyhow::Result<(DeviceControl, Vec<KnownPair>)> {
    let control = node.repository.load::<DeviceControl>(&StreamId::abq()).await?.state;
    let accounts = Accounts::load(node).await?;
    let pairs = known::pairs(node, &accounts).await?;
    Ok((control, pairs))
}

/// How many known devices neither an entry nor a rule is about, so that the mode alone decides.
pub(super) fn unlisted(control: &DeviceControl, pairs: &[KnownPair], now: Timestamp) -> usize {
    let rules = CompiledRules::new(&control.rules);
    let unlisted = pairs.iter().filter(|pair| !is_listed(control, &rules, pair, now));
    unlisted.map(|pair| pair.device.canonical()).collect::<BTreeSet<_>>().len()
}

/// Whether an entry or a rule is about a device.
pub(super) fn is_listed(
    control: &DeviceControl,
    rules: &CompiledRules,
    pair: &KnownPair,
    now: Timestamp,
) -> bool {
    control.list.decisive(&pair.device.canonical(), Some(pair.account), now).is_some()
        || rules.ask(Some(&pair.domain), &pair.device).matched.is_some()
}

/// What whoever sets the mode to Interactive or Strict should know: how many known devices nothing is said about, and
/// how to let them in; `None` when there are none.
///
/// # Errors
/// When log or views cannot be read.
pub(crate) async fn seed_offer(node: &Node) -> anyhow::Result<Option<String>> {
    node.catch_up().await?;
    let (control, pairs) = list_and_pairs(node).await?;
    let count = unlisted(&control, &pairs, node.repository.clock().now());
    Ok((count > 0).then(|| offer(count)))
}

/// The offer for a number of devices.
pub(super) fn offer(count: usize) -> String {
    format!(
        "{count} known device(s) have neither an entry nor a rule: in Interactive they wait in quarantine, in Strict they are \
         blocked; `syncledger abq seed` lets them in"
    )
}
