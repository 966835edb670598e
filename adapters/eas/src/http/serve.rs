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
    event::{Actor, CorrelationId},
    ids::ProtocolVersion,
};
use syncledger_wbxml::{Element, to_xml_redacted};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::{
    FrontConfig,
    access::{self, Recording},
    admission::{Asked, account, device_id, device_type},
    auth::{Authenticator, Credentials, Login},
    body::{self, Leftover},
    devices::Devices,
    emptied::Emptied,
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
