//! The task behind a watch: connects, waits, connects again.

use std::{sync::Arc, time::Duration};

use syncledger_domain::ports::mailbox::MailboxError;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use super::{Request, waiter::Waiter};
use crate::account::Account;

/// Longest wait between two attempts to connect.
const LONGEST_DELAY: Duration = Duration::from_mins(5);

/// Runs while anybody watches.
pub(super) async fn run(account: Arc<Account>, mut requests: UnboundedReceiver<Request>) {
    let mut delay = account.connector.config.reconnect_delay;
    let mut first = true;
    let mut waiting: Vec<Request> = Vec::new();
    loop {
        let error = match Waiter::connect(&account).await {
            Ok(mut waiter) => {
                if !first {
                    // Whatever happened while nobody was looking.
                    account.hub.tell_anything();
                }
                first = false;
                let connected = Instant::now();
                let ended = waiter.serve(&mut waiting, &mut requests).await;
                if connected.elapsed() > LONGEST_DELAY {
                    delay = account.connector.config.reconnect_delay;
                }
                match ended {
                    Ok(()) => return,
                    Err(failure) => MailboxError::from(failure),
                }
            }
            Err(error) => error,
        };
        tracing::info!(error = %error, delay_ms = delay.as_millis(), "a watch lost its connection");
        refuse(&mut waiting, &error);
        if error == MailboxError::Unauthenticated {
            // The secret is not valid any more; whoever holds a watch is to find out by asking.
            account.hub.give_up();
            while let Ok(request) = requests.try_recv() {
                refuse(&mut vec![request], &error);
            }
            return;
        }
        if !pause(&account, &mut requests, &mut waiting, jittered(&account, delay), &error).await {
            return;
        }
        delay = (delay * 2).min(LONGEST_DELAY);
    }
}

/// Waits before the next attempt; `false` when nobody is left. Somebody who asks now is worth an attempt at once,
/// unless the last one is hardly over.
async fn pause(
    account: &Account,
    requests: &mut UnboundedReceiver<Request>,
    waiting: &mut Vec<Request>,
    delay: Duration,
    error: &MailboxError,
) -> bool {
    let start = Instant::now();
    let soonest = start + account.connector.config.reconnect_delay.min(delay);
    loop {
        tokio::select! {
            () = sleep_until(start + delay) => return !account.hub.may_end(),
            request = requests.recv() => {
                let Some(request) = request else { return false };
                if Instant::now() >= soonest {
                    waiting.push(request);
                    return true;
                }
                refuse(&mut vec![request], error);
            }
        }
    }
}

fn refuse(requests: &mut Vec<Request>, error: &MailboxError) {
    for request in requests.drain(..) {
        // Whoever asked may have gone; then nobody minds.
        let _ = request.in_force.send(Err(error.clone()));
    }
}

/// Between three and five quarters of a delay, so that a thousand watches do not come back in the same moment.
fn jittered(account: &Account, delay: Duration) -> Duration {
    let share = f64::from(account.randomness.nonzero_u32()) / f64::from(u32::MAX);
    delay.mul_f64(0.75 + share / 2.0)
}
