//! What happens while it happens, for people.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::report::FolderReport;
use crate::store::Anomaly;

/// A step of the conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the commands' own names, and what they are for")]
pub enum Step {
    Options,
    Provision,
    DeviceInformation,
    FolderSync,
    Sync,
    FetchMessage,
    FetchAttachment,
    ReadMark,
    Ping,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Options => "OPTIONS",
            Self::Provision => "Provision",
            Self::DeviceInformation => "Settings",
            Self::FolderSync => "FolderSync",
            Self::Sync => "Sync",
            Self::FetchMessage => "fetch a message",
            Self::FetchAttachment => "fetch an attachment",
            Self::ReadMark => "read mark",
            Self::Ping => "Ping",
        })
    }
}

/// Something that happened. `Display` is one line.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// A step begins.
    Begins(Step),
    /// A step ended well; the text says with what.
    Done {
        /// Which.
        step: Step,
        /// What came of it.
        summary: String,
        /// How long it took.
        duration: Duration,
    },
    /// A step failed.
    Failed {
        /// Which.
        step: Step,
        /// Why.
        error: String,
    },
    /// A step was left out.
    Skipped {
        /// Which.
        step: Step,
        /// Why.
        why: &'static str,
    },
    /// One window of a folder has come.
    Window {
        /// The folder's path.
        folder: String,
        /// Items on the phone so far.
        items: usize,
        /// Items the server estimated before.
        estimate: Option<u32>,
    },
    /// A folder is up to date, or has failed.
    Folder(FolderReport),
    /// The server did what no careful client accepts.
    Anomaly(Anomaly),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begins(step) => write!(f, "{step} …"),
            Self::Done { step, summary, duration } => {
                write!(f, "{step}: {summary} ({} ms)", duration.as_millis())
            }
            Self::Failed { step, error } => write!(f, "{step} failed: {error}"),
            Self::Skipped { step, why } => write!(f, "{step} left out: {why}"),
            Self::Window { folder, items, estimate: Some(estimate) } => {
                write!(f, "Sync {folder}: {items} of about {estimate} items")
            }
            Self::Window { folder, items, estimate: None } => write!(f, "Sync {folder}: {items} items"),
            Self::Folder(folder) => folder.fmt(f),
            Self::Anomaly(anomaly) => write!(f, "anomaly: {anomaly}"),
        }
    }
}

/// Who wants to know.
pub trait Observer: Send {
    /// Called in the order of events.
    fn progress(&mut self, event: &Progress);
}

impl<F: FnMut(&Progress) + Send> Observer for F {
    fn progress(&mut self, event: &Progress) {
        self(event);
    }
}

/// Nobody does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&mut self, _event: &Progress) {}
}
