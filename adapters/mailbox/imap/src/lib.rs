//! The mailbox on an IMAP server (RFC 3501, RFC 9051).
//!
//! Users log in with their own secret; all devices of an account share a small pool of connections and one more that
//! watches. The pool is found by a keyed MAC of address and secret, so that nobody without the secret ever gets at a
//! connection that was opened with it; the secret itself stays in memory only while connections may have to be
//! renewed. A user whose secret the server does not know, but whom this server has let in, gets connections a master
//! user opens; those have a pool of their own, which no secret leads to.
//!
//! Extensions are used where the server has them and replaced where it has not: CONDSTORE and QRESYNC (RFC 7162),
//! UIDPLUS (RFC 4315), MOVE (RFC 6851), LIST-EXTENDED and SPECIAL-USE (RFC 5258, RFC 6154), OBJECTID (RFC 8474), IDLE
//! (RFC 2177), NOTIFY (RFC 5465).
//!
//! * `wire` — grammar, without I/O;
//! * `session` — one connection;
//! * `account` — the connections of one account;
//! * `mailbox` — the port, one file per operation;
//! * `watch` — the waiting connection.

mod account;
mod config;
mod failure;
mod item;
mod mailbox;
mod mailboxes;
mod session;
mod watch;
mod wire;

pub use config::{ConfigError, ImapConfig, LoginName, MasterUser, Tls};
pub use mailboxes::ImapMailboxes;
