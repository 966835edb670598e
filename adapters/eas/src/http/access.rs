//! Allow, block, quarantine: which world a device is led into, and what is recorded when that changes.
//!
//! The verdict is computed anew for each request from the policy snapshot. What was recorded last stands in the device's
//! stream; where the two differ, the device's sync states are dropped before the new verdict is recorded, so that it
//! starts anew with what it is shown now, and only then. Whichever node sees the device first does so.

use std::{sync::Arc, time::Duration};

use syncledger_commands::{
    CommandError, Issuer, KeyedLocks, Loaded, abq_quarantine, judge_access, mark_dummy_message,
    reset_sync_state,
};
use syncledger_domain::{
    abq::{self, Decision, Pair, Policy, SideEffect, Verdict},
    abq_messages::{self, MessageKind},
    config::registry::{ABQ_FAIL_CLOSED, ABQ_MODE, LOCALE},
    device::{Device, Refusal},
    event::{Position, StreamId, Timestamp},
    ids::{AccountId, DeviceId, ShownDeviceId},
    ports::mailbox::MailboxError,
};
use syncledger_projections::{
    PolicySnapshot,
    policy_snapshot::{AccountPolicy, DevicePolicy},
};

use super::{device_failure, gates};
use crate::{
    answer::{CommonStatus, Failure},
    context::{Context, World},
    dummy::{self, Notice, RemembersNotice},
    services::Services,
};

/// How long to wait for the snapshot to show what was recorded.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is being recorded now.
#[derive(Default)]
pub(super) struct Recording {
    /// Devices whose access is, one request at a time.
    devices: KeyedLocks<(AccountId, DeviceId)>,
    /// An entry of the list: all devices share one stream, and may come all at once.
    list: tokio::sync::Mutex<()>,
}

/// How often a verdict is looked at again that another node overtook.
const ATTEMPTS: usize = 3;

/// Who asks, as verdicts see them.
pub(super) struct Asking<'a> {
    pub(super) account: AccountId,
    pub(super) device: &'a DeviceId,
    pub(super) shown: &'a ShownDeviceId,
}

/// The verdict of this moment. No I/O.
pub(crate) fn verdict(
    services: &Services,
    snapshot: &PolicySnapshot,
    account: &AccountPolicy,
    shown: &ShownDeviceId,
    now: Timestamp,
) -> Verdict {
    let scopes = gates::scopes(snapshot, account);
    let facts = services.facts(snapshot);
    let policy = Policy {
        list: &snapshot.abq().state.list,
        rules: snapshot.rules(),
        running: snapshot.services().judges(facts),
        fail_closed: scopes.flag(&ABQ_FAIL_CLOSED),
    };
    let domain = account.address.domain();
    let pair = Pair { device: shown, account: account.id, domain: &domain };
    abq::verdict(&policy, scopes.read(&ABQ_MODE), &pair, now)
}

/// The world a decision leads into.
pub(crate) fn world(decision: Decision) -> World {
    match decision {
        Decision::Allow => World::Real,
        Decision::Block | Decision::Quarantine => World::Dummy,
    }
}

/// Judges a registered device and records what changed. Gives the decision.
///
/// # Errors
/// When the log cannot be read or written. Of a device that only tests the connection nothing is recorded.
pub(super) async fn judge(
    services: &Services,
    recording: &Recording,
    issuer: &Issuer,
    asking: &Asking<'_>,
) -> Result<Decision, Failure> {
    let now = services.repository.clock().now();
    let settled = |snapshot: &PolicySnapshot| -> Result<Result<Decision, Verdict>, Failure> {
        let account = account(snapshot, asking)?;
        let verdict = verdict(services, snapshot, account, asking.shown, now);
        let known = snapshot.device(asking.account, asking.device);
        let settled = verdict.side_effect != SideEffect::QuarantineEntry
            && recorded(known) == verdict.decision.to_string();
        Ok(if settled { Ok(verdict.decision) } else { Err(verdict) })
    };
    if asking.device.is_connection_test() {
        // Who sets an account up tests it by this id first, and must get through to be judged at all.
        let snapshot = services.policy.current();
        return Ok(verdict(services, &snapshot, account(&snapshot, asking)?, asking.shown, now).decision);
    }
    if let Ok(decision) = settled(&services.policy.current())? {
        return Ok(decision);
    }
    let _alone = recording.devices.lock((asking.account, asking.device.clone())).await;
    for _ in 0..ATTEMPTS {
        match settled(&services.policy.current())? {
            Ok(decision) => return Ok(decision),
            Err(verdict) => {
                if record(services, recording, issuer, asking, &verdict).await? {
                    return Ok(verdict.decision);
                }
            }
        }
    }
    Err(Failure::retry_later("other nodes judge this device at the same time"))
}

/// What was recorded last; nothing is the same as allowed.
fn recorded(device: Option<&Arc<DevicePolicy>>) -> &str {
    device
        .and_then(|device| device.standing.access.as_ref())
        .map_or("allow", |access| &access.verdict.verdict)
}

