//! The mail about devices that came into quarantine: at each tick about those that nobody was told of yet.
//!
//! Ticks are multiples of the interval since 1970, so that all nodes and all their restarts have the same. At a tick a mail
//! tells of the devices judged before it, from where the last mail ended; the log lets one node write it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use syncledger_commands::admin_mail;
use syncledger_domain::{
    abq::{self, Decision, Pair},
    config::{
        Scopes,
        registry::{ABQ_FAIL_CLOSED, ABQ_MODE, ABQ_NOTIFICATIONS_INTERVAL},
    },
    event::{Position, Timestamp},
    ids::DeviceId,
    notices::{MailDraft, Topic},
    services::Service,
};
use syncledger_projections::{
    PolicySnapshot, devices,
    policy_snapshot::{AccountPolicy, DevicePolicy},
    standing::Judged,
};

use super::{
    Context, global,
    letter::{clean, quoted},
    run::{Job, Wait, between},
};

/// Most devices a mail tells of one by one.
const MOST_LISTED: usize = 200;

/// The job.
#[derive(Default)]
pub(super) struct Digest {
    /// Interval and tick that are done with.
    done: Option<(u32, Timestamp)>,
}

impl Job for Digest {
    const NAME: &'static str = "digest";

    async fn round(&mut self, context: &Context) -> anyhow::Result<Wait> {
        let services = &context.services;
        let snapshot = services.policy.current();
        let attribute = global(&snapshot).number(&ABQ_NOTIFICATIONS_INTERVAL);
        let interval =
            abq::notification_interval(attribute).filter(|_| services.runs(&snapshot, Service::Abq));
        let Some(interval) = interval else { return Ok(Wait::change()) };
        let now = context.now();
        let tick = tick(now, interval);
        let next = Timestamp(tick.0.saturating_add(i64::from(interval) * 1000));
        let wait = Wait::change_within(between(now, next));
        if self.done == Some((interval, tick)) {
            return Ok(wait);
        }
        // One that cannot leave is not followed by more of them: the next tells of all there is then.
        let waits = snapshot.notices().outbox.values().any(|mail| mail.topic == Topic::Quarantine);
        if !waits {
            tell(context, &snapshot, tick).await?;
            self.done = Some((interval, tick));
        }
        Ok(wait)
    }
}

/// The last tick.
fn tick(now: Timestamp, interval_ms: u32) -> Timestamp {
    let interval = i64::from(interval_ms) * 1000;
    Timestamp(now.0.div_euclid(interval) * interval)
}

/// Who is in quarantine, with what device.
struct Waiting<'a> {
    account: &'a AccountPolicy,
    device: &'a DevicePolicy,
    judged: &'a Judged,
}

async fn tell(context: &Context, snapshot: &PolicySnapshot, tick: Timestamp) -> anyhow::Result<()> {
    let told = snapshot.notices().told(Topic::Quarantine);
    let due = due(snapshot, told, tick);
    let Some(up_to) = due.iter().map(|waiting| waiting.judged.position).max() else { return Ok(()) };
    let now = context.now();
    let open: Vec<_> = due.into_iter().filter(|waiting| is_open(snapshot, waiting, now)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let recipients = context.recipients(snapshot);
    if recipients.is_empty() {
        anyhow::bail!("there is nobody to tell of devices in quarantine: set notificationRecipients");
    }
    let (subject, body) = text(context, &open).await;
    let draft = MailDraft { topic: Topic::Quarantine, after: told, up_to, recipients, subject, body };
    let issuer = context.issuer(Digest::NAME);
    let done = admin_mail::prepare(context.repository(), &issuer, &draft, &context.services.node).await?;
    if done.appended.is_some() {
        context.wrote(done.state.last_number);
    }
    Ok(())
}

/// Those nobody was told of that were judged before the tick. Clocks of nodes differ: none is told of before another that
/// stands earlier in the log, or the other would be passed over.
fn due(snapshot: &PolicySnapshot, told: Position, tick: Timestamp) -> Vec<Waiting<'_>> {
    let quarantine = Decision::Quarantine.to_string();
    let untold: Vec<Waiting<'_>> = snapshot
        .devices()
        .filter_map(|(account, device)| {
            let judged = device.standing.access.as_ref()?;
            let untold = judged.position > told && judged.verdict.verdict == quarantine;
            let account = snapshot.account(account).filter(|_| untold)?;
            Some(Waiting { account, device, judged })
        })
        .collect();
    let later = untold.iter().filter(|waiting| waiting.judged.since >= tick);
    let horizon = later.map(|waiting| waiting.judged.position).min();
    let before = |waiting: &Waiting<'_>| horizon.is_none_or(|horizon| waiting.judged.position < horizon);
    untold.into_iter().filter(before).collect()
}

