//! Devices, kept in memory and brought up to date from the tail of their stream at each use: requests that come every few
//! minutes for years do not fold years each time.

use std::{convert::Infallible, sync::Arc};

use syncledger_domain::{
    device::Device,
    event::StreamId,
    ids::{AccountId, DeviceId},
};

use crate::{CommandError, Loaded, Repository, cached::Cached};

/// Loads devices. Cheap to clone.
#[derive(Clone)]
pub struct Devices {
    cached: Cached<Device>,
}

/// Bytes a device takes in memory without what is remembered of its requests, about.
const BYTES_PER_DEVICE: usize = 1024;
/// Bytes a remembered message takes, about.
const BYTES_PER_MESSAGE: usize = 80;
/// Bytes a remembered move takes, about.
const BYTES_PER_MOVE: usize = 128;

impl Devices {
    /// `cache_bytes` bounds the memory of cached devices.
    pub fn new(repository: Repository, cache_bytes: u64) -> Self {
        let bytes_of = |device: &Device| {
            BYTES_PER_DEVICE
                + device.submitted.len() * BYTES_PER_MESSAGE
                + device.moved.len() * BYTES_PER_MOVE
        };
        Self { cached: Cached::new(repository, cache_bytes, bytes_of) }
    }

    /// The device as the log has it now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load(
        &self,
        account: AccountId,
        device: &DeviceId,
    ) -> Result<Arc<Loaded<Device>>, CommandError<Infallible>> {
        self.cached.load(&StreamId::device(account, device)).await
    }
}
