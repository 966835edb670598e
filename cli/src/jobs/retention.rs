//! Removes devices nobody uses any more, as the attribute `mobileStateRetention` says: at an hour of every so many days,
//! counted since 1970, on one node.
//!
//! The notice that a run has begun is the claim on it: the log lets one node raise it. A node that was stopped in the midst
//! of its run goes on with it when it is back within the hour; whatever is left then goes with the next run. A run nobody
//! was there for is left out: whoever sets the attribute in the afternoon does not want it to have been set in the morning.

use std::time::Duration;

use anyhow::bail;
use syncledger_commands::{Purged, purge_devices, raise_notice};
use syncledger_domain::{
    config::{Retention, registry::RETENTION},
    device::purge::{self, Candidate, LastUse, Owner},
    event::Timestamp,
    notices::Severity,
    services::Service,
};
use syncledger_projections::{PolicySnapshot, devices};

use super::{
    Context, PATIENCE, global,
    run::{Job, Wait, between},
};

/// How late a run may begin.
const WINDOW: Duration = Duration::from_hours(1);
const DAY: i64 = 86_400;

/// The job.
pub(super) struct Purge;

impl Job for Purge {
    const NAME: &'static str = "retention";

    async fn round(&mut self, context: &Context) -> anyhow::Result<Wait> {
        let snapshot = context.services.policy.current();
        let schedule = global(&snapshot).read(&RETENTION).parse::<Retention>().ok();
        let runs = context.services.runs(&snapshot, Service::Module);
        let Some(schedule) = schedule.filter(|_| runs) else { return Ok(Wait::change()) };
        let now = context.now();
        let (last, next) = due(now, schedule);
        if between(last, now) < WINDOW && claimed(context, &snapshot, last, schedule).await? {
            run(context, last, schedule).await?;
        }
        Ok(Wait::change_within(between(context.now(), next)))
    }
}

/// The last run that is due by now, and the next one.
fn due(now: Timestamp, schedule: Retention) -> (Timestamp, Timestamp) {
    let (every, hour) = (i64::from(schedule.every_days) * DAY, i64::from(schedule.hour) * 3600);
    let last = (now.seconds() - hour).div_euclid(every) * every + hour;
    (Timestamp::from_seconds(last), Timestamp::from_seconds(last + every))
}

fn subject(due: Timestamp, what: &str) -> String {
    format!("purge of unused devices due {due} {what}")
}

/// Whether the run is this node's to do: nobody has begun it, or this node has and did not come to its end.
async fn claimed(
    context: &Context,
    snapshot: &PolicySnapshot,
    due: Timestamp,
    schedule: Retention,
) -> anyhow::Result<bool> {
    let (begun, finished) = (subject(due, "begun"), subject(due, "finished"));
    let raised = |subject: &str| snapshot.notices().recent.iter().rfind(|notice| notice.subject == subject);
    if raised(&finished).is_some() {
        return Ok(false);
    }
    let node = Some(&context.services.node);
    if let Some(claim) = raised(&begun) {
        return Ok(claim.node.as_ref() == node);
    }
    let text = format!(
        "Devices not used for {} days are removed (mobileStateRetention is {schedule}).",
        schedule.days
    );
    let (repository, issuer) = (context.repository(), context.issuer(Purge::NAME));
    let severity = Severity::Information;
    let claim = raise_notice::run_once(repository, &issuer, severity, node, &begun, &text).await?;
    Ok(claim.appended.is_some())
}

async fn run(context: &Context, due: Timestamp, schedule: Retention) -> anyhow::Result<()> {
    let candidates = candidates(context, schedule.days).await?;
    let (repository, issuer) = (context.repository(), context.issuer(Purge::NAME));
    let purged = purge_devices::run(repository, &issuer, candidates, false, &mut |_| ()).await?;
    let node = Some(&context.services.node);
    let (subject, text) = (subject(due, "finished"), told(&purged, schedule));
    raise_notice::run_once(repository, &issuer, Severity::Information, node, &subject, &text).await?;
    tracing::info!(
        removed.active = purged.of_active_accounts(),
        removed.others = purged.of_other_accounts(),
        kept = purged.kept.len(),
        "unused devices removed"
    );
    Ok(())
}

fn told(purged: &Purged, schedule: Retention) -> String {
    format!(
        "Devices not used for {} days: {} of active accounts and {} of others were removed; {} were kept because they came \
         back or are under an order.",
        schedule.days,
        purged.of_active_accounts(),
        purged.of_other_accounts(),
        purged.kept.len()
    )
}

/// As the views have them. They are read before the accounts, so that no account is taken for gone that is only new.
async fn candidates(context: &Context, days: u32) -> anyhow::Result<Vec<Candidate>> {
    let rows = devices::list(&*context.views, None).await?;
    let head = context.repository().log().head().await?;
    let policy = &context.services.policy;
    if !policy.wait_for(head, PATIENCE).await {
        bail!("the policy snapshot does not keep up with the log");
    }
    let snapshot = policy.current();
    let known = rows.into_iter().map(|row| LastUse {
        owner: match snapshot.account(row.account) {
            Some(account) if account.disabled.is_none() => Owner::Active,
            Some(_) => Owner::Disabled,
            None => Owner::Gone,
        },
        account: row.account,
        last_used: row.last_seen,
        barrier: row.standing.barrier(),
        device: row.id,
    });
    Ok(purge::candidates(known, context.now(), days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_due_at_the_hour_of_every_so_many_days() {
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        // 2026-11-22 is day 20779 since 1970.
        for (schedule, now, last, next) in [
            ("90:1:3", "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z", "2026-11-23T03:00:00Z"),
            ("90:1:3", "2026-11-22T02:59:59Z", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"),
            ("90:1:0", "2026-11-22T00:00:01Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("90:2:23", "2026-11-22T23:30:00Z", "2026-11-21T23:00:00Z", "2026-11-23T23:00:00Z"),
            ("90:365:0", "1970-06-01T00:00:00Z", "1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z"),
        ] {
            let found = due(at(now), schedule.parse().unwrap());
            assert_eq!(found, (at(last), at(next)), "{schedule} at {now}");
        }
    }
}
