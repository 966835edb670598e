//! `log verify|tail|export|import|stats`.

mod import;
mod jsonl;
mod seals;

use std::{collections::BTreeMap, io::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use syncledger_domain::{
    Event,
    event::{Position, RecordedEvent, StreamId, seal::LogSealed},
    ports::event_log::{EventLog, SubscriptionItem},
};
use syncledger_eventlog_sqlite::{Reading, SqliteEventLog};
use syncledger_projections::timeline;

use crate::{
    config::Config,
    node,
    output::{self, say},
    progress,
};

/// Verify, follow, export, import and seal the event log.
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Check every hash chain and every seal; names the first broken event. Exit code 1 when something is wrong.
    ///
    /// Prints the log's last seal. A log whose end was cut off is whole by itself: only a seal noted elsewhere shows it,
    /// given back by --seal.
    Verify {
        /// A seal noted earlier, as `log seal` and `log verify` print it; the log must still fit it.
        #[arg(long, value_name = "UP_TO:STREAMS:ROOT")]
        seal: Option<LogSealed>,
    },
    /// Show the newest events, and with --follow those to come.
    Tail {
        /// Go on with events as they are appended.
        #[arg(long, short)]
        follow: bool,
        /// Only streams whose name begins so: `device-`, `sync-<account>`, …
        #[arg(long, value_name = "PREFIX")]
        stream: Option<String>,
        /// How many of the newest events to show first.
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
    },
    /// Write all events as JSON Lines, lossless.
    Export {
        /// File to write; standard output when absent.
        file: Option<PathBuf>,
    },
    /// Read events written by `export` into an empty log.
    ///
    /// The whole file is checked before anything is kept. An import that was interrupted is finished by the same call
    /// again.
    Import {
        /// File to read.
        file: PathBuf,
    },
    /// Count events and streams.
    Stats,
    /// Append a seal over all streams now, and print what to note elsewhere for `log verify --seal`.
    Seal,
}

/// Events read at a time.
const PAGE: usize = 1000;

impl Log {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Verify { seal } => {
                let log = node::open_evidence(config, Reading::Once).await?;
                seals::verify(&log, seal.as_ref(), json).await
            }
            Self::Tail { follow, stream, lines } => {
                let reading = if follow { Reading::Following } else { Reading::Once };
                let log = node::open_evidence(config, reading).await?;
                tail(&log, follow, stream.as_deref(), lines, json).await
            }
            Self::Export { file } => {
                export(&node::open_evidence(config, Reading::Once).await?, file, json).await
            }
            Self::Stats => stats(&node::open_evidence(config, Reading::Once).await?, json).await,
            Self::Import { file } => import::run(config, &file, json).await,
            Self::Seal => seals::seal(config, json).await,
        }
    }
}

async fn tail(
    log: &SqliteEventLog,
    follow: bool,
    prefix: Option<&str>,
    lines: usize,
    json: bool,
) -> anyhow::Result<()> {
    let head = log.head().await?;
    let mut newest = std::collections::VecDeque::with_capacity(lines.min(PAGE));
    // Positions may have holes, so the start is looked for backwards in growing steps.
    let mut span = u64::try_from(lines).unwrap_or(u64::MAX).saturating_mul(2).max(64);
    loop {
        let mut after = Position(head.0.saturating_sub(span));
        let begins = after == Position::START;
        newest.clear();
        loop {
            let page = log.read_all(after, prefix, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            for event in page {
                if newest.len() == lines {
                    newest.pop_front();
                }
                if lines > 0 {
                    newest.push_back(event);
                }
            }
        }
        if begins || newest.len() >= lines {
            break;
        }
        span = span.saturating_mul(8);
    }
    let mut last = head;
    for event in &newest {
        print_event(event, json)?;
        last = last.max(event.position);
    }
    if !follow {
        return Ok(());
    }
    let mut subscription = log.subscribe(last).await?;
    loop {
        if let SubscriptionItem::Events(events) = subscription.next().await? {
            for event in
                events.iter().filter(|event| prefix.is_none_or(|p| event.stream.as_str().starts_with(p)))
            {
                print_event(event, json)?;
            }
        }
    }
}

fn print_event(event: &RecordedEvent, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", jsonl::with_text(event)?);
    } else {
        say!(
            "{:>8}  {}  {:<24} {}@{}  {}  {}",
            event.position.0,
            event.recorded_at,
            event.event_type,
            event.stream,
            event.revision,
            event.actor,
            payload_text(event)
        );
    }
    Ok(())
}

