//! What administrators, and the server's guards, decide about a device: suspension, wipe, jail, access.

use crate::{event::Timestamp, ids::ProtocolVersion};

use super::{
    AccessJudged, Device, DeviceEvent, DeviceJailed, DeviceReleased, DummyMessageMarked, Empty, Refusal,
    ReleaseCause, Wipe, WipeAcknowledged, WipeProgress, WipeRequested,
    decide::{Decided, cut, must_be_registered},
};

/// Longest verdict, in characters.
const VERDICT_CHARS: usize = 64;
/// Longest reason of a verdict, in characters.
const WHY_CHARS: usize = 1024;

/// Stops the device's synchronisation until it is resumed. Its states stay, and so does the suspension, through resets
/// and restarts; removing the device ends it.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn suspend(device: &Device) -> Decided {
    must_be_registered(device)?;
    Ok(if device.suspended { Vec::new() } else { vec![DeviceEvent::SyncSuspended(Empty {})] })
}

/// Lets a suspended device synchronise again. It must provision anew and then goes on where it was.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn resume(device: &Device) -> Decided {
    must_be_registered(device)?;
    Ok(if device.suspended { vec![DeviceEvent::SyncResumed(Empty {})] } else { Vec::new() })
}

/// Orders the device to erase itself, or the account's data alone. The same order again is nothing new; the other one
/// takes its place. An order that failed is given anew.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::NotProvisionable`], [`Refusal::AccountOnlyUnsupported`] (the order for the
/// account is never silently one for the device), [`Refusal::WipeDone`].
pub fn request_wipe(device: &Device, account_only: bool) -> Decided {
    must_be_registered(device)?;
    let pending = match device.wipe {
        Some(Wipe { progress: WipeProgress::Done, .. }) => return Err(Refusal::WipeDone),
        other => other.filter(|wipe| !matches!(wipe.progress, WipeProgress::Failed(_))),
    };
    if !device.provisionable {
        return Err(Refusal::NotProvisionable);
    }
    if account_only && device.protocol_version.is_none_or(|version| version < ProtocolVersion::V16_1) {
        return Err(Refusal::AccountOnlyUnsupported(device.protocol_version));
    }
    let unchanged = pending.is_some_and(|wipe| wipe.account_only == account_only);
    Ok(if unchanged { Vec::new() } else { vec![DeviceEvent::WipeRequested(WipeRequested { account_only })] })
}

/// Records that the order goes out to the device. It goes out at each of its requests until it answers; once is recorded.
///
/// # Errors
/// [`Refusal::NotRegistered`], [`Refusal::NoWipePending`], [`Refusal::WipeDone`].
pub fn mark_wipe_sent(device: &Device) -> Decided {
    must_be_registered(device)?;
    match device.wipe.map(|wipe| wipe.progress) {
        None => Err(Refusal::NoWipePending),
        Some(WipeProgress::Done) => Err(Refusal::WipeDone),
        // A device that fails at full speed must not fill the log.
        Some(WipeProgress::Sent | WipeProgress::Failed(_)) => Ok(Vec::new()),
        Some(WipeProgress::Requested) => Ok(vec![DeviceEvent::WipeSent(Empty {})]),
    }
}

/// Takes the device's answer. Status 1: it erases itself, and is refused from then on until it is removed. Another
/// status: the order stands and is sent again. A repeated answer is nothing new.
///
/// # Errors
/// [`Refusal::NotRegistered`]; [`Refusal::NoWipePending`] when it was never told, or the order was taken back.
pub fn acknowledge_wipe(device: &Device, status: u8) -> Decided {
    must_be_registered(device)?;
    let told = device.wipe.filter(|wipe| wipe.progress != WipeProgress::Requested);
    match told.map(|wipe| wipe.progress) {
        None => Err(Refusal::NoWipePending),
        Some(WipeProgress::Done) => Ok(Vec::new()),
        Some(WipeProgress::Failed(known)) if known == status => Ok(Vec::new()),
        Some(_) => Ok(vec![DeviceEvent::WipeAcknowledged(WipeAcknowledged { status })]),
    }
}

/// Takes the order back. Nothing happens when there is none.
///
/// # Errors
/// [`Refusal::NotRegistered`]; [`Refusal::WipeDone`] when it is too late.
pub fn cancel_wipe(device: &Device) -> Decided {
    must_be_registered(device)?;
    match device.wipe.map(|wipe| wipe.progress) {
        None => Ok(Vec::new()),
        Some(WipeProgress::Done) => Err(Refusal::WipeDone),
        Some(WipeProgress::Requested | WipeProgress::Sent | WipeProgress::Failed(_)) => {
            Ok(vec![DeviceEvent::WipeCancelled(Empty {})])
        }
    }
}

/// Puts the device into jail. Nothing happens when it is in for as long, or longer: two nodes may jail it at once.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn jail(device: &Device, jailed: DeviceJailed, now: Timestamp) -> Decided {
    must_be_registered(device)?;
    let pointless =
        jailed.until <= now || device.jailed_until(now).is_some_and(|until| until >= jailed.until);
    Ok(if pointless { Vec::new() } else { vec![DeviceEvent::Jailed(jailed)] })
}

/// Lets the device out of its jail. Nothing happens when it is not in one now.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn release(device: &Device, cause: ReleaseCause, now: Timestamp) -> Decided {
    must_be_registered(device)?;
    let jailed = device.jailed_until(now).is_some();
    Ok(if jailed { vec![DeviceEvent::Released(DeviceReleased { cause })] } else { Vec::new() })
}

/// Records how the device's access is judged. Nothing happens while the verdict stays, whatever the reason: the first
/// reason is the one that changed something.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn judge_access(device: &Device, verdict: &str, why: &str) -> Decided {
    must_be_registered(device)?;
    let verdict = cut(verdict, VERDICT_CHARS);
    let unchanged = device.access.as_ref().is_some_and(|access| access.verdict == verdict);
    let judged = || DeviceEvent::AccessJudged(AccessJudged { verdict, why: cut(why, WHY_CHARS) });
    Ok(if unchanged { Vec::new() } else { vec![judged()] })
}

/// Records what the device did with the message that tells it that it may not synchronise. Nothing happens when that is
/// known. A message that was deleted does not come back.
///
/// # Errors
/// [`Refusal::NotRegistered`].
pub fn mark_dummy_message(device: &Device, read: Option<bool>, deleted: bool) -> Decided {
    must_be_registered(device)?;
    let known = device.dummy_message;
    let marked = DummyMessageMarked { read: read.unwrap_or(known.read), deleted: deleted || known.deleted };
    Ok(if marked == known { Vec::new() } else { vec![DeviceEvent::DummyMessageMarked(marked)] })
}

/// What stands between a device and its data by its administrator's orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Barrier {
    /// It must erase itself, or the account's data, first: common status 140 until it answers.
    WipePending {
        /// Only the account's data.
        account_only: bool,
    },
    /// It has erased itself and is refused until it is removed.
    Wiped,
    /// It is suspended.
    Suspended,
}

impl Device {
    /// The strongest order that stands: a wipe goes before a suspension.
    pub fn barrier(&self) -> Option<Barrier> {
        match self.wipe {
            Some(Wipe { progress: WipeProgress::Done, .. }) => Some(Barrier::Wiped),
            Some(Wipe { account_only, .. }) => Some(Barrier::WipePending { account_only }),
            None => self.suspended.then_some(Barrier::Suspended),
        }
    }

    /// When its jail ends, if it is in one now; the same on every node and after every restart.
    pub fn jailed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.jail.map(|jail| jail.until).filter(|until| now < *until)
    }
}
