//! The phone itself: configuration, memory, connection, and the way every command takes.
//!
//! The commands are methods in [`crate::ascmd`]; here is what they share: version and policy key, repetition when
//! an answer is lost, and the provisioning dance when a policy asks for it.

mod sending;

use bytes::Bytes;
use syncledger_wbxml::{Element, encode};

use crate::{
    config::{PhoneConfig, Version, VersionChoice},
    error::Error,
    fault::{Fault, Faults, Keep},
    store::PhoneState,
    tree,
    wire::{Command, Exchange, Params, Wire, build},
};

/// Statuses that a Provision cures: wipe pending, no key, refresh, stale key. MS-ASCMD, "Common Status Codes".
const PROVISION_FIRST: [u32; 4] = [140, 142, 143, 144];
/// What 12.1 says instead. MS-ASHTTP, "Status Line".
const RETRY_AFTER_PROVISION: u16 = 449;
/// Longest saved memory of a request id.
const CLIENT_ID_PREFIX: usize = 20;

/// What a phone has done since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// HTTP requests, repetitions included.
    pub requests: u64,
    /// Requests that were repeated because no answer came, or 503.
    pub repeats: u64,
    /// How often the phone went through Provision.
    pub provisions: u64,
    /// Bytes sent and received: HTTP heads and bodies, before TLS.
    pub bytes_out: u64,
    /// Bytes received, likewise.
    pub bytes_in: u64,
}

/// A simulated phone.
pub struct Phone {
    pub(crate) config: PhoneConfig,
    pub(crate) state: PhoneState,
    wire: Wire,
    faults: Faults,
    totals: Totals,
}

