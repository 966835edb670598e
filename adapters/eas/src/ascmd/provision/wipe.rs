//! The order to erase itself: what goes out to the device, and what becomes of its answer (MS-ASPROV, "Remote Wipe").

use syncledger_commands::{CommandError, acknowledge_wipe, mark_wipe_sent, raise_notice};
use syncledger_domain::{
    device::{Barrier, Refusal},
    ids::{AccountId, DeviceId},
    notices::Severity,
};

use super::{catch_up, request::WipeAnswer};
use crate::{answer::Failure, context::Context, http::device_failure};

/// What is to be erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// The whole device.
    Device,
    /// The account's data, from 16.1 on.
    Account,
}

/// What became of the device's answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// It has erased itself.
    Done,
    /// It could not.
    Failed,
    /// It was not asked: the order was given anew since, or taken back.
    NotAsked,
}

/// Records that the order goes out. `false` when it was taken back meanwhile.
///
/// # Errors
/// When the log cannot be written: then it does not go out either.
pub(super) async fn mark_sent(context: &Context) -> Result<bool, Failure> {
    let (account, device) = pair(context);
    match mark_wipe_sent::run(&context.services.repository, &context.issuer, account, device).await {
        Ok(_) => Ok(true),
        Err(CommandError::Refused(Refusal::NoWipePending | Refusal::WipeDone)) => Ok(false),
        Err(error) => Err(device_failure(error)),
    }
}

/// Takes the device's answer; administrators are told when it has erased itself.
///
/// # Errors
/// When the log cannot be read or written.
pub(super) async fn take(context: &Context, answer: WipeAnswer) -> Result<Taken, Failure> {
    let (account, device) = pair(context);
    let repository = &context.services.repository;
    let taken = acknowledge_wipe::run(repository, &context.issuer, account, device, answer.status).await;
    let is_new = match taken {
        Ok(executed) => executed.appended.is_some(),
        Err(CommandError::Refused(Refusal::NoWipePending)) => return Ok(Taken::NotAsked),
        // It may be on record all the same: then the device is shut out, and cannot say it again.
        Err(error) if answer.status == WipeAnswer::DONE && is_wiped(context).await => {
            tracing::warn!(%error, "an acknowledged wipe is on record, what follows it perhaps not");
            true
        }
        Err(error) => return Err(device_failure(error)),
    };
    if answer.status != WipeAnswer::DONE {
        tracing::warn!(eas.wipe_status = answer.status, "the device could not erase itself");
        return Ok(Taken::Failed);
    }
    if is_new {
        tell_administrators(context, answer).await;
    }
    // The gate must know it at the device's next request.
    catch_up(context).await?;
    Ok(Taken::Done)
}

async fn is_wiped(context: &Context) -> bool {
    let (account, device) = pair(context);
    let loaded = context.services.devices.load(account, device).await;
    loaded.is_ok_and(|loaded| loaded.state.barrier() == Some(Barrier::Wiped))
}

/// The device is answered all the same when this fails: it does not ask again.
async fn tell_administrators(context: &Context, answer: WipeAnswer) {
    let what = if answer.account_only { "the data of the account" } else { "itself" };
    let text = format!(
        "Device {} of {} acknowledged the order to erase {what}. It is refused until it is removed.",
        context.shown, context.address
    );
    let services = &context.services;
    let (repository, node) = (&services.repository, Some(&services.node));
    let severity = Severity::Information;
    let raised =
        raise_notice::run(repository, &context.issuer, severity, node, "wipe acknowledged", &text).await;
    if let Err(error) = raised {
        tracing::error!(%error, "administrators could not be told of an acknowledged wipe");
    }
}

fn pair(context: &Context) -> (AccountId, &DeviceId) {
    (context.account, &context.device)
}
