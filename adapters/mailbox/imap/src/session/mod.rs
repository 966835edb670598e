//! One connection: commands go out, responses come in, and what the server says by the way is remembered.
//!
//! A session whose command did not run to its end (cancelled, timed out, refused by a broken connection) is never used
//! again: nobody could tell which answer belongs to which question.

mod connect;
mod stream;

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use syncledger_domain::ports::mailbox::BackendKey;
use tokio::time::{Instant, timeout};

use crate::{
    failure::{Failure, success},
    wire::{
        command::{Command, LiteralMode, Step},
        frame::Framer,
        response::{Code, Outcome, Response, words},
    },
};

pub(crate) use connect::{By, Connector};
use stream::Stream;

/// What a server can do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capabilities(HashSet<String>);

impl Capabilities {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn literals(&self) -> LiteralMode {
        if self.has("LITERAL+") {
            LiteralMode::AtOnce
        } else if self.has("LITERAL-") {
            LiteralMode::SmallAtOnce
        } else {
            LiteralMode::Synchronising
        }
    }
}

/// The selected folder, as the server described it when it was selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Selected {
    pub(crate) key: BackendKey,
    pub(crate) validity: u32,
    pub(crate) uidnext: Option<u32>,
    pub(crate) exists: u32,
    /// `None` without CONDSTORE, or where the folder has no lasting mod-sequences.
    pub(crate) modseq: Option<u64>,
    pub(crate) read_only: bool,
    /// Flags that can be changed for good, lower case; `\*` stands for any keyword.
    permanent: Option<HashSet<String>>,
}

impl Selected {
    fn new(key: &BackendKey) -> Self {
        Self {
            key: key.clone(),
            validity: 0,
            uidnext: None,
            exists: 0,
            modseq: None,
            read_only: false,
            permanent: None,
        }
    }

    /// Whether the server keeps this flag.
    pub(crate) fn keeps(&self, flag: &str) -> bool {
        self.permanent.as_ref().is_none_or(|flags| {
            flags.contains(&flag.to_ascii_lowercase()) || (!flag.starts_with('\\') && flags.contains("\\*"))
        })
    }

    fn learn(&mut self, code: &Code) {
        match code.name().as_str() {
            "UIDVALIDITY" => self.validity = code.number().unwrap_or(0),
            "UIDNEXT" => self.uidnext = code.number(),
            "HIGHESTMODSEQ" => self.modseq = code.number().filter(|modseq| *modseq > 0),
            "READ-ONLY" => self.read_only = true,
            "PERMANENTFLAGS" => {
                let arguments = code.arguments();
                let flags = arguments.first().and_then(|value| value.list()).unwrap_or_default();
                let flags = flags.iter().filter_map(|flag| flag.bytes());
                self.permanent =
                    Some(flags.map(|f| String::from_utf8_lossy(f).to_ascii_lowercase()).collect());
            }
            _ => {}
        }
    }
}

/// Commands on their way.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    tags: VecDeque<String>,
    outcomes: Vec<Outcome>,
}

impl Pending {
    /// The tag of the first command that has not ended.
    fn first_tag(&self) -> String {
        self.tags.front().cloned().unwrap_or_default()
    }

