//! A simulated phone's conversation with a server, told to people as it goes and as tables afterwards. `demo` and
//! `device simulate` share it.

use std::{fmt, io::Write as _};

use syncledger_simulator::conversation::{Observer, Progress, Report, Step};

use crate::output;

/// Tells people what happens; programs, nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrator {
    quiet: bool,
    /// Tenths of a folder told so far, so that a large one takes ten lines and not a thousand.
    tenths: usize,
}

impl Narrator {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, tenths: 0 }
    }

    /// Whether nothing is told.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// One line. Nobody may read any more: that is no reason to fail.
    pub(crate) fn say(self, text: impl fmt::Display) {
        if !self.quiet {
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }

    /// What was done, and what came of it.
    pub(crate) fn step(self, what: impl fmt::Display, result: impl fmt::Display) {
        // Some texts do not fill up by themselves.
        let what = what.to_string();
        self.say(format_args!("  {what:<20} {result}"));
    }

    /// A heading.
    pub(crate) fn heading(self, text: impl fmt::Display) {
        self.say(format_args!("\n{text}"));
    }
}

impl Narrator {
    /// A window of a folder. The last one is told with the folder.
    fn window(&mut self, folder: &str, items: usize, estimate: usize) {
        let tenths = items.saturating_mul(10).checked_div(estimate).unwrap_or(10);
        if self.tenths < tenths && tenths < 10 {
            self.tenths = tenths;
            self.step("Sync", format_args!("{folder}: {items} of {estimate} items so far"));
        }
    }
}

impl Observer for Narrator {
    fn progress(&mut self, event: &Progress) {
        match event {
            Progress::Begins(_) => {}
            Progress::Done { step, summary, duration } => {
                let summary = if *step == Step::Options { spaced(summary) } else { summary.clone() };
                self.step(step, format_args!("{summary}, {} ms", duration.as_millis()));
            }
            Progress::Failed { step, error } => self.step(step, format_args!("FAILED: {error}")),
            Progress::Skipped { step, why } => self.step(step, format_args!("left out: {why}")),
            // The last window is told with the folder.
            Progress::Window { folder, items, estimate } => {
                self.window(folder, *items, estimate.unwrap_or(0) as usize);
            }
            Progress::Folder(folder) => {
                self.tenths = 0;
                let new = match (folder.adds, folder.changes + folder.deletes + folder.soft_deletes) {
                    (new, 0) if new == folder.items as u64 => String::new(),
                    (0, 0) => ", nothing new".to_owned(),
                    (new, 0) => format!(", {new} new"),
                    (new, other) => format!(", {new} new, {other} changed or gone"),
                };
                self.step(
                    "Sync",
                    format_args!(
                        "{}: {}{new}; {} requests, {} received, {} ms",
                        folder.name,
                        counted(folder.items as u64, "item"),
                        folder.requests,
                        bytes(folder.bytes_in),
                        folder.duration_ms
                    ),
                );
                for error in &folder.errors {
                    self.step("", format_args!("FAILED: {error}"));
                }
            }
            Progress::Anomaly(anomaly) => self.step("ANOMALY", anomaly),
        }
    }
}

/// Lists with spaces, so that lines can be read.
fn spaced(list: &str) -> String {
    list.split(',').map(str::trim).collect::<Vec<_>>().join(", ")
}

/// The report as tables: folders, then everything together.
pub(crate) fn tables(report: &Report) -> anyhow::Result<()> {
    let headings = [
        "FOLDER", "ITEMS", "ESTIMATE", "NEW", "CHANGED", "GONE", "REQUESTS", "SENT", "RECEIVED", "MS",
        "ERRORS",
    ];
    output::rows(false, headings, &report.folders, |folder| {
        [
            folder.name.clone(),
            folder.items.to_string(),
            folder.estimate.map_or_else(|| "-".to_owned(), |estimate| estimate.to_string()),
            folder.adds.to_string(),
            folder.changes.to_string(),
            (folder.deletes + folder.soft_deletes).to_string(),
            folder.requests.to_string(),
            bytes(folder.bytes_out),
            bytes(folder.bytes_in),
            folder.duration_ms.to_string(),
            folder.errors.join("; "),
        ]
    })?;
    let totals = &report.totals;
    Narrator::new(false).say(format_args!(
        "\n{} in {}: {}, {} sent, {} received, {} ms; {}, {}",
        counted(report.items() as u64, "item"),
        counted(report.folders.len() as u64, "folder"),
        counted(totals.requests, "request"),
        bytes(totals.bytes_out),
        bytes(totals.bytes_in),
        report.duration_ms,
        counted(report.errors().count() as u64, "error"),
        anomalies(report.anomalies.len()),
    ));
    Ok(())
}

/// What is wrong with the conversation, in one sentence; `None` for nothing.
pub(crate) fn trouble(report: &Report) -> Option<String> {
    if report.is_clean() {
        return None;
    }
    let mut told: Vec<String> = report.errors().map(str::to_owned).collect();
    told.extend(report.anomalies.iter().map(ToString::to_string));
    Some(format!(
        "the conversation had {} and {}: {}",
        counted(report.errors().count() as u64, "error"),
        anomalies(report.anomalies.len()),
        told.join("; ")
    ))
}

fn anomalies(count: usize) -> String {
    if count == 1 { "1 anomaly".to_owned() } else { format!("{count} anomalies") }
}

/// `1 item`, `2 items`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Bytes for people, in powers of ten.
pub(crate) fn bytes(count: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", count / unit, count % unit * 10 / unit);
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(["1 item", "2 items"], [1, 2].map(|count| counted(count, "item")));
        assert_eq!(
            ["999 B", "1.0 kB", "45.6 MB", "7.0 GB"],
            [999, 1_000, 45_678_901, 7_000_000_000].map(bytes)
        );
    }

    #[test]
    fn a_clean_report_has_no_trouble_and_another_names_it() {
        let mut report = Report::default();
        assert_eq!(trouble(&report), None);
        let folder = syncledger_simulator::conversation::FolderReport {
            errors: vec!["Sync: Status 5".to_owned()],
            ..Default::default()
        };
        report.folders.push(folder);
        assert_eq!(trouble(&report).unwrap(), "the conversation had 1 error and 0 anomalies: Sync: Status 5");
    }
}
