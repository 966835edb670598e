//! The mailbox in memory, with injectable delays and faults.
//!
//! A whole backend, not a mock: it keeps every promise of [`syncledger_domain::ports::mailbox`] and passes the same
//! contract suite as the others. Tests and simulations hold a [`MemoryMailbox`], change it "from outside" as a
//! delivery or another mail program would, and make it slow, unreachable or forgetful through [`Faults`].
//!
//! It behaves like an IMAP server where backends differ: an item's id is its place in the order of arrival and is
//! never given again, and a moved item gets a new one.

mod accounts;
mod faults;
mod mailbox;
mod store;
#[cfg(test)]
mod tests;
mod wakeups;

pub use accounts::MemoryMailboxes;
pub use faults::{Calls, Faults, Method};
pub use mailbox::MemoryMailbox;
