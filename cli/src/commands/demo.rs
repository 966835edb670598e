//! `demo`: a node with sample mail and a simulated phone, by one command.

mod mail;
mod next_steps;
mod phones;
mod setup;
mod story;
#[cfg(test)]
mod tests;

use std::{
    fs::OpenOptions,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use syncledger_commands::verify_log;
use syncledger_simulator::conversation::Report;

use self::{
    phones::DemoPhone,
    setup::{ALICE, BOB, Directory, PASSWORD},
};
use super::{
    conversation::{self, Narrator, counted},
    serve::until_told_to_stop,
};
use crate::{
    config::{Config, ListenConfig},
    node::Node,
    output,
    server::Server,
};

/// Where the demo lives when nothing is said.
const DEFAULT_DIR: &str = "syncledger-demo";
/// The server's own log lines, inside the data directory.
const LOG_FILE: &str = "server.log";

/// Make a data directory with sample mail, serve it, and run a simulated phone against it.
///
/// Without --dir the directory is `syncledger-demo` here. A directory made by an earlier demo is served again as it is,
/// and its phone goes on where it was. Nothing is needed before, and nothing is left behind but the directory. Stays up
/// until Ctrl-C.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to listen: plain HTTP, so an address of this computer alone. Port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Serve only; run no simulated phone.
    #[arg(long)]
    no_phone: bool,
    /// How many sample messages alice gets, when the directory is new.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    messages: u32,
}

/// What programs read.
#[derive(Serialize)]
struct Outcome {
    dir: PathBuf,
    directory: Directory,
    url: String,
    accounts: [Login; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Told>,
}

#[derive(Serialize)]
struct Login {
    address: &'static str,
    password: &'static str,
}

/// What the phone came to.
#[derive(Serialize)]
struct Told {
    device: String,
    continues: bool,
    report: Report,
    live: Option<story::Live>,
    live_error: Option<String>,
    log: Verified,
}

#[derive(Serialize)]
struct Verified {
    events: u64,
    streams: u64,
}

impl Demo {
    pub(crate) async fn run(self, dir: Option<PathBuf>, json: bool) -> anyhow::Result<()> {
        let dir = dir.unwrap_or_else(|| PathBuf::from(DEFAULT_DIR));
        self.must_be_free()?;
        let mut config = Config::load(None, Some(&dir))?;
        config.listen = vec![ListenConfig { address: self.listen, tls: None }];
        let directory = setup::look(&config)?;
        let narrator = Narrator::new(json);
        narrator.heading(format_args!("Data directory {}", dir.display()));
        let node = setup::prepare(directory, &config, self.messages, json).await?;
        log_to_file(&dir, &config)?;
        self.tell_directory(directory, narrator);

        let node = Arc::new(node);
        let server = Server::start(Arc::clone(&node), &config).await?;
        let address = server.addresses.first().context("the server listens nowhere")?;
        let url = format!("http://{address}");
        narrator.step(
            "server",
            format_args!("listens on {url}; its log lines are in {}", dir.join(LOG_FILE).display()),
        );

        let told = tokio::select! {
            told = self.show(&node, &server, &dir, directory, &url, json) => told,
            stopped = until_told_to_stop() => stopped,
        };
        narrator.say("\nStopping: everybody who waits gets an answer.");
        server.stop().await;
        told
    }

    /// An address another program listens on is better said before anything is made.
    fn must_be_free(&self) -> anyhow::Result<()> {
        let address = self.listen;
        if !address.ip().is_loopback() {
            bail!(
                "--listen {address}: the demo speaks plain HTTP, which the server allows with this computer only; use 127.0.0.1:{} here, and `syncledger serve` with a certificate for others",
                address.port()
            );
        }
        match std::net::TcpListener::bind(address) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
                "{address} is in use by another program: stop that one, or name another port by --listen {}:{} (port 0 lets the system choose)",
                address.ip(),
                address.port().checked_add(1).unwrap_or(0)
            ),
            Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
        }
    }

    fn tell_directory(&self, directory: Directory, narrator: Narrator) {
        match directory {
            Directory::Found => narrator.step("found", "served as it is; nothing is created"),
            Directory::Created | Directory::Completed => {
                narrator.step(
                    "created",
                    format_args!(
                        "ledger.db, the event log; accounts {ALICE} and {BOB}, password `{PASSWORD}`"
                    ),
                );
                narrator.step(
                    "mail",
                    format_args!(
                        "{} for alice in Maildirs, some for bob",
                        counted(self.messages.into(), "message")
                    ),
                );
            }
        }
    }

    /// Everything there is to see; ends only when something is wrong with the machine.
    async fn show(
        &self,
        node: &Node,
        server: &Server,
        dir: &Path,
        directory: Directory,
        url: &str,
        json: bool,
    ) -> anyhow::Result<()> {
        let narrator = Narrator::new(json);
        let mut alice = DemoPhone::pick_up(node, dir, url, ALICE)?;
        let phone = if self.no_phone {
            None
        } else {
            Some(converse(&mut alice, node, server, dir, url, narrator).await?)
        };
        let device = phone.as_ref().map(|_| alice.id().to_owned());
        if json {
            let accounts = [ALICE, BOB].map(|address| Login { address, password: PASSWORD });
            output::value(&Outcome { dir: dir.to_owned(), directory, url: url.to_owned(), accounts, phone })?;
        }
        next_steps::print(narrator, dir, url, device.as_deref());
        if device.is_none() {
            narrator.heading("Serving until Ctrl-C.");
            return std::future::pending().await;
        }
        narrator.heading("Serving until Ctrl-C. The phone goes on waiting; what it gets is shown here:");
        story::stay_connected(&mut alice, narrator).await;
        std::future::pending().await
    }
}

/// The phone's conversation, the live part, and the tables.
async fn converse(
    alice: &mut DemoPhone,
    node: &Node,
    server: &Server,
    dir: &Path,
    url: &str,
    narrator: Narrator,
) -> anyhow::Result<Told> {
    let continues = alice.continues;
    let how = if continues { "goes on where it was" } else { "connects for the first time" };
    narrator.heading(format_args!("A phone of {ALICE} (device id {}) {how}", alice.id()));
    let report = story::connect(alice, narrator).await?;
    let mut bob = DemoPhone::pick_up(node, dir, url, BOB)?;
    let live = if report.errors().next().is_none() {
        narrator.heading("While it is connected");
        story::live(alice, &mut bob, &server.services, narrator).await
    } else {
        Err(anyhow::anyhow!("the conversation before had errors"))
    };
    if let Err(error) = &live {
        narrator.step("FAILED", format_args!("{error:#}"));
    }
    narrator.heading("What the phone got");
    if !narrator.is_quiet() {
        conversation::tables(&report)?;
    }
    let verified = verify_log::run(&*node.log, None, &mut |_| ()).await.context("the log does not verify")?;
    let log = Verified { events: verified.events, streams: verified.streams };
    narrator.say(format_args!(
        "The ledger has {} in {}, and every hash chain is whole.",
        counted(log.events, "event"),
        counted(log.streams, "stream")
    ));
    let (live, live_error) = match live {
        Ok(live) => (Some(live), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Ok(Told { device: alice.id().to_owned(), continues, report, live, live_error, log })
}

/// Log lines go to a file of the directory, so that they do not stand between the lines for people.
fn log_to_file(dir: &Path, config: &Config) -> anyhow::Result<()> {
    let path = dir.join(LOG_FILE);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let filter = config.log.filter()?;
    // Set once per process; a second call (tests) leaves the first in place.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
    Ok(())
}
