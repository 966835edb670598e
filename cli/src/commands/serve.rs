//! `serve`: serves devices until SIGTERM or SIGINT.

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::{Config, LogFormat},
    node::Node,
    server::Server,
};

/// Serve devices until told to stop.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Listen here instead of where the configuration says; plain HTTP.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<std::net::SocketAddr>,
}

impl Serve {
    pub(crate) async fn run(self, mut config: Config) -> anyhow::Result<()> {
        init_logging(&config);
        if let Some(address) = self.listen {
            config.listen = vec![crate::config::ListenConfig { address, tls: None }];
        }
        // A stop that is ordered while the node starts is an orderly one, too.
        let mut signals = Signals::listen()?;
        let node = Arc::new(Node::open_to_serve(&config).await?);
        let server = Server::start(node, &config).await?;
        for address in &server.addresses {
            tracing::info!(%address, dir = %config.dir.display(), "serving Exchange ActiveSync");
        }
        signals.told_to_stop().await;
        tracing::info!("stopping: answering everybody who waits");
        server.stop().await;
        Ok(())
    }
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn until_told_to_stop() -> anyhow::Result<()> {
    Signals::listen()?.told_to_stop().await;
    Ok(())
}

/// SIGTERM and SIGINT from the moment this exists: before, either ends the process on the spot.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn told_to_stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Sends log lines to standard error, in the form and detail of the configuration.
pub(crate) fn init_logging(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SYNCLEDGER_LOG")
        .or_else(|_| tracing_subscriber::EnvFilter::try_new(&config.log.filter))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // Set once per process; a second call (tests) leaves the first in place.
    let _ = match config.log.format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
