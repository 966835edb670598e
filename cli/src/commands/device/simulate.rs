//! `device simulate`: a real EAS client that drives the whole conversation of a device and reports what it gets.

mod fork;
mod read_only;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use syncledger_commands::remove_device;
use syncledger_domain::{
    directory::Service,
    ids::{Address, DeviceId, DeviceType},
    ports::clock::Randomness as _,
};
use syncledger_projections::{
    devices::{self, DeviceRow},
    directory::AccountRow,
};
use syncledger_simulator::{
    Phone, PhoneConfig, Trust, Version, VersionChoice,
    conversation::{self, Plan, Report, Step},
};

use self::fork::Fork;
use crate::{
    commands::{
        account,
        conversation::{Narrator, tables, trouble},
        serve::{init_logging, until_told_to_stop},
    },
    config::Config,
    input_file,
    node::Node,
    output::{self, say},
    password,
    system::SystemRandomness,
};

/// Run a simulated phone against an account and report what it gets.
///
/// Without --url the conversation is held with a server inside this process, which works on a copy of the account's part
/// of the log, in memory: the log, the device's sync states and the mail stay as they are. The mail is the real one and
/// only read; what a phone would change is refused. The node may be up or down meanwhile.
///
/// With --url a running server is driven for real, as by any phone: it registers the device, and with the id of a device
/// that exists, that device synchronises from the beginning afterwards. The device of --new is removed again when this
/// node's log knows it; otherwise it stays behind, and its id is told.
///
/// Exit code 1 when the conversation had an error, or an answer no careful client accepts.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Address or id of the account.
    account: String,
    /// Take the part of this device: its type, user agent and protocol version.
    #[arg(required_unless_present = "new")]
    device: Option<DeviceId>,
    /// Take the part of a device nobody has seen.
    #[arg(long, conflicts_with = "device")]
    new: bool,
    /// Password to log in with, asked for when no value follows. Not needed without --url for accounts with a local
    /// password. Better by file: a command line can be read by others.
    #[arg(long, num_args = 0..=1, default_missing_value = "")]
    password: Option<String>,
    /// File whose first line is the password.
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file: Option<PathBuf>,
    /// Drive this running server, `https://mail.example.com`.
    #[arg(long)]
    url: Option<String>,
    /// Certificates to trust besides the system's, in PEM form.
    #[arg(long, value_name = "FILE", requires = "url")]
    ca_file: Option<PathBuf>,
    /// What the device calls its kind.
    #[arg(long, value_name = "TYPE", value_parser = DeviceType::new)]
    device_type: Option<DeviceType>,
    /// Protocol version to speak (12.1, 14.0, 14.1, 16.0, 16.1); the device's own, or else the highest offered.
    #[arg(long, value_name = "VERSION")]
    protocol: Option<Version>,
    /// Only mail of the last days: rounded up to 1, 3, 7, 14 or 31; above that, and with 0, everything.
    #[arg(long, value_name = "N", default_value_t = 0)]
    days: u32,
    /// Most items of a folder in one answer.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=512))]
    window: u16,
}

/// What programs read.
#[derive(Serialize)]
struct Outcome {
    account: String,
    device: String,
    new: bool,
    /// `copy` of the log in memory, or `server`.
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    clean: bool,
    /// Whether a device registered in the log remains because of this call.
    left_behind: bool,
    report: Report,
}

/// Whether the account opens ActiveSync to mobile passwords alone.
fn has_mobile_passwords(account: &AccountRow) -> bool {
    account.mobile_passwords.values().any(|password| password.services.contains(&Service::Eas))
}

/// Whose phone it is, as far as the log at hand knows.
struct Subject {
    address: String,
    account: Option<AccountRow>,
    registered: Option<DeviceRow>,
    device: DeviceId,
}

