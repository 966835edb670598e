//! Provision: the device fetches the policy under a temporary key, acknowledges it, and gets the final key every other
//! command must carry (MS-ASPROV, "Policy Enforcement"; MS-ASCMD, "Provision").
//!
//! It ends with Status 1 around the policy's own Status (1, 3 for a policy type nobody knows, 5 for the wrong temporary
//! key), or with 2 (malformed), 139 (applied in part or not at all), 145 (managed by a third party), 165 (no
//! DeviceInformation). It is never refused for its own key.

mod plan;
mod policy;
mod request;
mod response;
mod status;
#[cfg(test)]
mod tests;

use syncledger_commands::{Acknowledged, CommandError, acknowledge_policy, change_device_info, offer_policy};
use syncledger_domain::{
    config::registry::{POLICY_ALLOW_EXTERNAL, POLICY_ALLOW_PARTIAL},
    device::{AcknowledgementRules, DeviceInfo, Refusal},
    event::EventHash,
    ids::PolicyKey,
};
use syncledger_wbxml::pages::provision::PROVISION;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    context::{Context, RequestBody},
    http::{device_failure, gates},
};
use plan::{Acknowledgement, Known, Outcome, Plan, Settled, Step, plan, settle};
use request::ProvisionRequest;
use response::encode;

/// How long to wait for the policy snapshot, by which the gates judge the key just given.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// BLAKE3 of the policy devices must acknowledge.
pub fn policy_digest() -> EventHash {
    policy::digest()
}

/// Answers one Provision.
///
/// # Errors
/// 101 without a body, 103 for another root, 503 when the log cannot be read or written.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let document = body.document(PROVISION)?;
    let known = known(context).await?;
    let settled = match plan(ProvisionRequest::read(&document), context.version, known) {
        Plan::Answer(settled) => settled,
        Plan::Do { info, step } => {
            if let Some(info) = &info {
                store(context, info).await?;
            }
            let outcome = take(context, &step).await?;
            Settled { informed: info.is_some(), ..settle(step, outcome) }
        }
    };
    Ok(Answer::Wbxml(encode(&settled)))
}

/// Whether the device has ever described itself.
async fn known(context: &Context) -> Result<Known, Failure> {
    if context.device.is_connection_test() {
        return Ok(Known::default());
    }
    let loaded = context.services.devices.load(context.account, &context.device).await?;
    Ok(Known { described: loaded.state.info != DeviceInfo::default() })
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
        Step::Offer(_) | Step::Acknowledge(_) if context.device.is_connection_test() => {
            let number = context.services.repository.randomness().nonzero_u32();
            Ok(PolicyKey::new(number).map_or(Outcome::Nothing, Outcome::Key))
        }
        Step::Offer(_) => {
            let (account, device) = (context.account, &context.device);
            let repository = &context.services.repository;
            let offered =
                offer_policy::run(repository, &context.issuer, account, device, policy::digest()).await;
            offered.map(Outcome::Key).map_err(device_failure)
        }
        Step::Acknowledge(said) => acknowledge(context, said).await,
    }
}

async fn acknowledge(context: &Context, said: &Acknowledgement) -> Result<Outcome, Failure> {
    let repository = &context.services.repository;
    let rules = rules(context)?;
    let (issuer, account, device) = (&context.issuer, context.account, &context.device);
    match acknowledge_policy::run(repository, issuer, account, device, said.key, said.status, rules).await {
        Ok(Acknowledged::Accepted(key)) => {
            catch_up(context).await?;
            Ok(Outcome::Key(key))
        }
        Ok(Acknowledged::Declined) => Ok(Outcome::Declined),
        Err(CommandError::Refused(Refusal::StalePolicyKey)) => Ok(Outcome::WrongKey),
        Err(error) => Err(device_failure(error)),
    }
}

fn rules(context: &Context) -> Result<AcknowledgementRules, Failure> {
    let snapshot = context.services.policy.current();
    let gone = || Failure::status(CommonStatus::AccountDisabled, "the account was removed");
    let scopes = gates::scopes(&snapshot, snapshot.account(context.account).ok_or_else(gone)?);
    Ok(AcknowledgementRules {
        partial: scopes.flag(&POLICY_ALLOW_PARTIAL),
        unapplied: false,
        external: scopes.flag(&POLICY_ALLOW_EXTERNAL),
    })
}

/// The key in the answer must open the gate for the device's next request.
async fn catch_up(context: &Context) -> Result<(), Failure> {
    let head = context.services.repository.log().head().await;
    let head = head.map_err(|error| Failure::retry_later(error.to_string()))?;
    if context.services.policy.wait_for(head, PATIENCE).await {
        return Ok(());
    }
    Err(Failure::retry_later("policy snapshot lags behind the policy key"))
}
