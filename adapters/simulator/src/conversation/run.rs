//! The conversation itself.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    progress::{Observer, Progress, Step},
    report::{FolderReport, Report, StepReport},
};
use crate::{
    Phone,
    ascmd::{provision::Provisioned, sync::SyncRun},
    config::Version,
    error::Error,
    store::{Anomaly, Collection},
};

/// What belongs to the conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "steps that are independent of each other")]
pub struct Plan {
    /// Paths of the folders to synchronise; empty is all.
    pub folders: Vec<String>,
    /// `GetItemEstimate` before a folder's first window.
    pub estimate: bool,
    /// One whole message as MIME.
    pub fetch_message: bool,
    /// The first attachment found.
    pub fetch_attachment: bool,
    /// One message read (or unread), and back.
    pub toggle_read: bool,
    /// A Ping over all synchronised folders, with this heartbeat.
    pub ping: Option<Duration>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            estimate: true,
            fetch_message: true,
            fetch_attachment: true,
            toggle_read: false,
            ping: None,
        }
    }
}

/// Holds the conversation. Never fails as a whole: what went wrong is in the report.
pub async fn run(phone: &mut Phone, plan: Plan, observer: &mut dyn Observer) -> Report {
    let start = Instant::now();
    let before = (phone.totals(), phone.state().resyncs_from_zero);
    let seen = phone.state().anomalies.len();
    let mut talk = Talk { phone, plan, observer, report: Report::default(), first_anomaly: seen, seen };
    talk.whole().await;
    let Talk { phone, mut report, .. } = talk;
    report.version = phone.state().version.map(|version| version.to_string());
    report.commands.clone_from(&phone.state().commands);
    report.totals = phone.totals().since(before.0);
    report.resyncs_from_zero = phone.state().resyncs_from_zero - before.1;
    report.duration_ms = millis(start);
    report
}

/// A conversation under way.
pub(super) struct Talk<'a> {
    pub(super) phone: &'a mut Phone,
    pub(super) plan: Plan,
    observer: &'a mut dyn Observer,
    report: Report,
    first_anomaly: usize,
    /// Anomalies told so far.
    seen: usize,
}