/// Records a verdict, and what follows from it. `false` when the log knows of a later one than the snapshot the verdict was
/// made with: then it is to be made anew.
async fn record(
    services: &Services,
    recording: &Recording,
    issuer: &Issuer,
    asking: &Asking<'_>,
    verdict: &Verdict,
) -> Result<bool, Failure> {
    let repository = &services.repository;
    let Asking { account, device, shown } = *asking;
    for rule in &verdict.too_expensive {
        tracing::warn!(rule.scope = %rule.scope, rule.order, rule.regex = %rule.regex, "rule was given up on this device id");
    }
    let snapshot = services.policy.current();
    let mut position = Position::START;
    if verdict.side_effect == SideEffect::QuarantineEntry {
        let _alone = recording.list.lock().await;
        let current = services.policy.current();
        let list = current.abq();
        let base = Loaded { state: (*list.state).clone(), last: list.last };
        let entry = abq_quarantine::run(repository, issuer, base, shown, account).await?;
        position = entry.appended.map_or(position, |appended| appended.last_position);
        // Within the lock, so that the next one knows of it.
        shown_by(services, position).await?;
    }
    let before = recorded(snapshot.device(account, device)).to_owned();
    let after = verdict.decision.to_string();
    if before != after {
        let stream = StreamId::device(account, device);
        let loaded = repository.load::<Device>(&stream).await?;
        let in_log = loaded.state.access.as_ref().map_or("allow", |access| &access.verdict);
        if in_log != before {
            let head =
                repository.log().head().await.map_err(|error| Failure::retry_later(error.to_string()))?;
            return shown_by(services, head).await.map(|()| false);
        }
        let cause = format!("access changed from {before} to {after}");
        reset_sync_state::run(repository, issuer, account, device, &cause).await.map_err(device_failure)?;
        let why = why(services, &snapshot, asking, verdict);
        let judged = judge_access::run(repository, issuer, account, device, &after, &why)
            .await
            .map_err(device_failure)?;
        position = judged.appended.map_or(position, |appended| appended.last_position);
    }
    shown_by(services, position).await.map(|()| true)
}

async fn shown_by(services: &Services, position: Position) -> Result<(), Failure> {
    if services.policy.wait_for(position, PATIENCE).await {
        Ok(())
    } else {
        Err(Failure::retry_later("policy snapshot lags behind the verdict"))
    }
}

/// What decided, for people: the reason, and the mode with where it is set.
fn why(services: &Services, snapshot: &PolicySnapshot, asking: &Asking<'_>, verdict: &Verdict) -> String {
    let origin = snapshot.account(asking.account).map(|account| {
        let (_, origin) = gates::scopes(snapshot, account).resolve(&ABQ_MODE);
        format!(" ({origin})")
    });
    let node = &services.node;
    format!("{}; mode {}{}, node {node}", verdict.why, verdict.mode, origin.unwrap_or_default())
}

fn account<'a>(snapshot: &'a PolicySnapshot, asking: &Asking<'_>) -> Result<&'a Arc<AccountPolicy>, Failure> {
    let gone = || Failure::status(CommonStatus::AccountDisabled, "the account was removed");
    snapshot.account(asking.account).ok_or_else(gone)
}

/// Leads a request into its world.
pub(super) fn lead(context: Context, decision: Decision) -> Context {
    let context = Context { decision, ..context };
    match world(decision) {
        World::Real => context,
        World::Dummy => lead_astray(context, decision),
    }
}

/// Leads a request into the dummy world, where the device is told why.
fn lead_astray(context: Context, decision: Decision) -> Context {
    let snapshot = context.services.policy.current();
    let kind = match decision {
        Decision::Quarantine => MessageKind::Quarantined,
        Decision::Allow | Decision::Block => MessageKind::Blocked,
    };
    let domain = context.address.domain();
    let account = snapshot.account(context.account);
    let locale = account.map(|account| gates::scopes(&snapshot, account).read(&LOCALE));
    let locale = locale.and_then(|text| text.parse().ok());
    let administrator = context.services.administrator(&snapshot, &domain);
    let messages = snapshot.abq_messages();
    let message = abq_messages::resolve(messages, &domain, kind, locale.as_ref(), &administrator);
    let standing = snapshot.device(context.account, &context.device).map(|device| &device.standing);
    let access = standing.and_then(|standing| standing.access.as_ref());
    let marked = standing.map(|standing| standing.dummy_message).unwrap_or_default();
    let mailbox = dummy::mailbox(
        &Notice {
            message: &message,
            account: &context.address,
            device_id: context.shown.as_str(),
            device_type: context.device_type.as_str(),
            user_agent: &context.user_agent,
            since: access.map_or_else(|| context.services.repository.clock().now(), |access| access.since),
            read: marked.read,
            deleted: marked.deleted,
        },
        Arc::new(Remembers {
            services: Arc::clone(&context.services),
            issuer: context.issuer.clone(),
            account: context.account,
            device: context.device.clone(),
        }),
    );
    context.into_dummy_world(mailbox)
}

/// Records what the device does with its one message.
struct Remembers {
    services: Arc<Services>,
    issuer: Issuer,
    account: AccountId,
    device: DeviceId,
}

impl Remembers {
    async fn mark(&self, read: Option<bool>, deleted: bool) -> Result<(), MailboxError> {
        let repository = &self.services.repository;
        let marked =
            mark_dummy_message::run(repository, &self.issuer, self.account, &self.device, read, deleted)
                .await;
        let marked = match marked {
            // A device that only tests the connection leaves no trace.
            Err(CommandError::Refused(Refusal::NotRegistered)) => return Ok(()),
            Err(error) => return Err(MailboxError::Unavailable(error.to_string())),
            Ok(marked) => marked,
        };
        let Some(appended) = marked.appended else { return Ok(()) };
        if self.services.policy.wait_for(appended.last_position, PATIENCE).await {
            Ok(())
        } else {
            Err(MailboxError::Unavailable("policy snapshot lags behind".to_owned()))
        }
    }
}

#[async_trait::async_trait]
impl RemembersNotice for Remembers {
    async fn read(&self, read: bool) -> Result<(), MailboxError> {
        self.mark(Some(read), false).await
    }

    async fn deleted(&self) -> Result<(), MailboxError> {
        self.mark(None, true).await
    }
}
