//! The way of a request: parse, authenticate, gates, room, answer.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
};
use futures_util::FutureExt;
use http::{Method, Response, StatusCode, Uri};
use syncledger_commands::Issuer;
use syncledger_domain::{
    abq::Decision,
    anti_dos::Key,
    device::Introduction,
    event::{Actor, CorrelationId},
    ids::{AccountId, DeviceId, ProtocolVersion, ShownDeviceId},
    services::Service,
};
use syncledger_projections::policy_snapshot::AccountPolicy;
use syncledger_wbxml::{Element, to_xml_redacted};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::{
    FrontConfig,
    access::{self, Asking, Recording},
    auth::{Authenticator, Credentials, Login},
    body::{self, Leftover},
    devices::Devices,
    emptied::Emptied,
    gates::{self, BEFORE_REGISTRATION, DeviceFacts, Facts, NodeFacts, OF_DEVICE, OF_POLICY},
    head::Head,
    hear, panics,
    query::Query,
    record::{self, Record},
    refusal::Refusal,
    respond::{self, Form, Rendered},
    throttle::Throttle,
    verb::Verb,
};
use crate::{
    answer::{Answer, CommonStatus, Failure},
    ascmd::{self, EasCommand},
    context::{Context, RequestBody, World},
    services::Services,
};

/// What all requests of a listener share.
pub(super) struct Front {
    pub(super) services: Arc<Services>,
    pub(super) config: FrontConfig,
    pub(super) authenticator: Authenticator,
    pub(super) devices: Devices,
    pub(super) throttle: Throttle,
    pub(super) recording: Recording,
    pub(super) emptied: Emptied,
}

/// Answers one request in a task of its own: hyper drops this future when the phone hangs up, and what the request has
/// begun must be brought to its end all the same. Waiting ends then.
pub(super) async fn serve(State(front): State<Arc<Front>>, request: Request) -> Response<Body> {
    let hung_up = CancellationToken::new();
    let _on_drop = hung_up.clone().drop_guard();
    let tasks = front.config.tasks.clone();
    let repository = &front.services.repository;
    let request_id = CorrelationId(repository.randomness().uuid_v7(repository.clock().now()));
    let span = record::span(request_id);
    let within = span.clone();
    let task = tasks.spawn(async move {
        let answering = front.answer(request, request_id, hung_up);
        let (record, rendered) = answering.instrument(within).await;
        record.write(&rendered);
        hear::end(&front.config.loggers, &record, &rendered);
        rendered.response
    });
    task.await.unwrap_or_else(|error| {
        tracing::error!(parent: &span, reason = panics::of_task(&error), "request failed outside its room");
        respond::bare(StatusCode::INTERNAL_SERVER_ERROR).response
    })
}

/// What a request ends with when it is not refused.
enum Served {
    Options(Vec<ProtocolVersion>),
    Room(Answer),
}

impl Front {
    async fn answer(
        &self,
        request: Request,
        request_id: CorrelationId,
        hung_up: CancellationToken,
    ) -> (Record, Rendered) {
        let (parts, mut body) = request.into_parts();
        // Without an address the listener is set up wrongly; the peer then counts as anybody.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let mut record =
            Record::new(request_id, Span::current(), self.config.proxies.client(peer, &parts.headers));
        let head = Head::read(&parts.uri, &parts.headers);
        record.version = head.version.as_ref().ok().copied();
        let gzip = head.gzip;
        let served = match self.refuse_outright(&parts.method, &parts.uri, peer) {
            Err(refusal) => Err(refusal),
            Ok(()) => self.run(&mut record, parts, head, &mut body, hung_up).await,
        };
        // Most refusals come before the body was looked at.
        let kept_out =
            matches!(served, Err(Refusal::Throttled { .. } | Refusal::Eas(Failure::Forbidden { .. })));
        let known = record.account().is_some() && !kept_out;
        let leftover = if known { Leftover::ACCOUNT } else { Leftover::STRANGER };
        body::discard(&mut body, leftover).await;
        let form = Form {
            root: record.verb.as_ref().and_then(Verb::root),
            version: record.version,
            gzip,
            realm: &self.config.realm,
        };
        let rendered = match served {
            Ok(Served::Options(versions)) => {
                let commands: Vec<_> = EasCommand::ALL.iter().map(|command| command.name()).collect();
                respond::options(&versions, &commands)
            }
            Ok(Served::Room(answer)) => {
                if let Answer::Wbxml(document) = &answer {
                    tracing::trace!(document = %Redacted(document), "answer");
                }
                hear::answer(&self.config.loggers, &mut record, &answer);
                let only_waited = only_waited(record.verb.as_ref(), &answer);
                let rendered = respond::answer(&form, answer).await;
                self.count(&record, &rendered, only_waited);
                rendered
            }
            Err(refusal) => {
                record.reason = Some(refusal.to_string());
                hear::refusal(&mut record, &refusal);
                respond::refusal(&form, &refusal).await
            }
        };
        (record, rendered)
    }