impl Talk<'_> {
    async fn whole(&mut self) {
        if self.introduce().await.is_some() {
            self.folders().await;
            self.look_closer().await;
            self.ping().await;
        }
        let anomalies = &self.phone.state().anomalies;
        // A wipe empties the list.
        let new = anomalies.get(self.first_anomaly..).unwrap_or(anomalies);
        self.report.anomalies = new.to_vec();
    }

    /// Up to the tree of folders; `None` if there is no point in going on.
    async fn introduce(&mut self) -> Option<()> {
        let since = self.begin(Step::Options);
        let offer = self.phone.options().await;
        let version = offer.as_ref().ok().map(|offer| offer.chosen);
        let offer = offer.and_then(|offer| {
            if offer.chosen_is_offered {
                return Ok(offer);
            }
            Err(Error::VersionNotOffered { wanted: offer.chosen, offered: offer.versions.join(",") })
        });
        self.end(Step::Options, since, offer, |offer| {
            format!(
                "version {} of {}, {} commands",
                offer.chosen,
                offer.versions.join(","),
                offer.commands.len()
            )
        })?;

        let since = self.begin(Step::Provision);
        let provisioned = self.phone.provision().await;
        self.end(Step::Provision, since, provisioned, |provisioned| match provisioned {
            Provisioned::NoPolicy => "no policy".to_owned(),
            Provisioned::Policy { settings, .. } => format!("policy with {} settings", settings.len()),
        })?;

        if version.is_some_and(|version| version < Version::V14_1) {
            let since = self.begin(Step::DeviceInformation);
            let told = self.phone.settings_device_information().await;
            self.end(Step::DeviceInformation, since, told, |()| "device information".to_owned());
        }

        let since = self.begin(Step::FolderSync);
        let changes = self.phone.folder_sync().await;
        let folders = self.phone.state().folders.len();
        self.end(Step::FolderSync, since, changes, |changes| {
            format!("{folders} folders, {} new", changes.added.len())
        })?;
        Some(())
    }

    async fn folders(&mut self) {
        let wanted: Vec<(String, String, u32)> = self
            .phone
            .synchronised_folders()
            .into_iter()
            .map(|folder| (folder.id.clone(), self.phone.path(folder), folder.kind))
            .filter(|(_, path, _)| self.plan.folders.is_empty() || self.plan.folders.contains(path))
            .collect();
        for (id, name, kind) in wanted {
            let folder = self.folder(FolderReport { id, name, kind, ..FolderReport::default() }).await;
            self.tell(&Progress::Folder(folder.clone()));
            self.report.folders.push(folder);
            self.tell_anomalies();
        }
    }

    async fn folder(&mut self, mut report: FolderReport) -> FolderReport {
        let (start, before) = (Instant::now(), self.phone.totals());
        if let Err(error) = self.windows(&mut report).await {
            report.errors.push(error.to_string());
        }
        let totals = self.phone.totals().since(before);
        report.items = self.phone.state().items(&report.id).count();
        report.bytes_out = totals.bytes_out;
        report.bytes_in = totals.bytes_in;
        report.duration_ms = millis(start);
        report
    }

    /// Key 0, estimate, windows. Each window is a run of its own, so that progress can be told.
    async fn windows(&mut self, report: &mut FolderReport) -> Result<(), Error> {
        let id = report.id.clone();
        let mut run = SyncRun::default();
        let outcome = self.windows_into(&id, report, &mut run).await;
        report.add(&run);
        outcome
    }

    async fn windows_into(
        &mut self,
        id: &str,
        report: &mut FolderReport,
        run: &mut SyncRun,
    ) -> Result<(), Error> {
        let primed = self.phone.state().collections.get(id).is_some_and(Collection::is_primed);
        if !primed {
            run.merge(self.phone.prime(id).await?);
        }
        if self.plan.estimate {
            report.requests += 1;
            let estimate = self.phone.get_item_estimate(&[id]).await?.into_iter().next();
            match estimate {
                Some(estimate) if estimate.status == 1 => report.estimate = estimate.estimate,
                Some(estimate) => report.errors.push(format!("GetItemEstimate: Status {}", estimate.status)),
                None => report.errors.push("GetItemEstimate: no Response".to_owned()),
            }
        }
        let (folder, estimate) = (report.name.clone(), report.estimate);
        let observer = &mut *self.observer;
        let mut told = |phone: &Phone| {
            let items = phone.state().items(id).count();
            observer.progress(&Progress::Window { folder: folder.clone(), items, estimate });
        };
        run.merge(self.phone.sync_folder_watched(id, &mut told).await?);
        Ok(())
    }

    pub(super) fn begin(&mut self, step: Step) -> Instant {
        self.tell(&Progress::Begins(step));
        Instant::now()
    }

    pub(super) fn end<T>(
        &mut self,
        step: Step,
        since: Instant,
        outcome: Result<T, Error>,
        summary: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let (value, summary, error) = match outcome {
            Ok(value) => {
                let summary = summary(&value);
                (Some(value), Some(summary), None)
            }
            Err(error) => (None, None, Some(error.to_string())),
        };
        let event = match (&summary, &error) {
            (Some(summary), _) => {
                Progress::Done { step, summary: summary.clone(), duration: since.elapsed() }
            }
            (None, error) => Progress::Failed { step, error: error.clone().unwrap_or_default() },
        };
        self.tell(&event);
        self.report.steps.push(StepReport { step, summary, error, duration_ms: millis(since) });
        self.tell_anomalies();
        value
    }

    pub(super) fn skip(&mut self, step: Step, why: &'static str) {
        self.tell(&Progress::Skipped { step, why });
    }

    pub(super) fn tell(&mut self, event: &Progress) {
        self.observer.progress(event);
    }

    pub(super) fn tell_anomalies(&mut self) {
        let anomalies: Vec<Anomaly> = self.phone.state().anomalies.iter().skip(self.seen).cloned().collect();
        self.seen += anomalies.len();
        for anomaly in anomalies {
            self.tell(&Progress::Anomaly(anomaly));
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
