//! What the loggers of an account are told of a request: its head and its document when they came, its answer, and a
//! line at its end. Requests of accounts without loggers cost a look at the snapshot.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Body;
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use http_body_util::BodyExt;
use syncledger_domain::{ids::DeviceId, loggers::Level};
use syncledger_wbxml::{Element, Limits};

use super::{
    FrontConfig,
    auth::{LoginError, candidates},
    record::Record,
    refusal::Refusal,
    respond::Rendered,
};
use crate::{
    answer::{Answer, CommonStatus, Failure},
    context::RequestBody,
    loggers::{AccountLoggers, Counts, TAPPED, Told},
};

/// What is remembered of a request for the line at its end.
#[derive(Default)]
pub(super) struct Heard {
    received: Counts,
    sent: Counts,
    refused: Option<Level>,
    tapped: Option<Arc<Mutex<Tapped>>>,
}

/// The first bytes of a body, and how many came in all.
#[derive(Default)]
struct Tapped {
    first: Vec<u8>,
    total: usize,
}

/// Somebody was let in: tells where the request goes, and listens to its body.
pub(super) fn head(loggers: &AccountLoggers, record: &mut Record, parts: &Parts, body: &mut Body) {
    let Some(account) = record.account().filter(|account| loggers.wants(*account, Level::Trace)) else {
        return;
    };
    let told = Told::headers("request headers", Some(&parts.uri), &parts.headers);
    loggers.offer(told.with("http.method", Some(&parts.method)), account, record.request_id);
    let tapped = Arc::new(Mutex::new(Tapped::default()));
    record.heard.tapped = Some(Arc::clone(&tapped));
    let keep = move |data: &Bytes| {
        let mut tapped = tapped.lock().unwrap_or_else(PoisonError::into_inner);
        tapped.total += data.len();
        let room = TAPPED.saturating_sub(tapped.first.len()).min(data.len());
        tapped.first.extend_from_slice(&data[..room]);
    };
    let listened = mem::take(body).map_frame(move |frame| {
        frame.data_ref().into_iter().for_each(&keep);
        frame
    });
    *body = Body::new(listened);
}

/// Somebody who says to be this user was not let in.
pub(super) fn stranger(config: &FrontConfig, record: &Record, user: &str, error: &LoginError) {
    let loggers = &config.loggers;
    let level = match error {
        LoginError::Unavailable(_) => Level::Err,
        LoginError::Rejected(_) | LoginError::TooManyFailures { .. } => Level::Warn,
    };
    let addresses = candidates(user, config.login.default_domain.as_ref());
    let Some(account) = addresses.iter().find_map(|address| loggers.account(address)) else { return };
    if loggers.wants(account, level) {
        let line = Told::line(level, "login refused")
            .with("account", loggers.address(account))
            .with("client.address", Some(record.client))
            .with("eas.command", record.command())
            .with("device.id", record.device().map(DeviceId::as_str))
            .with("reason", Some(error));
        loggers.offer(line, account, record.request_id);
    }
}

/// The body was read, or was none.
pub(super) fn body(
    loggers: &AccountLoggers,
    record: &mut Record,
    read: &Result<(RequestBody, usize), Refusal>,
) {
    let Some((account, level)) = wanted(loggers, record) else { return };
    let tell = |told| loggers.offer(told, account, record.request_id);
    let document = match read {
        Ok((RequestBody::Wbxml(document), _)) => Some(document),
        _ => None,
    };
    if level >= Level::Debug {
        match read {
            Ok((RequestBody::Wbxml(document), _)) => tell(Told::document("request", document)),
            Ok((RequestBody::Mime(message), _)) => tell(Told::message("request message", message)),
            Ok((RequestBody::Empty, _)) | Err(_) => {}
        }
    }
    if let Some(tapped) = record.heard.tapped.take() {
        let tapped = tapped.lock().unwrap_or_else(PoisonError::into_inner);
        if tapped.total > 0 {
            let bytes = (tapped.first.as_slice(), tapped.total);
            tell(Told::raw("request bytes", record.command().as_deref(), document, bytes));
        }
    }
    record.heard.received = document.map(Counts::of).unwrap_or_default();
}

