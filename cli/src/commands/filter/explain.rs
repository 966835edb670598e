//! `filter explain`: what each filter does to the versions an account is offered.

use clap::Args;
use syncledger_domain::{
    config::registry::EAS_VERSIONS,
    eas_filter::{self, Client, Filters, Pool},
    ids::DeviceId,
};

use super::list;
use crate::{
    commands::{account, device, places::Places},
    node::Node,
    output::{self, say},
};

/// `filter explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Address or id of the account.
    account: String,
    /// A device of the account, whose header User-Agent counts.
    device: Option<DeviceId>,
    /// The header User-Agent to ask for, instead of the device's.
    #[arg(long, value_name = "UA", allow_hyphen_values = true)]
    user_agent: Option<String>,
}

/// What was found.
pub(super) struct Explained {
    object: serde_json::Value,
}

impl Explain {
    pub(super) async fn run(self, node: &Node) -> anyhow::Result<Explained> {
        let account = account::find_row(node, &self.account).await?;
        let id = account.id;
        let device = match &self.device {
            Some(name) => Some(device::known(node, id, &self.account, name).await?),
            None => None,
        };
        let of_device = device.as_ref().map(|device| device.user_agent.clone());
        let user_agent = self.user_agent.or(of_device).unwrap_or_default();
        let speaks = device.as_ref().and_then(|device| device.protocol_version);
        let start = Places::of_account(node, &account).await?.scopes().versions(&EAS_VERSIONS);
        let filters = list::load(node).await?;
        let domain = account.address.domain();
        let client =
            Client { user_agent: &user_agent, account: id, address: &account.address, domain: &domain };
        let pool = eas_filter::pool(&filters.list, &start, &client);
        let object = serde_json::json!({
            "account": id.to_string(),
            "address": account.address.as_str(),
            "device": device.as_ref().map(|device| device.id.as_str()),
            "user_agent": user_agent,
            "start": list::texts(&start),
            "steps": steps(&filters, &pool),
            "offered": list::texts(&pool.versions),
            "emptied_by": pool.emptied_by().map(|step| step.uid.to_string()),
            "speaks": speaks.map(|version| version.to_string()),
            "served": speaks.map(|version| pool.versions.contains(&version)),
        });
        Ok(Explained { object })
    }
}

/// Every filter: those that did something, those that did not match, and those behind the end of the run.
fn steps(filters: &Filters, pool: &Pool) -> Vec<serde_json::Value> {
    let end = pool.steps.iter().find(|step| step.stopped).map(|step| step.position);
    let of_filter = |(position, filter)| {
        let mut row = list::row(position, filter);
        let step = pool.steps.iter().find(|step| step.position == position);
        let result = match step {
            Some(step) if step.stopped => "matches, ends the run",
            Some(_) => "matches",
            None if end.is_some_and(|end| position > end) => "not asked",
            None => "does not match",
        };
        row["result"] = result.into();
        row["pool"] = step.map(|step| list::texts(&step.pool)).into();
        row
    };
    filters.list.iter().enumerate().map(of_filter).collect()
}

impl Explained {
    pub(super) fn print(self, json: bool) -> anyhow::Result<()> {
        let object = &self.object;
        if json {
            return output::value(object);
        }
        let cell = |name: &str| list::cell(&object[name]);
        say!("{}, User-Agent '{}'", cell("address"), cell("user_agent"));
        say!("{:<10} {}", "start", cell("start"));
        let steps = object["steps"].as_array().map_or(&[][..], Vec::as_slice);
        output::rows(
            false,
            ["POSITION", "UID", "MODE", "RULE", "VERSIONS", "RESULT", "POOL"],
            steps,
            |step| {
                ["position", "uid", "mode", "rule", "versions", "result", "pool"]
                    .map(|name| list::cell(&step[name]))
            },
        )?;
        say!("{:<10} {}", "offered", cell("offered"));
        if let Some(uid) = object["emptied_by"].as_str() {
            say!("no version is left after {uid}: the client is refused");
        } else if object["offered"].as_array().is_some_and(Vec::is_empty) {
            say!(
                "no version is on offer to the account, whatever the filters: see attribute {}",
                EAS_VERSIONS.name
            );
        }
        if let (Some(version), Some(served)) = (object["speaks"].as_str(), object["served"].as_bool()) {
            let so = if served { "is served" } else { "is refused until it asks for the versions again" };
            say!("the device speaks {version} and {so}");
        }
        Ok(())
    }
}