    /// How each command ended, in the order sent, as far as they have.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

/// What came next.
pub(crate) enum Progress {
    Untagged(Response),
    CommandEnded,
    AllEnded,
}

/// A connection on which somebody is logged in.
pub(crate) struct Session {
    stream: Stream,
    framer: Framer,
    capabilities: Capabilities,
    selected: Option<Selected>,
    /// A folder being selected, and the tag of that command.
    opening: Option<(String, Selected)>,
    /// Responses that came while a literal waited for its `+`.
    backlog: VecDeque<Response>,
    next_tag: u32,
    in_flight: bool,
    command_timeout: Duration,
    last_used: Instant,
}

impl Session {
    fn new(stream: Stream, framer: Framer, command_timeout: Duration) -> Self {
        Self {
            stream,
            framer,
            capabilities: Capabilities::default(),
            selected: None,
            opening: None,
            backlog: VecDeque::new(),
            next_tag: 0,
            in_flight: false,
            command_timeout,
            last_used: Instant::now(),
        }
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(crate) fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// Whether this folder is selected now.
    pub(crate) fn has_selected(&self, key: &BackendKey) -> bool {
        self.selected.as_ref().is_some_and(|selected| selected.key == *key)
    }

    /// Whether no command is on its way.
    pub(crate) fn is_settled(&self) -> bool {
        !self.in_flight
    }

    /// Every command has ended; for dialogues that are not read to their end by [`Self::next`].
    pub(crate) fn settle(&mut self) {
        self.in_flight = false;
    }

    pub(crate) fn last_used(&self) -> Instant {
        self.last_used
    }

    /// Whether the server has not hung up, as far as can be told without asking it.
    pub(crate) fn seems_alive(&mut self) -> bool {
        loop {
            match self.stream.read(self.framer.buffer()).now_or_never() {
                None => break,
                Some(Ok(0) | Err(_)) => return false,
                Some(Ok(_)) => {}
            }
        }
        loop {
            match self.framer.next().map(|frame| frame.map(Response::parse)) {
                Ok(None) => return true,
                Ok(Some(Ok(response))) if self.note(&response).is_ok() => {}
                _ => return false,
            }
        }
    }

    /// Runs one command whose untagged responses do not matter.
    pub(crate) async fn run(&mut self, command: Command) -> Result<Outcome, Failure> {
        let outcome = self.run_with(vec![command], |_| {}).await?;
        outcome.ok_or_else(|| Failure::Lost("a command without an outcome".to_owned()))
    }

    /// Runs commands in one go and hands over their untagged responses; the first refusal is the result, else the last
    /// outcome, if there was a command.
    pub(crate) async fn run_with(
        &mut self,
        commands: Vec<Command>,
        mut each: impl FnMut(Response) + Send,
    ) -> Result<Option<Outcome>, Failure> {
        let mut pending = self.send(commands).await?;
        while let Some(response) = self.next(&mut pending).await? {
            each(response);
        }
        let mut last = None;
        for outcome in pending.outcomes {
            last = Some(success(outcome)?);
        }
        Ok(last)
    }

    /// The command that makes a folder the selected one and brings the session up to date with it.
    pub(crate) fn reach(&self, key: &BackendKey) -> Command {
        if self.has_selected(key) { Command::new("NOOP") } else { self.select_command(key) }
    }

    /// Selects a folder, or looks at the selected one anew.
    pub(crate) async fn select(&mut self, key: &BackendKey) -> Result<Selected, Failure> {
        let command = self.select_command(key);
        self.run(command).await?;
        let lost = || Failure::Lost("the server selected no folder".to_owned());
        self.selected.clone().ok_or_else(lost)
    }

    fn select_command(&self, key: &BackendKey) -> Command {
        let command = Command::select(&key.0);
        // With QRESYNC enabled CONDSTORE is in force everywhere (RFC 7162, "QRESYNC").
        let ask = self.capabilities.has("CONDSTORE") && !self.capabilities.has("QRESYNC");
        if ask { command.text(" (CONDSTORE)") } else { command }
    }

    /// Sends commands without waiting for their end.
    pub(crate) async fn send(&mut self, commands: Vec<Command>) -> Result<Pending, Failure> {
        self.in_flight = true;
        let mut pending = Pending::default();
        for command in commands {
            self.next_tag += 1;
            let tag = format!("s{}", self.next_tag);
            if let Some(name) = command.selects() {
                self.opening = Some((tag.clone(), Selected::new(&BackendKey(name.to_owned()))));
            }
            pending.tags.push_back(tag.clone());
            for step in command.steps(&tag, self.capabilities.literals()) {
                match step {
                    Step::Write(bytes) => self.write(&bytes).await?,
                    Step::WriteAndWait(bytes) => {
                        self.write(&bytes).await?;
                        self.flush().await?;
                        if !self.may_go_on(&tag).await? {
                            break;
                        }
                    }
                }
            }
        }
        self.flush().await?;
        Ok(pending)
    }

    /// The next untagged response; `None` when all commands have ended.
    pub(crate) async fn next(&mut self, pending: &mut Pending) -> Result<Option<Response>, Failure> {
        loop {
            match self.step(pending).await? {
                Progress::Untagged(response) => return Ok(Some(response)),
                Progress::CommandEnded => {}
                Progress::AllEnded => return Ok(None),
            }
        }
    }

    /// As [`Self::next`], but also tells when one of several commands has ended.
    pub(crate) async fn step(&mut self, pending: &mut Pending) -> Result<Progress, Failure> {
        if pending.tags.is_empty() {
            self.in_flight = false;
            self.last_used = Instant::now();
            return Ok(Progress::AllEnded);
        }
        loop {
            let response = match self.backlog.pop_front() {
                Some(response) => response,
                None => self.receive(self.command_timeout).await?,
            };
            match response {
                Response::Tagged { tag, outcome } => {
                    if pending.tags.pop_front().is_none_or(|expected| expected.as_bytes() != tag) {
                        return Err(Failure::Lost("an answer to a question nobody asked".to_owned()));
                    }
                    pending.outcomes.push(outcome);
                    return Ok(Progress::CommandEnded);
                }
                Response::Continue(_) => {}
                response => return Ok(Progress::Untagged(response)),
            }
        }
    }

    /// Writes bytes of a dialogue that is not a command (`DONE`, an answer to a challenge).
    pub(crate) async fn write_raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(bytes).await?;
        self.flush().await
    }

