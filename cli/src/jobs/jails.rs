//! The mail, and the notice, about devices that asked too often: soon after the first, and one a minute at most however
//! many there are.

use std::{fmt::Write as _, time::Duration};

use syncledger_commands::tell_administrators;
use syncledger_domain::{
    event::{Position, Timestamp},
    notices::{MailDraft, Severity, Topic},
};
use syncledger_projections::{
    PolicySnapshot,
    policy_snapshot::{AccountPolicy, DevicePolicy},
    standing::Jail,
};

use super::{
    Context,
    letter::{clean, quoted},
    outbox::History,
    run::{Job, Wait, between},
};

/// What is jailed so soon after the first comes into the same mail.
const GATHERED: Duration = Duration::from_secs(5);
/// Seconds between two mails.
const SPACING: i64 = 60;
/// Most devices a mail tells of one by one.
const MOST_LISTED: usize = 200;

/// The job.
#[derive(Default)]
pub(super) struct Jails {
    history: History,
}

impl Job for Jails {
    const NAME: &'static str = "jails";

    async fn round(&mut self, context: &Context) -> anyhow::Result<Wait> {
        let snapshot = context.services.policy.current();
        let told = snapshot.notices().told(Topic::Jails);
        let jailed = jailed(&snapshot, told);
        let Some(first) = jailed.iter().map(|jailed| jailed.jail.since).min() else {
            // All devices are gone through, which is not to be done with each event of a busy log.
            return Ok(Wait::change_after(GATHERED));
        };
        if snapshot.notices().outbox.values().any(|mail| mail.topic == Topic::Jails) {
            return Ok(Wait::change_after(GATHERED));
        }
        let now = context.now();
        self.history.advance(context.repository()).await?;
        let last = self.history.last(Topic::Jails);
        let spaced = last.map_or(Duration::ZERO, |last| between(now, last.plus_seconds(SPACING)));
        // A clock that was wrong once must not silence this.
        let spaced = spaced.min(Duration::from_secs(SPACING.unsigned_abs()));
        let wait = spaced.max(GATHERED.saturating_sub(between(first, now)));
        if wait > Duration::ZERO {
            return Ok(Wait::just(wait));
        }
        tell(context, &snapshot, told, &jailed).await?;
        Ok(Wait::change_after(GATHERED))
    }
}

struct Jailed<'a> {
    account: &'a AccountPolicy,
    device: &'a DevicePolicy,
    jail: &'a Jail,
}

/// The devices that were jailed since the last mail and were not let out.
fn jailed(snapshot: &PolicySnapshot, told: Position) -> Vec<Jailed<'_>> {
    let jailed = snapshot.devices().filter_map(|(account, device)| {
        let jail = device.standing.jail.as_ref().filter(|jail| jail.position > told)?;
        Some(Jailed { account: snapshot.account(account)?, device, jail })
    });
    let mut jailed: Vec<_> = jailed.collect();
    jailed.sort_by_key(|jailed| jailed.jail.position);
    jailed
}

async fn tell(
    context: &Context,
    snapshot: &PolicySnapshot,
    told: Position,
    jailed: &[Jailed<'_>],
) -> anyhow::Result<()> {
    let recipients = context.recipients(snapshot);
    if recipients.is_empty() {
        anyhow::bail!("there is nobody to tell of devices in jail: set notificationRecipients");
    }
    let Some(up_to) = jailed.last().map(|jailed| jailed.jail.position) else { return Ok(()) };
    let (subject, body) = text(jailed, context.now());
    let draft = MailDraft { topic: Topic::Jails, after: told, up_to, recipients, subject, body };
    let issuer = context.issuer(Jails::NAME);
    let (repository, node) = (context.repository(), &context.services.node);
    let done = tell_administrators::run(repository, &issuer, &draft, Severity::Warning, node).await?;
    if done.appended.is_some() {
        context.wrote(done.state.last_number);
    }
    Ok(())
}

/// Subject and text.
fn text(jailed: &[Jailed<'_>], now: Timestamp) -> (String, String) {
    let subject = match jailed.len() {
        1 => "1 device asked too often and is dropped for a while".to_owned(),
        count => format!("{count} devices asked too often and are dropped for a while"),
    };
    let mut body = String::new();
    for Jailed { account, device, jail } in jailed.iter().take(MOST_LISTED) {
        let (shown, evidence) = (device.shown(), jail.jailed.evidence);
        let over = if jail.jailed.until <= now { " (over)" } else { "" };
        let _ = write!(
            body,
            "Device:  {shown}\nAccount: {}\nType:    {}\nAgent:   {}\nWhy:     {} requests within {} ms; so many within {} ms are too many\n\
             Jail:    from {} until {}{over}\n",
            account.address,
            clean(device.device_type.as_str()),
            clean(&device.user_agent),
            evidence.requests,
            evidence.span_ms,
            evidence.window_ms,
            jail.since,
            jail.jailed.until,
        );
        let dashes = if shown.as_str().starts_with('-') { "-- " } else { "" };
        let account = quoted(account.address.as_str());
        let _ = writeln!(body, "  syncledger jail release {dashes}{account} {shown}\n");
    }
    if jailed.len() > MOST_LISTED {
        let more = jailed.len() - MOST_LISTED;
        let _ = writeln!(body, "{more} more are not listed here. All of them: syncledger jail list");
    }
    (subject, body)
}
