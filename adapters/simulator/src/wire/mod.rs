//! The wire: commands as URIs and headers, connections, bytes. MS-ASHTTP.
//!
//! HTTP/1.1 is spoken over a socket that this module opens itself, so that bytes can be counted, an answer thrown
//! away and a connection dropped at a chosen moment. What a status or an element means is not known here.

mod command;
mod connection;
mod exchange;
mod gzip;
mod multipart;
mod query;
mod request;
mod tls;

pub use command::{Command, Param, Params};
pub(crate) use connection::{Wire, WireAnswer};
pub use exchange::Exchange;
pub(crate) use exchange::decode_answer;
pub(crate) use request::{WireRequest, build};
