//! A simulated phone: a real EAS client that drives the whole conversation.
//!
//! [`Phone`] speaks ActiveSync 12.1 to 16.1 over HTTP or HTTPS as mobile clients do: it negotiates, provisions,
//! synchronises folders and items, fetches, sends, moves and waits. It keeps what it was told in its own [`store`],
//! applied as a careful client would, and writes down every answer that a careful client cannot accept as an
//! [`Anomaly`]. It can lose answers, hang up and repeat itself on purpose ([`Fault`]), and its memory survives a
//! restart of the process ([`Phone::save`]).
//!
//! * [`config`]: who the phone is and how it speaks.
//! * `wire`: query line, headers, connection. MS-ASHTTP.
//! * [`ascmd`]: one file per EAS command: its request tree, its answer as a type, what the phone does with it. MS-ASCMD.
//! * [`store`]: folders, collections, items, and the rules for applying an answer to them. No IO.
//! * [`conversation`]: the whole dialogue of a new device, with progress and a report.
//! * [`verify`]: what the phone holds, listed and compared.
//!
//! It shares nothing with the server but the WBXML tables, so that a misreading on one side shows.
//!
//! Whatever a server sends, the phone answers with a value or an [`Error`]; it does not panic, and one answer is
//! bounded by [`PhoneConfig::max_answer_bytes`].
//!
//! ```no_run
//! # async fn example() -> Result<(), syncledger_simulator::Error> {
//! use syncledger_simulator::{Phone, PhoneConfig};
//!
//! let mut phone = Phone::new(PhoneConfig::new("http://127.0.0.1:8080", "alice@example.com", "demo"))?;
//! phone.folder_sync().await?;
//! let inbox = phone.folder_named("Inbox").map(|folder| folder.id.clone()).unwrap_or_default();
//! phone.sync_folder(&inbox).await?;
//! for item in phone.listing() {
//!     println!("{}: {}", item.folder, item.subject);
//! }
//! # Ok(())
//! # }
//! ```

pub mod ascmd;
pub mod config;
pub mod conversation;
mod error;
mod fault;
mod phone;
pub mod store;
#[cfg(test)]
mod tests;
mod tree;
pub mod verify;
mod wire;

pub use config::{
    BodyChoice, DeviceInformation, Password, PhoneConfig, QueryForm, Repeat, Timeouts, Trust, Version,
    VersionChoice,
};
pub use error::Error;
pub use fault::{Fault, Keep};
pub use phone::{Phone, Totals};
pub use store::{Anomaly, PhoneState};
pub use wire::{Command, Exchange, Param, Params};
