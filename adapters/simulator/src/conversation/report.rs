//! What a conversation came to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::progress::Step;
use crate::{ascmd::sync::SyncRun, phone::Totals, store::Anomaly};

/// The whole conversation.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Protocol version spoken; `None` if it did not come to that.
    pub version: Option<String>,
    /// Commands the server offers.
    pub commands: Vec<String>,
    /// Steps in order.
    pub steps: Vec<StepReport>,
    /// Folders in order.
    pub folders: Vec<FolderReport>,
    /// Requests and bytes, of this conversation alone.
    pub totals: Totals,
    /// Milliseconds of it all.
    pub duration_ms: u64,
    /// Collections that had to start from zero again, in this conversation.
    pub resyncs_from_zero: u64,
    /// What the server did that no careful client accepts, in this conversation.
    pub anomalies: Vec<Anomaly>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// Which.
    pub step: Step,
    /// What came of it; `None` if it failed.
    pub summary: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// One folder.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as the names say")]
pub struct FolderReport {
    pub id: String,
    /// Path of display names.
    pub name: String,
    /// Type. MS-ASCMD, "Type (`FolderSync`)".
    pub kind: u32,
    /// Items on the phone afterwards.
    pub items: usize,
    /// `GetItemEstimate` before.
    pub estimate: Option<u32>,
    pub adds: u64,
    pub changes: u64,
    pub deletes: u64,
    pub soft_deletes: u64,
    /// Requests, the estimate's included.
    pub requests: u32,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub duration_ms: u64,
    pub errors: Vec<String>,
}

impl Report {
    /// Whether everything went as it should.
    pub fn is_clean(&self) -> bool {
        self.errors().next().is_none() && self.anomalies.is_empty()
    }

    /// Everything that failed.
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        let steps = self.steps.iter().filter_map(|step| step.error.as_deref());
        steps.chain(self.folders.iter().flat_map(|folder| folder.errors.iter().map(String::as_str)))
    }

    /// Items on the phone afterwards, of all folders.
    pub fn items(&self) -> usize {
        self.folders.iter().map(|folder| folder.items).sum()
    }
}

impl FolderReport {
    pub(super) fn add(&mut self, run: &SyncRun) {
        self.adds += run.adds;
        self.changes += run.changes;
        self.deletes += run.deletes;
        self.soft_deletes += run.soft_deletes;
        self.requests += run.requests;
    }
}

impl fmt::Display for FolderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Sync {}: {} items in {} requests, {} bytes ({} ms)",
            self.name, self.items, self.requests, self.bytes_in, self.duration_ms
        )?;
        self.errors.iter().try_for_each(|error| write!(f, "; failed: {error}"))
    }
}

impl Totals {
    /// What was added since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            repeats: self.repeats - before.repeats,
            provisions: self.provisions - before.provisions,
            bytes_out: self.bytes_out - before.bytes_out,
            bytes_in: self.bytes_in - before.bytes_in,
        }
    }
}
