//! `audit timeline <account> [device]`.

use clap::Args;
use syncledger_domain::{
    codes,
    event::{CorrelationId, Position, StreamCategory, Timestamp},
    ids::{CollectionId, DeviceId},
};
use syncledger_projections::timeline::{TimelineEntry, TimelineQuery};

use super::{collection_name, folder_names, time};
use crate::{commands::account, node::Node, output, refusal::Refused};

/// `audit timeline`
#[derive(Debug, Args)]
pub(crate) struct Timeline {
    /// Address or id of the account; `global` for domains, classes of service, configuration and seals.
    account: String,
    /// Only this device.
    device: Option<DeviceId>,
    /// From this time on.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Only events of these kinds, by stored name: `sync-offered`, `device-registered`, …
    #[arg(long = "kind", value_name = "EVENT", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Only this collection, by folder id; 0 is the folder hierarchy.
    #[arg(long, value_name = "ID")]
    collection: Option<CollectionId>,
    /// Only events of one request, by the id in the server's log lines.
    #[arg(long, value_name = "UUID")]
    request: Option<uuid::Uuid>,
    /// Only events behind this position of the log.
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// The newest so many.
    #[arg(long, short = 'n', default_value_t = 100)]
    limit: usize,
}

impl Timeline {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        self.check_kinds()?;
        node.catch_up().await?;
        let account = if self.account == "global" {
            None
        } else {
            Some(account::find_ever(node, &self.account).await?.id)
        };
        let names = match account {
            Some(id) => folder_names(node, id).await?,
            None => std::collections::BTreeMap::new(),
        };
        let query = TimelineQuery {
            account,
            device: self.device,
            collection: self.collection,
            from: self.from,
            until: self.until,
            kinds: self.kinds,
            correlation_id: self.request.map(CorrelationId),
            after: self.after.map(Position),
            limit: Some(self.limit),
            newest: true,
        };
        let mut entries = query.run(&*node.view_store()).await?;
        if query.account.is_some() && query.device.is_some() {
            // Entries of the Device Control List are about a device, whoever uses it.
            let global = TimelineQuery { account: None, ..query };
            entries.extend(global.run(&*node.view_store()).await?);
            entries.sort_by_key(|entry| entry.position);
            let surplus = entries.len().saturating_sub(self.limit);
            entries.drain(..surplus);
        }
        if json {
            return output::value(&entries.iter().map(as_json).collect::<Vec<_>>());
        }
        output::rows(
            false,
            ["POSITION", "TIME", "ACTOR", "DEVICE", "FOLDER", "EVENT", "DETAILS"],
            &entries,
            |entry| {
                [
                    entry.position.to_string(),
                    entry.at.to_string(),
                    entry.actor.to_string(),
                    entry.device.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                    entry.collection.map_or_else(|| "-".to_owned(), |id| collection_name(&names, id)),
                    entry.kind.clone(),
                    if entry.understood {
                        [place(entry), entry.summary()].concat()
                    } else {
                        "(written by a newer version)".to_owned()
                    },
                ]
            },
        )
    }

    fn check_kinds(&self) -> anyhow::Result<()> {
        let mut known: Vec<&str> = syncledger_domain::event::catalogue::STORED_EVENTS
            .iter()
            .flat_map(|(_, types)| types.iter().map(|event| event.name))
            .collect();
        known.sort_unstable();
        known.dedup();
        match self.kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
            Some(kind) => {
                let shown: String = kind.chars().take(80).collect();
                let message = format!("kind '{shown}' is not known: allowed are {}", known.join(", "));
                Err(Refused::new(codes::INVALID_VALUE, message).into())
            }
            None => Ok(()),
        }
    }
}

/// Which domain or class of service an event is about: what it says itself leaves that to its stream.
fn place(entry: &TimelineEntry) -> String {
    match entry.stream.category() {
        StreamCategory::Domain(name) => format!("domain={name} "),
        StreamCategory::Cos(name) => format!("cos={name} "),
        _ => String::new(),
    }
}

fn as_json(entry: &TimelineEntry) -> serde_json::Value {
    let details: serde_json::Map<String, serde_json::Value> =
        entry.fields.iter().map(|field| (field.name.clone(), field.value.clone().into())).collect();
    serde_json::json!({
        "position": entry.position.0,
        "time": entry.at.to_string(),
        "stream": entry.stream.as_str(),
        "revision": entry.revision.0,
        "device": entry.device.as_ref().map(DeviceId::as_str),
        "collection": entry.collection.map(|id| id.to_string()),
        "event": entry.kind,
        "actor": entry.actor.to_string(),
        "request": entry.correlation_id.to_string(),
        "details": details,
        "understood": entry.understood,
    })
}

#[cfg(test)]
mod tests {
    use syncledger_commands::create_domain;
    use syncledger_domain::ids::DomainName;

    use crate::commands::workbench::{ALICE, Workbench};

    #[tokio::test]
    async fn what_was_changed_for_whom_is_on_each_line() {
        let bench = Workbench::new().await;
        let domain = DomainName::new("example.org").unwrap();
        create_domain::run(&bench.node.repository, &bench.issuer(), &domain).await.unwrap();
        for place in [&["--cos", "default"][..], &["--domain", "example.org"], &["--account", ALICE], &[]] {
            bench.call(&[&["config", "set", "easEnabled=true"], place].concat()).await.unwrap();
        }
        let text = bench.text(&["audit", "timeline", "global", "--kind", "attribute-set"]).await;
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("attribute-set")).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].contains("cos=default name=easEnabled"), "{text}");
        assert!(lines[1].contains("domain=example.org name=easEnabled"), "{text}");
        assert!(!lines[2].contains("domain=") && !lines[2].contains("cos="), "{text}");
    }
}
