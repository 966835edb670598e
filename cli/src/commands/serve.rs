//! `serve`: serves devices until SIGTERM or SIGINT.

use std::sync::Arc;

use clap::Args;
use syncledger_domain::ids::NodeName;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

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
    /// This node's name, whatever the configuration says; nodes that share a log need names of their own.
    #[arg(long, value_name = "NAME")]
    node: Option<NodeName>,
}

impl Serve {
    pub(crate) async fn run(self, mut config: Config) -> anyhow::Result<()> {
        init_logging(&config);
        if let Some(address) = self.listen {
            config.listen = vec![crate::config::ListenConfig { address, tls: None }];
        }
        if self.node.is_some() {
            config.node = self.node;
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

/// SIGTERM, SIGINT and SIGHUP from the moment this exists: before, each ends the process on the spot.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn told_to_stop(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                // Whoever rotates log files sends this. They are opened anew by themselves, and so are certificates.
                _ = self.hang_up.recv() => tracing::info!("SIGHUP: rotated files are noticed without it"),
            }
        }
    }
}

/// Sends log lines to standard error, in the form and detail of the configuration.
pub(crate) fn init_logging(config: &Config) {
    let filter = EnvFilter::try_from_env("SYNCLEDGER_LOG")
        .or_else(|_| EnvFilter::try_new(&config.log.filter))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let in_colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // Set once per process; a second call (tests) leaves the first in place.
    let _ = lines(config.log.format, filter, in_colour, std::io::stderr).try_init();
}

/// Writes log lines. What a line happened in (the request, with its device) stands in front of it as text, and under
/// `spans` in JSON.
fn lines<W>(
    format: LogFormat,
    filter: EnvFilter,
    in_colour: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(in_colour);
    match format {
        LogFormat::Text => Box::new(lines.with_target(false).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_current_span(false).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Mutex, PoisonError},
    };

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A warning about a request, with informative lines left out.
    fn written(format: LogFormat) -> String {
        let page = Page::default();
        let writer = page.clone();
        let lines = lines(format, EnvFilter::new("warn"), false, move || writer.clone());
        tracing::subscriber::with_default(lines, || {
            let request = tracing::error_span!("request", request.id = "r1", device.id = "phone1");
            request.in_scope(|| tracing::warn!(reason = "full", "not stored"));
            request.in_scope(|| tracing::info!("left out"));
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_of_text_tells_its_request() {
        let text = written(LogFormat::Text);
        assert!(
            text.contains(r#"request{request.id="r1" device.id="phone1"}: not stored reason="full""#),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_line_of_json_tells_its_request_once() {
        let text = written(LogFormat::Json);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["message"], &line["reason"]), (&"not stored".into(), &"full".into()));
        assert_eq!(
            (&line["spans"][0]["request.id"], &line["spans"][0]["device.id"]),
            (&"r1".into(), &"phone1".into())
        );
        assert_eq!(text.matches("r1").count(), 1, "{text}");
    }
}