    /// The next response of whatever kind, within a time.
    pub(crate) async fn receive(&mut self, patience: Duration) -> Result<Response, Failure> {
        loop {
            if let Some(frame) = self.framer.next()? {
                let response = Response::parse(frame)?;
                self.note(&response)?;
                return Ok(response);
            }
            let silent = || Failure::Lost(format!("no answer for {} s", patience.as_secs()));
            let read =
                timeout(patience, self.stream.read(self.framer.buffer())).await.map_err(|_| silent())??;
            if read == 0 {
                return Err(Failure::Lost("the server closed the connection".to_owned()));
            }
        }
    }

    /// Waits for the `+` before a literal of the command with this tag; `false` when the server has ended that command
    /// instead. Commands sent before it may end meanwhile.
    async fn may_go_on(&mut self, tag: &str) -> Result<bool, Failure> {
        loop {
            match self.receive(self.command_timeout).await? {
                Response::Continue(_) => return Ok(true),
                response => {
                    let ended = matches!(&response, Response::Tagged { tag: of, .. } if of == tag.as_bytes());
                    self.backlog.push_back(response);
                    if ended {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Remembers what a response says about the connection.
    fn note(&mut self, response: &Response) -> Result<(), Failure> {
        match response {
            Response::Bye(outcome) => return Err(bye(outcome)),
            Response::Capability(words) => self.capabilities = Capabilities(words.iter().cloned().collect()),
            Response::Exists(count) => {
                if let Some(selected) = self.open_folder() {
                    selected.exists = *count;
                }
            }
            Response::Untagged(Outcome { code: Some(code), .. }) => self.learn(code),
            Response::Tagged { tag, outcome } => self.end_of(tag, outcome),
            _ => {}
        }
        Ok(())
    }

    fn end_of(&mut self, tag: &Bytes, outcome: &Outcome) {
        if let Some(code) = &outcome.code {
            self.learn(code);
        }
        if self.opening.as_ref().is_some_and(|(expected, _)| expected.as_bytes() == tag) {
            let opened = self.opening.take().map(|(_, selected)| selected);
            self.selected = opened.filter(|_| success(outcome.clone()).is_ok());
        }
    }

    fn learn(&mut self, code: &Code) {
        if code.name() == "CAPABILITY" {
            self.capabilities = Capabilities(words(&code.arguments()).into_iter().collect());
        } else if let Some((_, selected)) = &mut self.opening {
            selected.learn(code);
        }
    }

    fn open_folder(&mut self) -> Option<&mut Selected> {
        self.opening.as_mut().map(|(_, selected)| selected).or(self.selected.as_mut())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let stuck = |_| Failure::Lost("the server does not read".to_owned());
        Ok(timeout(self.command_timeout, self.stream.write(bytes)).await.map_err(stuck)??)
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        let stuck = |_| Failure::Lost("the server does not read".to_owned());
        Ok(timeout(self.command_timeout, self.stream.flush()).await.map_err(stuck)??)
    }
}

fn bye(outcome: &Outcome) -> Failure {
    Failure::Lost(format!("the server says goodbye: {}", outcome.text))
}