impl Phone {
    /// A phone that knows nothing yet. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn new(config: PhoneConfig) -> Result<Self, Error> {
        Self::with_state(config, PhoneState::default())
    }

    /// A phone with the memory of an earlier one.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn with_state(config: PhoneConfig, state: PhoneState) -> Result<Self, Error> {
        if !(1..=512).contains(&config.window_size) {
            return Err(Error::config("window_size", config.window_size.to_string(), "1 to 512"));
        }
        if config.client_id_prefix.len() > CLIENT_ID_PREFIX {
            return Err(Error::config("client_id_prefix", config.client_id_prefix, "at most 20 bytes"));
        }
        let wire = Wire::new(&config)?;
        Ok(Self { config, state, wire, faults: Faults::default(), totals: Totals::default() })
    }

    /// A phone that continues from what [`Phone::save`] wrote.
    ///
    /// # Errors
    /// [`Error::Memory`] if `memory` is not of that kind, [`Error::Config`].
    pub fn load(config: PhoneConfig, memory: &str) -> Result<Self, Error> {
        Self::with_state(config, serde_json::from_str(memory)?)
    }

    /// All the phone remembers, as JSON: keys, folders, items, unanswered changes. No password.
    ///
    /// # Errors
    /// [`Error::Memory`]; not expected.
    pub fn save(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(&self.state)?)
    }

    /// The same device with a copy of the memory and connections of its own, for requests at the same time (a
    /// waiting Ping, say). The two memories part ways.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self {
            config: self.config.clone(),
            state: self.state.clone(),
            wire: self.wire.twin(),
            faults: Faults::default(),
            totals: Totals::default(),
        }
    }

    /// Settings; changes apply from the next request on, but for `base_url` and `trust`.
    pub fn config_mut(&mut self) -> &mut PhoneConfig {
        &mut self.config
    }

    /// Settings.
    pub fn config(&self) -> &PhoneConfig {
        &self.config
    }

    /// What the phone remembers.
    pub fn state(&self) -> &PhoneState {
        &self.state
    }

    /// What the phone has done.
    pub fn totals(&self) -> Totals {
        let (bytes_out, bytes_in) = self.wire.traffic();
        Totals {
            bytes_out: self.totals.bytes_out + bytes_out,
            bytes_in: self.totals.bytes_in + bytes_in,
            ..self.totals
        }
    }

    /// The next answer is thrown away and the request repeated, see [`crate::Repeat`].
    pub fn lose_next_answer(&mut self) {
        self.inject(None, Fault::LoseAnswer);
    }

    /// The connection is dropped right after the next request, and the request repeated.
    pub fn hang_up_midway(&mut self) {
        self.inject(None, Fault::HangUp);
    }

    /// The next request goes out twice at the same time; the answer that comes first is used.
    pub fn duplicate_next(&mut self) {
        self.inject(None, Fault::Duplicate(Keep::First));
    }

    /// Something is to happen to the next request with this command, or to whichever comes next.
    pub fn inject(&mut self, command: Option<Command>, fault: Fault) {
        self.faults.push(command, fault);
    }

    /// One request with a document, or without. Sent again if no answer comes or the answer is 503 (see
    /// [`crate::Repeat`]); nothing is read from the answer.
    ///
    /// # Errors
    /// The way there, [`Error::TooLarge`], [`Error::Protocol`]. HTTP statuses and undecodable documents are in the
    /// [`Exchange`].
    pub async fn post(
        &mut self,
        command: Command,
        body: Option<Element>,
        params: Params,
    ) -> Result<Exchange, Error> {
        let bytes = body.map(|body| Bytes::from(encode(&body))).unwrap_or_default();
        self.post_raw(command, bytes, params).await
    }

    /// As [`Phone::post`] with any bytes.
    ///
    /// # Errors
    /// As [`Phone::post`].
    pub async fn post_raw(
        &mut self,
        command: Command,
        body: impl Into<Bytes> + Send,
        params: Params,
    ) -> Result<Exchange, Error> {
        self.post_with_key(self.state.policy_key, command, body.into(), &params).await
    }

    pub(crate) async fn post_with_key(
        &mut self,
        policy_key: u32,
        command: Command,
        body: Bytes,
        params: &Params,
    ) -> Result<Exchange, Error> {
        let version = match command {
            Command::Options => None,
            _ => Some(self.version().await?),
        };
        let request = build(&self.config, &self.wire.path, version, policy_key, command, body, params)?;
        self.perform(&request).await
    }

    /// The version in use; negotiated by OPTIONS if need be.
    ///
    /// # Errors
    /// As [`Phone::options`].
    pub async fn version(&mut self) -> Result<Version, Error> {
        match (self.config.version, self.state.version) {
            (VersionChoice::Fixed(version), _) | (VersionChoice::Highest, Some(version)) => Ok(version),
            (VersionChoice::Highest, None) => Box::pin(self.options()).await.map(|offer| offer.chosen),
        }
    }

    /// A command as phones send it: if a policy stands in the way, Provision, then the command again.
    ///
    /// # Errors
    /// Everything, [`Error::Http`] and [`Error::Status`] of 100 and above included; statuses below are the command's own.
    pub(crate) async fn call(
        &mut self,
        command: Command,
        body: Option<Element>,
        params: Params,
    ) -> Result<Exchange, Error> {
        let bytes = body.map(|body| Bytes::from(encode(&body))).unwrap_or_default();
        let mut exchange = self.post_with_key(self.state.policy_key, command, bytes.clone(), &params).await?;
        if provision_needed(&exchange) {
            tracing::debug!(eas.command = command.name(), "provision needed");
            self.provision().await?;
            exchange = self.post_with_key(self.state.policy_key, command, bytes, &params).await?;
        }
        checked(exchange)
    }

    pub(crate) fn count_provision(&mut self) {
        self.totals.provisions += 1;
    }

    /// A `ClientId` never used before by this phone.
    pub(crate) fn next_client_id(&mut self) -> String {
        self.state.client_ids += 1;
        format!("{}-{}", self.config.client_id_prefix, self.state.client_ids)
    }
}

fn provision_needed(exchange: &Exchange) -> bool {
    let status = exchange.body.as_ref().and_then(tree::root_status);
    exchange.status == RETRY_AFTER_PROVISION || status.is_some_and(|status| PROVISION_FIRST.contains(&status))
}

/// HTTP 200 with an empty body or a document that does not say no on the whole.
pub(crate) fn checked(exchange: Exchange) -> Result<Exchange, Error> {
    let command = exchange.command;
    if let Some(error) = exchange.http_error() {
        return Err(error);
    }
    if let Some(source) = exchange.undecodable {
        return Err(Error::Undecodable { command, source });
    }
    match &exchange.body {
        Some(body) => match tree::root_status(body) {
            Some(status) if status >= 100 => Err(Error::Status { command, status }),
            _ => Ok(exchange),
        },
        None if exchange.raw.is_empty() => Ok(exchange),
        None => Err(Error::protocol(command, "the answer has a body of an unexpected content type")),
    }
}
