//! `log verify|tail|export|import|stats`.

mod jsonl;

use std::{collections::BTreeMap, io::Write as _, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use syncledger_commands::{seal_log, verify_log};
use syncledger_domain::{
    Event,
    event::{Position, RecordedEvent, StreamId},
    ports::event_log::{EventLog, SubscriptionItem},
};

use syncledger_projections::timeline;

use crate::{
    config::Config,
    node::Node,
    output::{self, say},
    progress,
};

/// The event log.
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Check every hash chain and every seal; names the first broken event. Exit code 1 when something is wrong.
    Verify,
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
    Import {
        /// File to read.
        file: PathBuf,
    },
    /// Count events and streams.
    Stats,
    /// Append a seal over all streams now.
    Seal,
}

/// Events read at a time.
const PAGE: usize = 1000;

impl Log {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        if let Self::Import { file } = &self {
            return import(config, file, json).await;
        }
        let node = Node::open(config).await?;
        match self {
            Self::Verify => verify(&node, json).await,
            Self::Tail { follow, stream, lines } => tail(&node, follow, stream.as_deref(), lines, json).await,
            Self::Export { file } => export(&node, file, json).await,
            Self::Stats => stats(&node, json).await,
            Self::Seal => seal(&node, json).await,
            Self::Import { .. } => Ok(()),
        }
    }
}

async fn verify(node: &Node, json: bool) -> anyhow::Result<()> {
    let bar = progress::bar(json, "events");
    let mut show = |progress: verify_log::Progress| {
        bar.set_length(progress.until.0);
        bar.set_position(progress.done.0);
    };
    let verified = verify_log::run(&*node.log, None, &mut show).await;
    bar.finish_and_clear();
    let verified = verified.context("the log does not verify")?;
    output::done(
        json,
        &format!(
            "the log is whole: {} events in {} streams, {} seals, last position {}",
            verified.events, verified.streams, verified.seals, verified.last
        ),
        serde_json::json!({
            "events": verified.events,
            "streams": verified.streams,
            "seals": verified.seals,
            "last_position": verified.last.0,
        }),
    )
}

async fn tail(
    node: &Node,
    follow: bool,
    prefix: Option<&str>,
    lines: usize,
    json: bool,
) -> anyhow::Result<()> {
    let head = node.log.head().await?;
    let mut newest = std::collections::VecDeque::with_capacity(lines.min(PAGE));
    // Positions may have holes, so the start is looked for backwards in growing steps.
    let mut span = u64::try_from(lines).unwrap_or(u64::MAX).saturating_mul(2).max(64);
    loop {
        let mut after = Position(head.0.saturating_sub(span));
        let begins = after == Position::START;
        newest.clear();
        loop {
            let page = node.log.read_all(after, prefix, PAGE).await?;
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
    let mut subscription = node.log.subscribe(last).await?;
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

async fn export(node: &Node, file: Option<PathBuf>, json: bool) -> anyhow::Result<()> {
    let head = node.log.head().await?;
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
        let page = node.log.read_all(last, None, PAGE).await?;
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

async fn import(config: &Config, file: &std::path::Path, json: bool) -> anyhow::Result<()> {
    use std::io::BufRead as _;
    let opened = std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let size = opened.metadata()?.len();
    let node = Node::open_or_create(config).await?;
    let bar = progress::bar(json, "bytes");
    bar.set_length(size);
    let mut batch = Vec::with_capacity(PAGE);
    let (mut count, mut bytes, mut first) = (0_u64, 0_u64, true);
    for (number, line) in std::io::BufReader::new(opened).lines().enumerate() {
        let line = line.with_context(|| format!("{} line {}", file.display(), number + 1))?;
        bytes += line.len() as u64 + 1;
        if line.is_empty() {
            continue;
        }
        let event =
            jsonl::from_line(&line).with_context(|| format!("{} line {}", file.display(), number + 1))?;
        batch.push(event);
        count += 1;
        if batch.len() == PAGE {
            node.log.import(first, std::mem::take(&mut batch)).await?;
            first = false;
            bar.set_position(bytes);
        }
    }
    if !batch.is_empty() {
        node.log.import(first, batch).await?;
    }
    bar.finish_and_clear();
    if count == 0 {
        bail!("{} holds no events", file.display());
    }
    output::done(json, &format!("{count} events imported"), serde_json::json!({ "events": count }))
}

async fn stats(node: &Node, json: bool) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut last = Position::START;
    loop {
        let page = node.log.read_all(last, None, PAGE).await?;
        let Some(newest) = page.last() else { break };
        last = newest.position;
        for event in &page {
            let entry = kinds.entry(format!("{} v{}", event.event_type, event.version)).or_default();
            entry.0 += 1;
            entry.1 += event.payload.len() as u64;
        }
    }
    let streams = node.log.stream_heads(last).await?;
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

async fn seal(node: &Node, json: bool) -> anyhow::Result<()> {
    match seal_log::run(&node.repository, &node.admin()).await? {
        Some(seal) => output::done(
            json,
            &format!("sealed {} streams up to position {}; root {}", seal.streams, seal.up_to, seal.root),
            serde_json::json!({ "up_to": seal.up_to.0, "streams": seal.streams, "root": seal.root.to_string() }),
        ),
        None => output::done(json, "nothing was appended since the last seal", serde_json::json!({})),
    }
}