    /// What needs no credentials to be refused.
    fn refuse_outright(&self, method: &Method, uri: &Uri, peer: IpAddr) -> Result<(), Refusal> {
        if !is_endpoint(uri.path()) {
            return Err(Refusal::http(StatusCode::NOT_FOUND, "no such path"));
        }
        if self.config.plain && !self.config.proxies.may_speak_plain(peer) {
            let reason = format!("plain HTTP from {peer}, which is neither this host nor a trusted proxy");
            return Err(Refusal::http(StatusCode::FORBIDDEN, reason));
        }
        match *method {
            Method::POST | Method::OPTIONS => Ok(()),
            Method::GET | Method::HEAD => {
                Err(Refusal::http(StatusCode::METHOD_NOT_ALLOWED, "only OPTIONS and POST are served"))
            }
            _ => Err(Refusal::http(StatusCode::NOT_IMPLEMENTED, "only OPTIONS and POST are served")),
        }
    }

    async fn run(
        &self,
        record: &mut Record,
        parts: http::request::Parts,
        head: Head,
        body: &mut Body,
        hung_up: CancellationToken,
    ) -> Result<Served, Refusal> {
        if let Ok(query) = &head.query {
            record.asks(query.verb.as_ref(), query.device_id.as_ref().ok());
        }
        let issuer = Issuer { actor: Actor::Device, correlation_id: record.request_id };
        self.node_serves()?;
        let query_user = head.query.as_ref().ok().and_then(|query| query.user.as_deref());
        let login = self.login(record, &parts.headers, query_user, &issuer).await?;
        hear::head(&self.config.loggers, record, &parts, body);
        let Head { query, version, policy_key, user_agent, .. } = head;
        let is_options = parts.method == Method::OPTIONS;
        let named = query.as_ref().ok().and_then(|query| query.device_id.as_ref().ok());
        let key = Key { account: login.account, device: named.filter(|_| !is_options).cloned() };
        self.throttle.judge(&self.services, &issuer, key).await?;
        if is_options {
            record.verb = None;
            let offered = self.options(&login, &user_agent);
            return self.tell_of(offered, &login, &issuer, &user_agent).await.map(Served::Options);
        }
        let query = query?;
        let command = command(&query)?;
        let (decision, (request_body, bytes_in)) = {
            let ask =
                Asked { query: &query, version: &version, policy_key, user_agent: &user_agent, command };
            let passed = self.gates(&login, &issuer, &ask).await;
            let decision = self.tell_of(passed, &login, &issuer, &user_agent).await?;
            let position = self.services.policy.current().position();
            let read = body::read(&parts.headers, body, self.services.limits.max_request_bytes).await;
            hear::body(&self.config.loggers, record, &read);
            let read = read?;
            // A body may take minutes to come. What was ordered meanwhile counts.
            let decision = if self.services.policy.current().position() == position {
                decision
            } else if self.authenticator.admits(&login) {
                self.gates(&login, &issuer, &ask).await?
            } else {
                return Err(Refusal::http(StatusCode::UNAUTHORIZED, "the password was taken away"));
            };
            (decision, read)
        };
        record.bytes_in = bytes_in;
        drop(parts);
        let context = self.context(&login, issuer, query, version, user_agent, hung_up)?;
        let context = access::lead(context, decision);
        let answered = in_room(&context, command, request_body).await;
        if let Err(Failure::RetryLater { .. }) = &answered {
            // Perhaps the mailbox does not take the secret any more: the next request asks it anew.
            self.authenticator.forget(&login).await;
        }
        match answered {
            // A wait that was ended for this reason: only another password helps.
            Err(failure) if !self.authenticator.admits(&login) => {
                Err(Refusal::http(StatusCode::UNAUTHORIZED, failure.to_string()))
            }
            answered => Ok(Served::Room(answered?)),
        }
    }

    async fn login(
        &self,
        record: &mut Record,
        headers: &http::HeaderMap,
        query_user: Option<&str>,
        issuer: &Issuer,
    ) -> Result<Login, Refusal> {
        let no_credentials =
            |error: super::auth::NoCredentials| Refusal::http(StatusCode::UNAUTHORIZED, error.to_string());
        let credentials = Credentials::read(headers).map_err(no_credentials)?;
        let login = self.authenticator.login(&credentials, record.client, issuer).await;
        let login =
            login.inspect_err(|error| hear::stranger(&self.config, record, &credentials.user, error))?;
        record.is_by(login.account);
        // The credentials decide. Some clients put an address there and log in by another name, so it only shows.
        record.other_user = query_user.is_some_and(|user| !credentials.mean_the_same_as(user));
        Ok(login)
    }

