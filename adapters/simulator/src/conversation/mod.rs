//! The whole dialogue of a new device with a server, step by step, with a report.
//!
//! OPTIONS, Provision, Settings (before 14.1), `FolderSync`; for each folder key 0, estimate, windows until done; on
//! request a whole message, an attachment, a read mark there and back; Ping. What fails is written into the report, and
//! the conversation goes on where that makes sense.

mod closer;
mod progress;
mod report;
mod run;

pub use progress::{Observer, Progress, Silent, Step};
pub use report::{FolderReport, Report, StepReport};
pub use run::{Plan, run};
