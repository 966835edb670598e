//! `device purge`: devices nobody uses any more go, with their sync states.

use clap::Args;
use syncledger_commands::{Purged, purge_devices};
use syncledger_domain::{
    codes,
    device::purge::{self, Candidate, DEFAULT_DAYS, LastUse, Owner},
    ids::AccountId,
};
use syncledger_projections::{devices, directory::AccountRow};

use crate::{
    commands::places::Everyone,
    node::Node,
    output::{self, say},
    progress,
    refusal::Refused,
};

/// Most days without use.
const MAX_DAYS: u32 = 36_500;

/// `device purge`
///
/// A device that is suspended or ordered to erase itself stays, unless its account is gone.
#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// Days without use after which a device goes, 1 to 36500.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DAYS.to_string(), allow_negative_numbers = true)]
    days: String,
    /// Tell which devices would go; nothing is changed.
    #[arg(long)]
    dry_run: bool,
}

impl Purge {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        let days = days(&self.days)?;
        let candidates = candidates(node, days).await?;
        let bar = progress::bar(json, "devices");
        bar.set_length(candidates.len() as u64);
        let mut step = |_: &Candidate| bar.inc(1);
        let purged =
            purge_devices::run(&node.repository, &node.admin(), candidates, self.dry_run, &mut step).await;
        bar.finish_and_clear();
        self.told(json, days, &purged?)
    }

    fn told(&self, json: bool, days: u32, purged: &Purged) -> anyhow::Result<()> {
        let (active, other) = (purged.of_active_accounts(), purged.of_other_accounts());
        let rows: Vec<_> = purged.removed.iter().map(row).collect();
        let what = if self.dry_run { "would go" } else { "removed" };
        let sentence = format!(
            "devices not used for {days} days {what}: {active} of active accounts, {other} of others; kept because they came back or are under an order: {}",
            purged.kept.len()
        );
        if !json {
            output::rows(false, ["ACCOUNT", "DEVICE", "LAST USED", "ACCOUNT IS"], &rows, |row| {
                ["account", "device", "last_used", "owner"]
                    .map(|name| row[name].as_str().unwrap_or_default().to_owned())
            })?;
            say!("{sentence}");
            return Ok(());
        }
        output::done(
            json,
            &sentence,
            serde_json::json!({
                "checkNonActiveAccountDays": days,
                "deletedSyncRecordsOfActiveAccounts": active,
                "deletedSyncRecordsOfNonActiveAccounts": other,
                "dry_run": self.dry_run,
                "devices": rows,
                "kept": purged.kept.iter().map(row).collect::<Vec<_>>(),
            }),
        )
    }
}

fn days(text: &str) -> Result<u32, Refused> {
    let allowed = text.trim().parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    allowed.ok_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        let message =
            format!("--days '{shown}' is not valid: allowed is a whole number from 1 to {MAX_DAYS}");
        Refused::new(codes::INVALID_VALUE, message)
    })
}

async fn candidates(node: &Node, days: u32) -> anyhow::Result<Vec<Candidate>> {
    let views = node.view_store();
    let everyone = Everyone::read(node).await?;
    let owner = |id: AccountId| match everyone.account(id) {
        Some(AccountRow { removed_at: None, disabled: None, .. }) => Owner::Active,
        Some(AccountRow { removed_at: None, .. }) => Owner::Disabled,
        Some(_) | None => Owner::Gone,
    };
    let known = devices::list(&*views, None).await?.into_iter().map(|row| LastUse {
        owner: owner(row.account),
        account: row.account,
        device: row.id,
        last_used: row.last_seen,
        barrier: row.standing.barrier(),
    });
    Ok(purge::candidates(known, node.repository.clock().now(), days))
}

fn row(candidate: &Candidate) -> serde_json::Value {
    serde_json::json!({
        "account": candidate.account.to_string(),
        "device": candidate.device.as_str(),
        "last_used": candidate.last_used.to_string(),
        "owner": match candidate.owner {
            Owner::Active => "active",
            Owner::Disabled => "disabled",
            Owner::Gone => "gone",
        },
    })
}
