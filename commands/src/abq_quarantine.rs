//! Puts a device into quarantine that came while the mode was Interactive and nothing was said about it.

use std::convert::Infallible;

use syncledger_domain::{
    abq::{self, DeviceControl},
    event::StreamId,
    ids::{AccountId, ShownDeviceId},
};

use crate::{CommandError, Executed, Issuer, Loaded, Repository};

/// Makes the entry, for all accounts. Nothing when something is said about the device by now.
///
/// `base` is what the gate knows of the stream: devices come often, and a long list is not read for each.
///
/// # Errors
/// A failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    base: Loaded<DeviceControl>,
    device: &ShownDeviceId,
    account: AccountId,
) -> Result<Executed<DeviceControl>, CommandError<Infallible>> {
    let decide =
        |control: &DeviceControl| Ok(abq::quarantine(control, device, account, repository.clock().now()));
    repository.execute_onto(issuer, &StreamId::abq(), base, decide).await
}