/// The payload for people, on one line; secrets stay out.
fn payload_text(event: &RecordedEvent) -> String {
    match Event::decode(event) {
        Ok(event) => {
            let fields = timeline::describe(&event);
            fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("({error})"),
    }
}

async fn export(log: &SqliteEventLog, file: Option<PathBuf>, json: bool) -> anyhow::Result<()> {
    let head = log.head().await?;
    let bar = progress::bar(json || file.is_none(), "events");
    bar.set_length(head.0);
    let mut writer: Box<dyn std::io::Write> = match &file {
        Some(path) => {
            use std::os::unix::fs::OpenOptionsExt;
            let mut options = std::fs::OpenOptions::new();
            let opened = options.write(true).create_new(true).mode(0o600).open(path);
            Box::new(std::io::BufWriter::new(
                opened.with_context(|| format!("cannot create {}", path.display()))?,
            ))
        }
        None => Box::new(std::io::BufWriter::new(std::io::stdout().lock())),
    };
    let mut last = Position::START;
    let mut count = 0_u64;
    while last < head {
        let page = log.read_all(last, None, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for event in page.iter().take_while(|event| event.position <= head) {
            writeln!(writer, "{}", jsonl::to_line(event)?)?;
            count += 1;
            last = event.position;
        }
        bar.set_position(last.0);
        if page.last().is_some_and(|event| event.position > head) {
            break;
        }
    }
    writer.flush()?;
    bar.finish_and_clear();
    match file {
        Some(path) => output::done(
            json,
            &format!("{count} events written to {}", path.display()),
            serde_json::json!({ "events": count }),
        ),
        None => Ok(()),
    }
}

async fn stats(log: &SqliteEventLog, json: bool) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut last = Position::START;
    loop {
        let page = log.read_all(last, None, PAGE).await?;
        let Some(newest) = page.last() else { break };
        last = newest.position;
        for event in &page {
            let entry = kinds.entry(format!("{} v{}", event.event_type, event.version)).or_default();
            entry.0 += 1;
            entry.1 += event.payload.len() as u64;
        }
    }
    let streams = log.stream_heads(last).await?;
    let mut categories: BTreeMap<&str, u64> = BTreeMap::new();
    for head in &streams {
        *categories.entry(category(&head.stream)).or_default() += 1;
    }
    let events: u64 = kinds.values().map(|(count, _)| count).sum();
    if json {
        return output::value(&serde_json::json!({
            "events": events,
            "last_position": last.0,
            "streams": categories,
            "types": kinds.iter().map(|(kind, (count, bytes))| {
                serde_json::json!({ "type": kind, "events": count, "payload_bytes": bytes })
            }).collect::<Vec<_>>(),
        }));
    }
    say!("{events} events, {} streams, last position {last}\n", streams.len());
    let streams: Vec<_> = categories.into_iter().collect();
    output::rows(false, ["STREAMS OF", "COUNT"], &streams, |(kind, count)| {
        [(*kind).to_owned(), count.to_string()]
    })?;
    say!("");
    let kinds: Vec<_> = kinds.into_iter().collect();
    output::rows(false, ["EVENT", "COUNT", "PAYLOAD BYTES"], &kinds, |(kind, (count, bytes))| {
        [kind.clone(), count.to_string(), bytes.to_string()]
    })
}

fn category(stream: &StreamId) -> &str {
    stream.as_str().split_once('-').map_or(stream.as_str(), |(word, _)| word)
}
