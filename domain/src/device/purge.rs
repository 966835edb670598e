//! Which devices nobody uses any more: a pure selection, so that a dry run and the real one cannot differ.

use super::Barrier;
use crate::{
    event::Timestamp,
    ids::{AccountId, DeviceId},
};

/// Days without use after which a device goes where nobody says otherwise.
pub const DEFAULT_DAYS: u32 = 90;

/// What is known of a device when it is decided whether it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastUse {
    /// Its account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// When it was last heard of.
    pub last_used: Timestamp,
    /// What its account is now.
    pub owner: Owner,
    /// What an administrator ordered.
    pub barrier: Option<Barrier>,
}

/// What became of the account of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Owner {
    /// It exists and may use the service.
    Active,
    /// It exists and may not.
    Disabled,
    /// It is gone.
    Gone,
}

/// A device that goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Its account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// When it was last heard of.
    pub last_used: Timestamp,
    /// What its account is now.
    pub owner: Owner,
}

/// The devices that go, those silent longest first: of active and of disabled accounts those not heard of for `days`, of
/// accounts that are gone all.
///
/// A device under an order stays, whatever its age: its order would be forgotten with it, and it would be let in when
/// it comes back. That of an account that is gone goes nevertheless, since nobody can log in with it.
pub fn candidates(devices: impl IntoIterator<Item = LastUse>, now: Timestamp, days: u32) -> Vec<Candidate> {
    let before = now.plus_seconds(-i64::from(days) * 86_400);
    let goes = |device: &LastUse| match device.owner {
        Owner::Gone => true,
        Owner::Active | Owner::Disabled => device.barrier.is_none() && device.last_used < before,
    };
    let mut going: Vec<_> = devices
        .into_iter()
        .filter(goes)
        .map(|LastUse { account, device, last_used, owner, .. }| Candidate {
            account,
            device,
            last_used,
            owner,
        })
        .collect();
    going.sort_by(|a, b| (a.last_used, a.account, &a.device).cmp(&(b.last_used, b.account, &b.device)));
    going
}