impl Simulate {
    pub(super) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let mut logging = config.clone();
        "warn".clone_into(&mut logging.log.filter);
        init_logging(&logging);
        let outcome = if self.url.is_some() {
            self.against_server(config, json).await?
        } else {
            self.against_copy(config, json).await?
        };
        tell(&outcome, json)?;
        match trouble(&outcome.report) {
            Some(trouble) => bail!(trouble),
            None => Ok(()),
        }
    }

    async fn against_copy(&self, config: &Config, json: bool) -> anyhow::Result<Outcome> {
        let node = Node::open(config).await?;
        let subject = self.subject(&node).await?;
        let Some(account) = &subject.account else { bail!("account '{}' does not exist", self.account) };
        let copied = subject.registered.as_ref().map(|row| &row.id);
        let mut fork = Fork::of(&node, config, account, copied).await?;
        let secret = match self.secret()? {
            Some(secret) => secret,
            None if has_mobile_passwords(account) => fork.mobile_password(account.id).await?,
            None if fork.checks_secrets(account) => password::ask()?,
            None if account.password_hash.is_some() => fork.random_password(account.id).await?,
            None => bail!(
                "nobody can log in to {0}: it has no local password, and its mailbox checks none; `syncledger account set {0} --password` sets one",
                account.address
            ),
        };
        let url = fork.serve(config).await?;
        let narrator = Narrator::new(json);
        narrator.heading(format_args!(
            "{} as {} (a copy of the log in memory; nothing is recorded, mail is only read)",
            subject.address, subject.device
        ));
        let mut phone = self.phone(&subject, &url, secret)?;
        let report = converse(&mut phone, narrator).await;
        fork.stop().await;
        Ok(self.outcome(&subject, None, report?, false))
    }

    async fn against_server(&self, config: &Config, json: bool) -> anyhow::Result<Outcome> {
        let node = if config.ledger().exists() { Some(Node::open(config).await?) } else { None };
        let subject = match &node {
            Some(node) => self.subject(node).await?,
            None => Subject {
                address: self.account.clone(),
                account: None,
                registered: None,
                device: self.device.clone().map_or_else(throw_away_id, Ok)?,
            },
        };
        let secret = match self.secret()? {
            Some(secret) => secret,
            None => password::ask()?,
        };
        let url = self.url.clone().unwrap_or_default();
        let narrator = Narrator::new(json);
        narrator.heading(format_args!("{} as {} against {url}", subject.address, subject.device));
        let mut phone = self.phone(&subject, &url, secret)?;
        let report = converse(&mut phone, narrator).await;
        // Also after an interruption.
        let came_in = report.as_ref().map_or(true, came_in);
        let left_behind = self.new && came_in && !remove(node.as_ref(), &subject).await?;
        Ok(self.outcome(&subject, Some(url), report?, left_behind))
    }

    /// Account and device as the log has them. With --url the log at hand may be of another node, which knows neither.
    async fn subject(&self, node: &Node) -> anyhow::Result<Subject> {
        let account = match account::find_row(node, &self.account).await {
            Ok(account) => account,
            Err(_) if self.url.is_some() && self.account.parse::<Address>().is_ok() => {
                let device = self.device.clone().map_or_else(throw_away_id, Ok)?;
                return Ok(Subject {
                    address: self.account.clone(),
                    account: None,
                    registered: None,
                    device,
                });
            }
            Err(error) => return Err(error),
        };
        let address = account.address.to_string();
        let registered = match &self.device {
            Some(device) => Some(super::known(node, account.id, &self.account, device).await?),
            None => None,
        };
        let device = self.device.clone().map_or_else(throw_away_id, Ok)?;
        Ok(Subject { address, account: Some(account), registered, device })
    }

    fn secret(&self) -> anyhow::Result<Option<String>> {
        match (&self.password, &self.password_file) {
            (None, None) => Ok(None),
            (Some(empty), _) if empty.is_empty() => password::ask().map(Some),
            (Some(given), _) => Ok(Some(given.clone())),
            (None, Some(file)) => password::first_line(file).map(Some),
        }
    }

    fn phone(&self, subject: &Subject, url: &str, secret: String) -> anyhow::Result<Phone> {
        let mut config =
            PhoneConfig::new(url, subject.address.as_str(), secret).device_id(subject.device.as_str());
        config.window_size = self.window;
        config.filter_type = Some(filter_type(self.days));
        if let Some(row) = &subject.registered {
            imitate(row, &mut config);
        }
        if let Some(device_type) = &self.device_type {
            device_type.as_str().clone_into(&mut config.device_type);
        }
        if let Some(version) = self.protocol {
            config.version = VersionChoice::Fixed(version);
        }
        if let Some(file) = &self.ca_file {
            let pem = input_file::read_text(file, input_file::MAX_BYTES).context("--ca-file")?;
            config.trust = Trust::SystemAnd(pem.into_bytes());
        }
        Ok(Phone::new(config)?)
    }

    fn outcome(&self, subject: &Subject, url: Option<String>, report: Report, left_behind: bool) -> Outcome {
        Outcome {
            account: subject.address.clone(),
            device: subject.device.to_string(),
            new: self.new,
            mode: if url.is_some() { "server" } else { "copy" },
            url,
            clean: report.is_clean(),
            left_behind,
            report,
        }
    }
}