    /// Before anybody is asked who they are: a stopped service talks to nobody.
    fn node_serves(&self) -> Result<(), Refusal> {
        let snapshot = self.services.policy.current();
        if self.services.runs(&snapshot, Service::ActiveSync) {
            return Ok(());
        }
        Err(Failure::retry_later(format!("{} is stopped on this node", Service::ActiveSync)).into())
    }

    fn options(&self, login: &Login, user_agent: &str) -> Result<Vec<ProtocolVersion>, Refusal> {
        let snapshot = self.services.policy.current();
        let account = account(&snapshot, login)?;
        let node = NodeFacts::of(&self.services, &snapshot);
        gates::pass(
            BEFORE_REGISTRATION,
            &Facts { snapshot: &snapshot, account, node, user_agent, device: None },
        )?;
        Ok(gates::versions(&snapshot, account, user_agent).versions)
    }

    /// All gates, and between them the registration of a device that is new and the verdict on its access.
    async fn gates(&self, login: &Login, issuer: &Issuer, asked: &Asked<'_>) -> Result<Decision, Refusal> {
        let pass = |list| -> Result<(), Refusal> {
            let snapshot = self.services.policy.current();
            let facts = Facts {
                snapshot: &snapshot,
                account: account(&snapshot, login)?,
                node: NodeFacts::of(&self.services, &snapshot),
                user_agent: asked.user_agent,
                device: Some(asked.facts()?),
            };
            gates::pass(list, &facts).map_err(Refusal::from)
        };
        pass(BEFORE_REGISTRATION).map_err(|refusal| self.with_versions(refusal, login, asked.user_agent))?;
        let facts = asked.facts()?;
        let told = Introduction {
            shown: asked
                .query
                .shown_id
                .clone()
                .unwrap_or_else(|| self.shown(asked.query, login.account, facts.id)),
            device_type: facts.device_type.clone(),
            user_agent: asked.user_agent.to_owned(),
            protocol_version: facts.version.ok(),
        };
        self.devices.introduce(&self.services, issuer, login.account, facts.id, told).await?;
        pass(OF_DEVICE)?;
        let wiping = facts.command == EasCommand::Provision && self.wipe_pending(login.account, facts.id);
        let decision = if wiping {
            // The order goes out whatever the device may do besides.
            Decision::Allow
        } else {
            let shown = self.shown(asked.query, login.account, facts.id);
            let asking = Asking { account: login.account, device: facts.id, shown: &shown };
            access::judge(&self.services, &self.recording, issuer, &asking).await?
        };
        pass(OF_POLICY)?;
        Ok(decision)
    }

    /// Administrators hear of filters that leave somebody nothing.
    async fn tell_of<T>(
        &self,
        passed: Result<T, Refusal>,
        login: &Login,
        issuer: &Issuer,
        user_agent: &str,
    ) -> Result<T, Refusal> {
        if let Err(Refusal::Eas(Failure::Forbidden { .. })) = &passed {
            let snapshot = self.services.policy.current();
            if let Some(account) = snapshot.account(login.account) {
                let pool = gates::versions(&snapshot, account, user_agent);
                self.emptied.look(&self.services, issuer, &pool, user_agent).await;
            }
        }
        passed
    }

    /// Who speaks another version than those on offer is told which they are.
    fn with_versions(&self, refusal: Refusal, login: &Login, user_agent: &str) -> Refusal {
        match refusal {
            Refusal::Eas(failure @ Failure::Status { status: CommonStatus::VersionNotSupported, .. }) => {
                let snapshot = self.services.policy.current();
                let pool = snapshot
                    .account(login.account)
                    .map(|account| gates::versions(&snapshot, account, user_agent));
                Refusal::OtherVersions {
                    failure,
                    offered: pool.map(|pool| pool.versions).unwrap_or_default(),
                }
            }
            other => other,
        }
    }

    /// The id as the device writes it, by the record: one that writes it otherwise from request to request is one device with
    /// one verdict all the same.
    fn shown(&self, query: &Query, account: AccountId, device: &DeviceId) -> ShownDeviceId {
        let snapshot = self.services.policy.current();
        let now = || query.shown_id.clone().unwrap_or_else(|| device.into());
        snapshot.device(account, device).map_or_else(now, |known| known.shown())
    }

    fn wipe_pending(&self, account: AccountId, device: &DeviceId) -> bool {
        let snapshot = self.services.policy.current();
        snapshot.device(account, device).is_some_and(|device| device.standing.wipe.is_some())
    }