/// Whether there is still something to decide: devices learn what was decided when they come the next time.
fn is_open(snapshot: &PolicySnapshot, waiting: &Waiting<'_>, now: Timestamp) -> bool {
    let Waiting { account, device, .. } = waiting;
    let domain = account.address.domain();
    let scopes = Scopes {
        account: Some(&account.attributes),
        cos: snapshot.cos(&account.cos),
        domain: snapshot.domain(&domain),
        global: Some(snapshot.config()),
    };
    let policy = abq::Policy {
        list: &snapshot.abq().state.list,
        rules: snapshot.rules(),
        running: true,
        fail_closed: scopes.flag(&ABQ_FAIL_CLOSED),
    };
    let pair = Pair { device: &device.shown(), account: account.id, domain: &domain };
    abq::verdict(&policy, scopes.read(&ABQ_MODE), &pair, now).decision == Decision::Quarantine
}

/// Subject and text.
async fn text(context: &Context, open: &[Waiting<'_>]) -> (String, String) {
    let mut devices: BTreeMap<&DeviceId, Vec<&Waiting<'_>>> = BTreeMap::new();
    for waiting in open {
        devices.entry(&waiting.device.id).or_default().push(waiting);
    }
    let count = devices.len();
    let subject = match count {
        1 => "1 device waits in quarantine".to_owned(),
        _ => format!("{count} devices wait in quarantine"),
    };
    let mut body = String::from(
        "These devices came into quarantine since the last mail about it. They get no mail until\nsomebody decides about them.\n",
    );
    for (id, of_device) in devices.iter().take(MOST_LISTED) {
        paragraph(context, &mut body, id, of_device).await;
    }
    if count > MOST_LISTED {
        let _ = write!(
            body,
            "\n{} more are not listed here. All of them: syncledger abq list --status Quarantined\n",
            count - MOST_LISTED
        );
    }
    (subject, body)
}

async fn paragraph(context: &Context, body: &mut String, id: &DeviceId, of_device: &[&Waiting<'_>]) {
    let Some(first) = of_device.first() else { return };
    let shown = first.device.shown();
    let _ = write!(
        body,
        "\nDevice:  {shown}\nType:    {}\nAgent:   {}\n",
        clean(first.device.device_type.as_str()),
        clean(&first.device.user_agent)
    );
    for Waiting { account, judged, .. } in of_device {
        // What the view does not know yet came when it was judged.
        let row = devices::device(&*context.views, account.id, id).await.ok().flatten();
        let first_seen = row.map_or(judged.since, |row| row.first_seen);
        let _ = writeln!(
            body,
            "Account: {}, first seen {first_seen}, in quarantine since {}",
            account.address, judged.since
        );
    }
    let dashes = if shown.as_str().starts_with('-') { "-- " } else { "" };
    for verb in ["allow", "block"] {
        let _ = writeln!(body, "  syncledger abq {verb} {dashes}{shown}");
        for Waiting { account, .. } in of_device {
            let account = quoted(account.address.as_str());
            let _ = writeln!(body, "  syncledger abq {verb} --account={account} {dashes}{shown}");
        }
    }
}
