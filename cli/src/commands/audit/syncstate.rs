//! `audit syncstate <account> <device>`: what the device knew, item by item, and what was offered but not confirmed.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use syncledger_domain::{
    codes,
    event::{Revision, StreamId},
    ids::{AccountId, CollectionId, DeviceId, FolderId, ItemId},
    ports::mailbox::{Fingerprint, FolderClass, MailFlags},
    sync_state::{ClientOperation, Effect, Offer, SyncState},
};
use syncledger_projections::sync_states::{self, Moment, StateAt, known_diff, state_at};

use super::{At, collection_name, folder_names};
use crate::{
    commands::account,
    node::Node,
    output::{self, say},
    refusal::Refused,
};

/// `audit syncstate`
#[derive(Debug, Args)]
pub(crate) struct Syncstate {
    /// Address or id of the account.
    account: String,
    /// The device's id.
    device: DeviceId,
    /// Only this collection, by folder id; 0 is the folder hierarchy.
    #[arg(long, value_name = "ID")]
    collection: Option<CollectionId>,
    /// The moment: a position of the log or a time; now when absent.
    #[arg(long, value_name = "TIME|POSITION", conflicts_with = "diff")]
    at: Option<At>,
    /// What changed between two moments.
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    diff: Option<Vec<At>>,
    /// List every item, and not only counts.
    #[arg(long)]
    items: bool,
}

struct Subject<'a> {
    node: &'a Node,
    account: AccountId,
    device: &'a DeviceId,
    names: BTreeMap<FolderId, String>,
}

impl Syncstate {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        node.catch_up().await?;
        let account = account::find_ever(node, &self.account).await?.id;
        let names = folder_names(node, account).await?;
        let subject = Subject { node, account, device: &self.device, names };
        let collections = match self.collection {
            Some(collection) => vec![collection],
            None => sync_states::collections(&*node.view_store(), account, &self.device)
                .await?
                .iter()
                .map(|row| row.collection)
                .collect(),
        };
        if !subject.ever_had(&collections).await? {
            let message = format!("device '{}' of {} never synchronised that", self.device, self.account);
            return Err(Refused::new(codes::NO_SUCH_DEVICE, message).into());
        }
        // One collection asked for is one to look into.
        let items = self.items || self.collection.is_some();
        let mut told = Vec::new();
        for collection in collections {
            if let Some([earlier, later]) = self.diff.as_deref() {
                told.push(subject.difference(collection, earlier.0, later.0, json).await?);
            } else {
                let moment = self.at.map_or(Moment::Now, |at| at.0);
                told.push(subject.state(collection, moment, items, json).await?);
            }
        }
        if json { output::value(&told) } else { Ok(()) }
    }
}

