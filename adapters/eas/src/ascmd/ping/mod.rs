//! Ping: waits until one of some folders has news (MS-ASCMD, "Ping").
//!
//! The parameters are remembered on the device's stream, so that an empty Ping still works after a restart; nothing is
//! appended while they stay the same. News is what the next Sync would bring. Ends with Status 1 (time over, superseded
//! by a newer request, or shutdown), 2 (news), 7 (folder tree changed), or says what is wrong with the parameters; a
//! gate that closes meanwhile ends it with that gate's own answer.

#[cfg(test)]
mod performance_tests;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::time::Duration;

use syncledger_commands::{CommandError, set_ping_parameters};
use syncledger_domain::{folders::FolderMap, ids::FolderId};
use syncledger_wbxml::pages::ping as p;

use request::{Parameters, PingRequest};
use response::PingAnswer;

use crate::{
    answer::{Answer, Failure},
    ascmd::folder_sync,
    context::{Context, RequestBody},
    news::{self, Wake, Watched},
    waiting::Kind,
};

/// Answers a Ping, sooner or later.
///
/// # Errors
/// Common failures; 503 when the mailbox is down.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let waiting = &context.services.waiting;
    let guard = waiting.arrive(context.account, &context.device, Kind::Ping, true, &[]);
    let request = match body {
        RequestBody::Empty => PingRequest::default(),
        other => match request::parse(&other.document(p::PING)?) {
            Ok(request) => request,
            Err(defect) => {
                tracing::info!(reason = %defect, "Ping malformed");
                return Ok(PingAnswer::Malformed.into());
            }
        },
    };
    let remembered = remembered(context).await?;
    let parameters = match request.complete(remembered.as_ref(), &context.settings()) {
        Ok(parameters) => parameters,
        Err(answer) => return Ok(answer.into()),
    };
    if !remembered.is_some_and(|remembered| remembered.stands_for(&parameters)) {
        remember(context, &parameters).await?;
    }
    let Some(watched) = resolve(context, &parameters.folders).await? else {
        return Ok(PingAnswer::HierarchyChanged.into());
    };
    let patience = Duration::from_secs(u64::from(parameters.heartbeat_secs));
    let Some(guard) = guard else { return Ok(PingAnswer::TimeOver.into()) };
    match news::wait(context, watched, patience, &guard).await? {
        Wake::News(folders) => Ok(PingAnswer::News(folders).into()),
        Wake::HierarchyChanged | Wake::OtherWorld => Ok(PingAnswer::HierarchyChanged.into()),
        Wake::TimeOver | Wake::Superseded | Wake::ShuttingDown | Wake::HungUp => {
            Ok(PingAnswer::TimeOver.into())
        }
        Wake::Refused(failure) => Err(failure),
    }
}

async fn remembered(context: &Context) -> Result<Option<Parameters>, Failure> {
    let device = context.services.devices.load(context.account, &context.device).await?;
    let ping = device.state.ping.as_ref();
    Ok(ping.map(|ping| Parameters { heartbeat_secs: ping.heartbeat_secs, folders: ping.folders.clone() }))
}

async fn remember(context: &Context, parameters: &Parameters) -> Result<(), Failure> {
    let repository = &context.services.repository;
    let Parameters { heartbeat_secs, folders } = parameters;
    let (account, device) = (context.account, &context.device);
    match set_ping_parameters::run(repository, &context.issuer, account, device, *heartbeat_secs, folders)
        .await
    {
        // A device that only tests the connection has no stream to remember anything in.
        Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
        Err(error) => Err(Failure::retry_later(error.to_string())),
    }
}

/// The folders as the mailbox has them; `None` when one of them is not there.
async fn resolve(context: &Context, folders: &[FolderId]) -> Result<Option<Vec<Watched>>, Failure> {
    let map = context.folder_map().await?;
    let watched = |map: &FolderMap| folders.iter().map(|id| Watched::of(context.world, map, *id)).collect();
    match watched(&map.state) {
        Some(watched) => Ok(Some(watched)),
        None => Ok(watched(&folder_sync::observe(context).await?.state)),
    }
}