/// The room answered.
pub(super) fn answer(loggers: &AccountLoggers, record: &mut Record, answer: &Answer) {
    let Some((account, level)) = wanted(loggers, record) else { return };
    let tell = |told| loggers.offer(told, account, record.request_id);
    let command = record.command();
    match answer {
        Answer::Wbxml(document) => {
            if level >= Level::Debug {
                tell(Told::document("answer", document));
            }
            if level >= Level::Trace {
                let bytes = syncledger_wbxml::encode(document);
                tell(Told::raw("answer bytes", command.as_deref(), Some(document), (&bytes, bytes.len())));
            }
            record.heard.sent = Counts::of(document);
        }
        Answer::Multipart(bytes) => {
            let document = first_part(bytes);
            if let Some(document) = document.as_ref().filter(|_| level >= Level::Debug) {
                tell(Told::document("answer", document));
            }
            if level >= Level::Trace {
                let raw = (bytes.as_ref(), bytes.len());
                tell(Told::raw("answer bytes", command.as_deref(), document.as_ref(), raw));
            }
            record.heard.sent = document.as_ref().map(Counts::of).unwrap_or_default();
        }
        Answer::Empty => {}
    }
}

/// The document of a multipart answer (MS-ASCMD, "Delivery of Content Requested by Fetch"): how many parts there are,
/// then offset and length of each, the document's first.
fn first_part(bytes: &[u8]) -> Option<Element> {
    let number = |at: usize| -> Option<usize> {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let (offset, length) = (number(4)?, number(8)?);
    let document = bytes.get(offset..offset.checked_add(length)?)?;
    syncledger_wbxml::decode(document, &Limits::default()).ok()
}

/// The request is refused.
pub(super) fn refusal(record: &mut Record, refusal: &Refusal) {
    record.heard.refused = Some(match refusal {
        Refusal::Http { status: StatusCode::INTERNAL_SERVER_ERROR, .. } => Level::Crit,
        Refusal::Eas(Failure::RetryLater { .. }) => Level::Err,
        Refusal::Eas(Failure::Status { status, .. }) => by_status(*status),
        // The rest is between the device and its administrators.
        _ => Level::Warn,
    });
}

fn by_status(status: CommonStatus) -> Level {
    use CommonStatus as S;
    match status {
        S::ServerError => Level::Crit,
        S::ServerErrorRetryLater | S::MailboxServerOffline | S::MailSubmissionFailed => Level::Err,
        _ => Level::Warn,
    }
}

/// The answer is on its way.
pub(super) fn end(loggers: &AccountLoggers, record: &Record, rendered: &Rendered) {
    let Some((account, wanted)) = wanted(loggers, record) else { return };
    let tell = |told| loggers.offer(told, account, record.request_id);
    let heard = &record.heard;
    let odd = heard.sent.is_odd() || heard.received.is_odd();
    let level = match (heard.refused, rendered.eas_status) {
        (None, Some(110)) => Level::Crit,
        (None, Some(111)) => Level::Err,
        (Some(level), _) => level,
        (None, _) if odd => Level::Warn,
        (None, _) => Level::Info,
    };
    if wanted >= Level::Trace {
        tell(Told::headers("answer headers", None, rendered.response.headers()));
    }
    if wanted < level {
        return;
    }
    let headline = match (level, record.reason.is_some()) {
        (Level::Crit | Level::Err, _) => "request failed",
        (_, true) => "request refused",
        (_, false) => "request answered",
    };
    let statuses: Vec<&str> = heard.received.odd.iter().chain(&heard.sent.odd).map(String::as_str).collect();
    let folders = heard.received.folders.union(&heard.sent.folders).cloned().collect();
    let line = Told::line(level, headline)
        .with("account", loggers.address(account))
        .with("account.id", Some(account))
        .with("client.address", Some(record.client))
        .with("eas.command", record.command())
        .with("device.id", record.device().map(DeviceId::as_str))
        .with("eas.version", record.version)
        .with("http.status", Some(rendered.response.status().as_u16()))
        .with("eas.status", rendered.eas_status)
        .with("statuses", (!statuses.is_empty()).then(|| statuses.join(", ")))
        .with("query.other_user", record.other_user.then_some(true))
        .with("duration_ms", Some(record.began.elapsed().as_millis()))
        .with("bytes.received", Some(record.bytes_in))
        .with("bytes.sent", Some(rendered.bytes_out))
        .with("items.received", Some(heard.received.items))
        .with("items.sent", Some(heard.sent.items))
        .with("reason", record.reason.as_deref());
    tell(line.about(folders));
}

fn wanted(loggers: &AccountLoggers, record: &Record) -> Option<(syncledger_domain::ids::AccountId, Level)> {
    let account = record.account()?;
    loggers.level(account).map(|level| (account, level))
}
