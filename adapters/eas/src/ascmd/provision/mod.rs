//! Provision: the device fetches the policy under a temporary key, acknowledges it, and gets the final key every other
//! command must carry (MS-ASPROV, "Policy Enforcement"; MS-ASCMD, "Provision").
//!
//! It ends with Status 1 around the policy's own Status (1, 3 for a policy type nobody knows, 5 for the wrong temporary
//! key), or with 2 (malformed), 139 (applied in part or not at all), 145 (managed by a third party), 165 (no
//! DeviceInformation). It is never refused for its own key. While a wipe is pending each answer carries the order, and 2
//! stands for a wipe the device could not do; a device that was wiped, or that does not know its order, hears 403.

mod plan;
mod policies;
mod policy;
mod request;
mod response;
mod status;
#[cfg(test)]
mod tests;
mod wipe;

use syncledger_commands::{Acknowledged, CommandError, acknowledge_policy, change_device_info, offer_policy};
use syncledger_domain::{
    config::{
        Scopes,
        registry::{POLICY_ALLOW_EXTERNAL, POLICY_ALLOW_PARTIAL},
    },
    device::{AcknowledgementRules, DeviceInfo, Refusal},
    ids::PolicyKey,
};
use syncledger_wbxml::pages::provision::PROVISION;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    context::{Context, RequestBody},
    http::{device_failure, gates},
};
use plan::{Acknowledgement, Known, Outcome, Plan, Settled, Step, plan, settle, settle_wipe};
pub use policies::{Policies, digest_of};
use policy::Rules;
use request::ProvisionRequest;
use response::encode;
use status::ProvisionStatus;

/// How long to wait for the policy snapshot, by which the gates judge the key just given.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Answers one Provision.
///
/// # Errors
/// 101 without a body, 103 for another root, 403 for a device that was wiped, 503 when the log cannot be read or written.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let document = body.document(PROVISION)?;
    let known = known(context).await?;
    let (settled, order) = match plan(ProvisionRequest::read(&document), context.version, known) {
        Plan::Answer(settled) => (settled, None),
        Plan::KeepOut(reason) => return Err(Failure::forbidden(reason)),
        Plan::Order(order) => (Settled::status(ProvisionStatus::Success), Some(order)),
        Plan::TakeAnswer { answer, order } => {
            let (settled, again) = settle_wipe(wipe::take(context, answer).await?);
            (settled, order.filter(|_| again))
        }
        Plan::Do { info, step, order } => {
            if let Some(info) = &info {
                store(context, info).await?;
            }
            let outcome = take(context, &step).await?;
            (Settled { informed: info.is_some(), ..settle(step, outcome) }, order)
        }
    };
    // What goes out is on record before it does.
    let order = match order {
        Some(order) => wipe::mark_sent(context).await?.then_some(order),
        None => None,
    };
    Ok(Answer::Wbxml(encode(&Settled { order, ..settled })))
}

/// What the log knows of the device. It may know more than the gates did: an order given a moment ago.
async fn known(context: &Context) -> Result<Known, Failure> {
    if context.device.is_connection_test() {
        return Ok(Known::default());
    }
    let loaded = context.services.devices.load(context.account, &context.device).await?;
    Ok(Known { described: loaded.state.info != DeviceInfo::default(), barrier: loaded.state.barrier() })
}

async fn store(context: &Context, info: &DeviceInfo) -> Result<(), Failure> {
    if context.device.is_connection_test() {
        return Ok(());
    }
    let repository = &context.services.repository;
    let stored =
        change_device_info::run(repository, &context.issuer, context.account, &context.device, info).await;
    stored.map(drop).map_err(device_failure)
}

async fn take(context: &Context, step: &Step) -> Result<Outcome, Failure> {
    match step {
        Step::Record | Step::UnknownType(_) => Ok(Outcome::Nothing),
        // A connection test plays through both phases and leaves no trace; the gate asks no key of it.
        Step::Offer(_) if context.device.is_connection_test() => {
            let rules = with_scopes(context, Rules::of)?;
            Ok(PolicyKey::new(random(context)).map_or(Outcome::Nothing, |key| Outcome::Offered(key, rules)))
        }
        Step::Acknowledge(_) if context.device.is_connection_test() => {
            Ok(PolicyKey::new(random(context)).map_or(Outcome::Nothing, Outcome::Accepted))
        }
        Step::Offer(_) => {
            let (account, device) = (context.account, &context.device);
            let repository = &context.services.repository;
            let rules = with_scopes(context, Rules::of)?;
            let offered =
                offer_policy::run(repository, &context.issuer, account, device, rules.digest()).await;
            offered.map(|key| Outcome::Offered(key, rules)).map_err(device_failure)
        }
        Step::Acknowledge(said) => acknowledge(context, said).await,
    }
}

async fn acknowledge(context: &Context, said: &Acknowledgement) -> Result<Outcome, Failure> {
    let repository = &context.services.repository;
    let rules = with_scopes(context, acknowledgement_rules)?;
    let (issuer, account, device) = (&context.issuer, context.account, &context.device);
    match acknowledge_policy::run(repository, issuer, account, device, said.key, said.status, rules).await {
        Ok(Acknowledged::Accepted(key)) => {
            catch_up(context).await?;
            Ok(Outcome::Accepted(key))
        }
        Ok(Acknowledged::Declined) => Ok(Outcome::Declined),
        Err(CommandError::Refused(Refusal::StalePolicyKey)) => Ok(Outcome::WrongKey),
        Err(error) => Err(device_failure(error)),
    }
}

fn acknowledgement_rules(scopes: &Scopes<'_>) -> AcknowledgementRules {
    AcknowledgementRules {
        partial: scopes.flag(&POLICY_ALLOW_PARTIAL),
        unapplied: false,
        external: scopes.flag(&POLICY_ALLOW_EXTERNAL),
    }
}

/// Reads something from the values that hold for the account.
fn with_scopes<T>(context: &Context, read: impl FnOnce(&Scopes<'_>) -> T) -> Result<T, Failure> {
    let snapshot = context.services.policy.current();
    let gone = || Failure::status(CommonStatus::AccountDisabled, "the account was removed");
    let account = snapshot.account(context.account).ok_or_else(gone)?;
    Ok(read(&gates::scopes(&snapshot, account)))
}

fn random(context: &Context) -> u32 {
    context.services.repository.randomness().nonzero_u32()
}

/// The gates must judge the device's next request by what was just recorded.
async fn catch_up(context: &Context) -> Result<(), Failure> {
    let head = context.services.repository.log().head().await;
    let head = head.map_err(|error| Failure::retry_later(error.to_string()))?;
    if context.services.policy.wait_for(head, PATIENCE).await {
        return Ok(());
    }
    Err(Failure::retry_later("policy snapshot lags behind the log"))
}
