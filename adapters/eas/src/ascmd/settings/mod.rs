//! Settings: what a device tells about itself and asks about its user (MS-ASCMD, "Settings").
//!
//! Up to five properties, each at most once, answered in their order, each with a Status of its own. The whole ends
//! with Status 1, or with 2 and no property when it is malformed. Out of office is answered as what it is here: off,
//! and not to be switched on, since no backend can send the replies.

pub mod device_information;
mod oof;
mod plan;
mod request;
mod response;
mod status;
#[cfg(test)]
mod tests;

use syncledger_commands::{CommandError, change_device_info};
use syncledger_domain::device::DeviceInfo;
use syncledger_wbxml::pages::settings::SETTINGS;

use crate::{
    answer::{Answer, Failure},
    context::{Context, RequestBody},
};
use plan::{Answered, Facts, Step, plan};
use request::SettingsRequest;
use response::encode;
use status::PropertyStatus;

/// Answers one Settings.
///
/// # Errors
/// 101 without a body, 103 for another root.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let document = body.document(SETTINGS)?;
    let request = match SettingsRequest::read(&document) {
        Ok(request) => request,
        Err(defect) => {
            tracing::debug!(%defect, "malformed Settings");
            return Ok(Answer::Wbxml(encode(None)));
        }
    };
    let facts = Facts { version: context.version, address: context.address.clone() };
    let mut answered = Vec::with_capacity(request.properties.len());
    for property in request.properties {
        answered.push(match plan(property, &facts) {
            Step::Answer(answer) => answer,
            Step::Store(info) => Answered::DeviceInformation(store(context, &info).await),
        });
    }
    Ok(Answer::Wbxml(encode(Some(&answered))))
}

/// A failure to store one property leaves the others alone.
async fn store(context: &Context, info: &DeviceInfo) -> PropertyStatus {
    if context.device.is_connection_test() {
        return PropertyStatus::Success;
    }
    let repository = &context.services.repository;
    match change_device_info::run(repository, &context.issuer, context.account, &context.device, info).await {
        Ok(_) => PropertyStatus::Success,
        Err(error) => {
            tracing::warn!(request.id = %context.issuer.correlation_id, %error, "device information not stored");
            match error {
                CommandError::Refused(_) => PropertyStatus::AccessDenied,
                CommandError::Busy(_) | CommandError::Log(_) | CommandError::Unreadable { .. } => {
                    PropertyStatus::ServerUnavailable
                }
            }
        }
    }
}