/// The conversation: everything but changes of mail.
async fn converse(phone: &mut Phone, mut narrator: Narrator) -> anyhow::Result<Report> {
    tokio::select! {
        report = conversation::run(phone, Plan { toggle_read: false, ..Plan::default() }, &mut narrator) => Ok(report),
        stopped = until_told_to_stop() => {
            stopped?;
            bail!("interrupted")
        }
    }
}

fn tell(outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    if json {
        return output::value(outcome);
    }
    say!("");
    tables(&outcome.report)?;
    for anomaly in &outcome.report.anomalies {
        say!("anomaly: {anomaly}");
    }
    if outcome.left_behind {
        say!(
            "device {} stays registered there: this log does not know it; remove it with `syncledger device remove {} {}` on that node",
            outcome.device,
            outcome.account,
            outcome.device
        );
    }
    Ok(())
}

/// Whether the server let the device in, and so has registered it: everything after OPTIONS is about a device.
fn came_in(report: &Report) -> bool {
    report.steps.iter().any(|step| step.step != Step::Options && step.error.is_none())
}

/// Takes a throw-away device out of the log again; whether there is none left.
async fn remove(node: Option<&Node>, subject: &Subject) -> anyhow::Result<bool> {
    let (Some(node), Some(account)) = (node, &subject.account) else { return Ok(false) };
    node.catch_up().await?;
    if devices::device(&*node.view_store(), account.id, &subject.device).await?.is_none() {
        // It may not even have come to a registration; but then the server may also be another node's.
        return Ok(false);
    }
    remove_device::run(&node.repository, &node.admin(), account.id, &subject.device).await?;
    Ok(true)
}

/// Everything a server can notice of a device, as it was registered.
fn imitate(row: &DeviceRow, config: &mut PhoneConfig) {
    row.device_type.as_str().clone_into(&mut config.device_type);
    row.user_agent.clone_into(&mut config.user_agent);
    // A version this phone does not speak leaves it the highest.
    if let Some(Ok(version)) = row.protocol_version.map(|version| version.to_string().parse()) {
        config.version = VersionChoice::Fixed(version);
    }
    let (info, told) = (&row.info, &mut config.device_information);
    for (known, told) in [
        (&info.model, &mut told.model),
        (&info.friendly_name, &mut told.friendly_name),
        (&info.os, &mut told.os),
        (&info.os_language, &mut told.os_language),
    ] {
        if let Some(known) = known {
            known.clone_into(told);
        }
    }
}

fn throw_away_id() -> anyhow::Result<DeviceId> {
    let (one, two) = (SystemRandomness.nonzero_u32(), SystemRandomness.nonzero_u32());
    Ok(DeviceId::new(&format!("sim{one:08x}{two:08x}"))?)
}

/// The smallest window of time that holds so many days. MS-ASCMD, "FilterType".
fn filter_type(days: u32) -> u8 {
    match days {
        1 => 1,
        2..=3 => 2,
        4..=7 => 3,
        8..=14 => 4,
        15..=31 => 5,
        0 | 32.. => 0,
    }
}