impl Subject<'_> {
    /// Whether the device, which may be gone by now, ever had a state of one of these collections.
    async fn ever_had(&self, collections: &[CollectionId]) -> anyhow::Result<bool> {
        for collection in collections {
            let stream = StreamId::sync(self.account, self.device, *collection);
            if !self.node.repository.log().read_stream(&stream, Revision(0), 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn load(&self, collection: CollectionId, moment: Moment) -> anyhow::Result<Option<StateAt>> {
        let stream = StreamId::sync(self.account, self.device, collection);
        Ok(state_at(&*self.node.log, &*self.node.view_store(), &stream, moment).await?)
    }

    async fn state(
        &self,
        collection: CollectionId,
        moment: Moment,
        items: bool,
        json: bool,
    ) -> anyhow::Result<serde_json::Value> {
        let name = collection_name(&self.names, collection);
        let Some(found) = self.load(collection, moment).await? else {
            if !json {
                say!("{collection} {name}: not synchronised by then");
            }
            return Ok(json!({ "collection": collection.to_string(), "name": name, "state": null }));
        };
        let state = &found.state;
        if !json {
            print_state(collection, &name, &found, items);
        }
        let offer = state.offer.as_ref();
        Ok(json!({
            "collection": collection.to_string(),
            "name": name,
            "revision": found.revision.0,
            "active": state.active,
            "generation": state.generation,
            "confirmed_key": format!("{}.{}", state.generation, state.confirmed_counter),
            "offered_key": offer.map(|offer| format!("{}.{}", state.generation, offer.to)),
            "known": state.confirmed.len(),
            "items": items.then(|| item_list(state, state.confirmed.iter())),
            "offered": offer.map(|offer| offer_json(state, offer)),
            "skipped": state.skipped.keys().map(ItemId::as_str).collect::<Vec<_>>(),
            "lost_answers": state.lost_answers,
        }))
    }

    async fn difference(
        &self,
        collection: CollectionId,
        earlier: Moment,
        later: Moment,
        json: bool,
    ) -> anyhow::Result<serde_json::Value> {
        let name = collection_name(&self.names, collection);
        let known = async |moment| -> anyhow::Result<(SyncState, _)> {
            let state = self.load(collection, moment).await?.map(|found| found.state).unwrap_or_default();
            let given = state.given();
            Ok((state, given))
        };
        let (_, before) = known(earlier).await?;
        let (state, after) = known(later).await?;
        let diff = known_diff(&before, &after);
        if !json {
            say!(
                "{collection} {name}: {} added, {} changed, {} removed",
                diff.added.len(),
                diff.changed.len(),
                diff.removed.len()
            );
            for (item, now) in &diff.added {
                say!("  + {item}  {}", describe(&state, *now));
            }
            for (item, then, now) in &diff.changed {
                say!("  ~ {item}  {} -> {}", describe(&state, *then), describe(&state, *now));
            }
            for (item, then) in &diff.removed {
                say!("  - {item}  {}", describe(&state, *then));
            }
        }
        Ok(json!({
            "collection": collection.to_string(),
            "name": name,
            "added": item_list(&state, diff.added.iter().map(|(item, now)| (item, now))),
            "changed": diff.changed.iter().map(|(item, then, now)| json!({
                "item": item.as_str(), "before": describe(&state, *then), "after": describe(&state, *now),
            })).collect::<Vec<_>>(),
            "removed": item_list(&state, diff.removed.iter().map(|(item, then)| (item, then))),
        }))
    }
}

fn print_state(collection: CollectionId, name: &str, found: &StateAt, items: bool) {
    let state = &found.state;
    if !state.active {
        say!("{collection} {name}: dropped; the device starts anew");
        return;
    }
    say!(
        "{collection} {name}: knows {} items by key {}.{} (revision {})",
        state.confirmed.len(),
        state.generation,
        state.confirmed_counter,
        found.revision
    );
    if items {
        for (item, fingerprint) in &state.confirmed {
            say!("    {item}  {}", describe(state, *fingerprint));
        }
    }
    if let Some(offer) = &state.offer {
        say!(
            "  offered with key {}.{}, not confirmed: {} added, {} changed, {} removed, {} out of the window; {} by the device",
            state.generation,
            offer.to,
            offer.delta.adds.len(),
            offer.delta.changes.len(),
            offer.delta.removes.len(),
            offer.delta.soft_removes.len(),
            offer.client.len()
        );
        if items {
            print_offer(state, offer);
        }
    }
    for item in state.skipped.keys() {
        say!("  left out, since answers with it were never confirmed: {item}");
    }
}

fn print_offer(state: &SyncState, offer: &Offer) {
    for (item, fingerprint) in &offer.delta.adds {
        say!("    + {item}  {}", describe(state, *fingerprint));
    }
    for (item, fingerprint) in &offer.delta.changes {
        say!("    ~ {item}  {}", describe(state, *fingerprint));
    }
    for item in offer.delta.removes.iter().chain(&offer.delta.soft_removes) {
        say!("    - {item}");
    }
    for change in &offer.client {
        let item = change.item.as_ref().map_or("-", ItemId::as_str);
        say!("    by the device: {} {item}, answered {}", operation(&change.operation), change.reply);
    }
}

fn offer_json(state: &SyncState, offer: &Offer) -> serde_json::Value {
    let pairs = |list: &[(ItemId, Fingerprint)]| item_list(state, list.iter().map(|(item, now)| (item, now)));
    json!({
        "added": pairs(&offer.delta.adds),
        "changed": pairs(&offer.delta.changes),
        "removed": offer.delta.removes.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "out_of_window": offer.delta.soft_removes.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "by_device": offer.client.iter().map(|change| json!({
            "operation": operation(&change.operation),
            "item": change.item.as_ref().map(ItemId::as_str),
            "status": change.reply,
            "effect": match change.effect {
                Effect::None => "none".to_owned(),
                Effect::Known(now) => describe(state, now),
                Effect::Gone => "gone".to_owned(),
            },
        })).collect::<Vec<_>>(),
    })
}

fn operation(operation: &ClientOperation) -> &'static str {
    match operation {
        ClientOperation::Add(_) => "add",
        ClientOperation::Change { .. } => "change",
        ClientOperation::Delete => "delete",
    }
}

fn item_list<'a>(
    state: &SyncState,
    items: impl Iterator<Item = (&'a ItemId, &'a Fingerprint)>,
) -> Vec<serde_json::Value> {
    items.map(|(item, now)| json!({ "item": item.as_str(), "state": describe(state, *now) })).collect()
}

/// A fingerprint in words: flags of a message, a number for anything else.
fn describe(state: &SyncState, fingerprint: Fingerprint) -> String {
    if fingerprint == Fingerprint::DIFFERENT {
        return "something else than the mailbox has".to_owned();
    }
    if state.class != Some(FolderClass::Mail) {
        return format!("{:016x}", fingerprint.0);
    }
    let flags = MailFlags::from_fingerprint(fingerprint);
    let words = [
        if flags.read { "read" } else { "unread" },
        if flags.flagged { "flagged" } else { "" },
        if flags.answered { "answered" } else { "" },
        if flags.forwarded { "forwarded" } else { "" },
    ];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