    fn context(
        &self,
        login: &Login,
        issuer: Issuer,
        query: Query,
        version: Result<ProtocolVersion, String>,
        user_agent: String,
        hung_up: CancellationToken,
    ) -> Result<Context, Refusal> {
        let snapshot = self.services.policy.current();
        let device = device_id(&query)?.clone();
        Ok(Context {
            services: Arc::clone(&self.services),
            issuer,
            account: login.account,
            address: account(&snapshot, login)?.address.clone(),
            opened_by: login.opened_by.clone(),
            shown: self.shown(&query, login.account, &device),
            device,
            device_type: device_type(&query)?.clone(),
            user_agent,
            version: version.map_err(|error| Failure::status(CommonStatus::VersionNotSupported, error))?,
            decision: Decision::Allow,
            world: World::Real,
            mailbox: Arc::clone(&login.mailbox),
            transport: Arc::clone(&login.backend.transport),
            parameters: query.parameters,
            hung_up,
        })
    }

    /// Counts the request for the device's sign of life, which is written behind the answer's back.
    fn count(&self, record: &Record, rendered: &Rendered, only_waited: bool) {
        let (Some(account), Some(device)) = (record.account(), record.device().cloned()) else { return };
        let bytes = (record.bytes_in, rendered.bytes_out);
        let Some(seen) = self.devices.count(&self.services, account, &device, bytes, only_waited) else {
            return;
        };
        let services = Arc::clone(&self.services);
        let issuer = Issuer { actor: Actor::Device, correlation_id: record.request_id };
        let recording =
            async move { Devices::record_seen(&services, &issuer, (account, device), seen).await };
        self.config.tasks.spawn(recording.instrument(record.span.clone()));
    }
}

/// Ping, or a Sync with nothing to say. (An empty answer to SendMail is a message sent.)
fn only_waited(verb: Option<&Verb>, answer: &Answer) -> bool {
    match verb {
        Some(Verb::Served(EasCommand::Ping)) => true,
        Some(Verb::Served(EasCommand::Sync)) => *answer == Answer::Empty,
        _ => false,
    }
}

/// What a request asks of the gates.
struct Asked<'a> {
    query: &'a Query,
    version: &'a Result<ProtocolVersion, String>,
    policy_key: Option<u32>,
    user_agent: &'a str,
    command: EasCommand,
}

impl Asked<'_> {
    fn facts(&self) -> Result<DeviceFacts<'_>, Failure> {
        Ok(DeviceFacts {
            id: device_id(self.query)?,
            device_type: device_type(self.query)?,
            version: self.version.as_ref().copied().map_err(String::as_str),
            command: self.command,
            policy_key: self.policy_key,
        })
    }
}

fn device_id(query: &Query) -> Result<&syncledger_domain::ids::DeviceId, Failure> {
    query.device_id.as_ref().map_err(|error| Failure::status(CommonStatus::DeviceIdMissingOrInvalid, error))
}

fn device_type(query: &Query) -> Result<&syncledger_domain::ids::DeviceType, Failure> {
    query
        .device_type
        .as_ref()
        .map_err(|error| Failure::status(CommonStatus::DeviceTypeMissingOrInvalid, error))
}

fn command(query: &Query) -> Result<EasCommand, Refusal> {
    match &query.verb {
        Some(Verb::Served(command)) => Ok(*command),
        Some(verb @ (Verb::Unserved(_) | Verb::Unknown(_))) => {
            Err(Failure::status(CommonStatus::CommandNotSupported, format!("command {verb} is not served"))
                .into())
        }
        None => Err(Refusal::bad_request("query without Cmd")),
    }
}

/// The account was there when the login was checked; it may have been removed since.
fn account<'a>(
    snapshot: &'a syncledger_projections::PolicySnapshot,
    login: &Login,
) -> Result<&'a AccountPolicy, Refusal> {
    let gone = || Refusal::http(StatusCode::UNAUTHORIZED, "the account was removed");
    snapshot.account(login.account).map(AsRef::as_ref).ok_or_else(gone)
}

/// A panic in a room is our fault and ends this request only.
async fn in_room(context: &Context, command: EasCommand, body: RequestBody) -> Result<Answer, Failure> {
    if let RequestBody::Wbxml(document) = &body {
        tracing::trace!(document = %Redacted(document), "request");
    }
    let room = AssertUnwindSafe(ascmd::handle(context, command, body));
    room.catch_unwind().await.unwrap_or_else(|panic| {
        tracing::error!(panic = panics::text(&*panic), "panic");
        Err(Failure::status(CommonStatus::ServerError, "panic in the command's room"))
    })
}

/// A document with its structure and without its content, written only where somebody reads it.
struct Redacted<'a>(&'a Element);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_xml_redacted(self.0))
    }
}

/// `/Microsoft-Server-ActiveSync` in any case, also with `/` or `/default.eas` behind it.
fn is_endpoint(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    matches!(path.strip_prefix("/microsoft-server-activesync"), Some("" | "/" | "/default.eas"))
}
