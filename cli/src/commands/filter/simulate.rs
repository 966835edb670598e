//! `filter simulate`: whom another list of filters would offer other versions. Nothing is appended.

use clap::{ArgGroup, Args};
use syncledger_domain::{
    Aggregate as _,
    config::registry::EAS_VERSIONS,
    eas_filter::{self, FilterRef, Filters, FiltersEvent},
    ids::ProtocolVersion,
};
use syncledger_projections::{
    devices::{self, DeviceRow},
    directory::AccountRow,
};

use super::{draft, list};
use crate::{
    commands::places::Everyone,
    node::Node,
    output::{self, say},
};

/// `filter simulate`
///
/// Proposes a list (the present one, or a preset, without what is deleted, and then with what is added) and runs every known
/// device through it, with the header User-Agent and the version it is known by.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("proposal").required(true).multiple(true).args(["add", "delete", "preset"])))]
pub(crate) struct Simulate {
    /// A filter to add: type, parameter, mode and versions in one argument, with `blocking` and `position N` behind them if
    /// wanted.
    #[arg(long, value_name = "FILTER")]
    add: Vec<String>,
    /// A filter to delete, by its present position or its uid.
    #[arg(long, value_name = "ID", conflicts_with = "preset")]
    delete: Vec<String>,
    /// A preset to begin with, in place of the present list.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
}

/// What would change.
pub(super) struct Simulated {
    object: serde_json::Value,
    warnings: Vec<String>,
}

impl Simulate {
    pub(super) async fn run(self, node: &Node) -> anyhow::Result<Simulated> {
        let current = list::load(node).await?;
        let proposed = self.proposed(&current)?;
        let everyone = Everyone::read(node).await?;
        let views = node.view_store();
        let (mut devices, mut changed, mut losing) = (0_u64, Vec::new(), 0_u64);
        for device in devices::list(&*views, None).await? {
            // Devices of an account that was removed cannot log in.
            let account = everyone.account(device.account).filter(|row| row.removed_at.is_none());
            let Some(account) = account else { continue };
            devices += 1;
            let scopes = everyone.scopes(account);
            let start = scopes.versions(&EAS_VERSIONS);
            let before = list::offered(&start, account, &device, &current);
            let after = list::offered(&start, account, &device, &proposed);
            if before != after {
                let loses = loses(device.protocol_version, &before, &after);
                losing += u64::from(loses);
                changed.push(row(account, &device, &before, &after, loses));
            }
        }
        let object = serde_json::json!({
            "devices": devices,
            "changed": changed,
            "losing": losing,
            "filters": list::rows(&proposed),
        });
        Ok(Simulated { object, warnings: list::concerns(node, &proposed.list).await? })
    }

    fn proposed(&self, current: &Filters) -> anyhow::Result<Filters> {
        let mut proposed = current.clone();
        if let Some(name) = &self.preset {
            let events = eas_filter::apply_preset(&proposed, draft::preset(name)?)?;
            take(&mut proposed, &events);
        }
        // Positions are those of the list as it is, whatever is deleted before.
        let doomed = self.delete.iter().map(|text| draft::reference(text).map(|name| current.pinned(name)));
        for name in doomed.collect::<Result<Vec<FilterRef>, _>>()? {
            let events = eas_filter::delete(&proposed, name)?;
            take(&mut proposed, &events);
        }
        for text in &self.add {
            let (draft, position) = draft::in_one_text(text)?;
            let events = eas_filter::add(&proposed, &draft, position)?;
            take(&mut proposed, &events);
        }
        Ok(proposed)
    }
}

fn take(filters: &mut Filters, events: &[FiltersEvent]) {
    for event in events {
        filters.evolve(event);
    }
}

/// Whether a device is shut out with the version it speaks, and was not before.
fn loses(speaks: Option<ProtocolVersion>, before: &[ProtocolVersion], after: &[ProtocolVersion]) -> bool {
    speaks.is_some_and(|version| before.contains(&version) && !after.contains(&version))
}

fn row(
    account: &AccountRow,
    device: &DeviceRow,
    before: &[ProtocolVersion],
    after: &[ProtocolVersion],
    loses: bool,
) -> serde_json::Value {
    serde_json::json!({
        "address": account.address.as_str(),
        "account": account.id.to_string(),
        "device": device.id.as_str(),
        "shown": device.shown(),
        "user_agent": device.user_agent,
        "speaks": device.protocol_version.map(|version| version.to_string()),
        "before": list::texts(before),
        "after": list::texts(after),
        "loses": loses,
        "refused": after.is_empty(),
    })
}

impl Simulated {
    pub(super) fn print(mut self, json: bool) -> anyhow::Result<()> {
        if json {
            self.object["warnings"] = self.warnings.into();
            return output::value(&self.object);
        }
        let changed = self.object["changed"].as_array().map_or(&[][..], Vec::as_slice);
        if !changed.is_empty() {
            let headings = ["ACCOUNT", "DEVICE", "USER AGENT", "SPEAKS", "BEFORE", "AFTER", "LOSES IT"];
            output::rows(false, headings, changed, |row| {
                ["address", "shown", "user_agent", "speaks", "before", "after", "loses"]
                    .map(|name| list::cell(&row[name]))
            })?;
        }
        say!(
            "of {} devices {} would be offered other versions, {} would lose the version they speak; nothing has been changed",
            self.object["devices"],
            changed.len(),
            self.object["losing"]
        );
        list::print_concerns(&self.warnings);
        Ok(())
    }
}
