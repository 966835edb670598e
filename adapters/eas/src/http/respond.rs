//! Answers and refusals → HTTP (MS-ASHTTP, "Response"; MS-ASCMD, "Common Status Codes").
//!
//! From 14.0 on a common status is a document with the command's root, in an HTTP 200; before that it is an HTTP code.
//! Every answer has its exact length, and no content type when it is empty.

use std::io::Write;

use axum::body::Body;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY,
        WWW_AUTHENTICATE,
    },
};
use hyper::ext::ReasonPhrase;
use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::{Element, Tag};

use super::{body::LARGE, headers, refusal::Refusal};
use crate::answer::{Answer, CommonStatus, Failure};

/// Smaller bodies are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

/// What decides how an answer is written.
#[derive(Clone, Debug)]
pub(super) struct Form<'a> {
    /// Root of the command's documents, where the command is known and has any.
    pub(super) root: Option<Tag>,
    /// Where it is known.
    pub(super) version: Option<ProtocolVersion>,
    /// Whether the client reads gzip.
    pub(super) gzip: bool,
    /// Shown when credentials are asked for.
    pub(super) realm: &'a str,
}

/// An answer as it goes out, with what the log wants to know of it.
pub(super) struct Rendered {
    pub(super) response: Response<Body>,
    /// Status of the document's root.
    pub(super) eas_status: Option<u32>,
    /// Size of the body before compression.
    pub(super) bytes_out: usize,
}

/// Writes an answer of a room.
pub(super) async fn answer(form: &Form<'_>, answer: Answer) -> Rendered {
    match answer {
        Answer::Empty => bare(StatusCode::OK),
        Answer::Wbxml(document) => wbxml(form, document).await,
        Answer::Multipart(bytes) => with_body(form, headers::MULTIPART, bytes).await,
    }
}

/// Writes a refusal.
pub(super) async fn refusal(form: &Form<'_>, refusal: &Refusal) -> Rendered {
    match refusal {
        Refusal::Http { status, .. } => {
            let mut rendered = bare(*status);
            let headers = rendered.response.headers_mut();
            match *status {
                StatusCode::UNAUTHORIZED => {
                    let challenge = HeaderValue::try_from(format!("Basic realm=\"{}\"", form.realm));
                    let challenge =
                        challenge.unwrap_or(HeaderValue::from_static("Basic realm=\"ActiveSync\""));
                    headers.insert(WWW_AUTHENTICATE, challenge);
                }
                StatusCode::METHOD_NOT_ALLOWED => {
                    headers.insert(ALLOW, HeaderValue::from_static(headers::METHODS));
                }
                _ => {}
            }
            rendered
        }
        Refusal::Throttled { after_secs } => {
            let mut rendered = bare(StatusCode::SERVICE_UNAVAILABLE);
            let headers = rendered.response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(*after_secs));
            headers.insert(headers::THROTTLE, HeaderValue::from_static(headers::TOO_MANY_REQUESTS));
            rendered
        }
        Refusal::OtherVersions { failure, offered } => {
            let mut rendered = failed(form, failure).await;
            name_versions(
                rendered.response.headers_mut(),
                offered,
                &[headers::PROTOCOL_VERSIONS, headers::REPROVISION],
            );
            rendered
        }
        Refusal::Eas(failure) => failed(form, failure).await,
    }
}

/// Writes a failure every room shares.
async fn failed(form: &Form<'_>, failure: &Failure) -> Rendered {
    match failure {
        Failure::Forbidden { .. } => bare(StatusCode::FORBIDDEN),
        Failure::RetryLater { after_secs, .. } => {
            let mut rendered = bare(StatusCode::SERVICE_UNAVAILABLE);
            rendered.response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*after_secs));
            rendered
        }
        Failure::Status { status, .. } => {
            let in_body = form.version.is_some_and(ProtocolVersion::reports_errors_in_body);
            match form.root.filter(|_| in_body) {
                Some(root) => wbxml(form, status_document(root, *status)).await,
                None => http_equivalent(*status),
            }
        }
    }
}

/// The answer to OPTIONS.
pub(super) fn options(versions: &[ProtocolVersion], commands: &[&str]) -> Rendered {
    let mut rendered = bare(StatusCode::OK);
    let headers = rendered.response.headers_mut();
    name_versions(headers, versions, &[headers::PROTOCOL_VERSIONS]);
    if let Ok(value) = HeaderValue::try_from(commands.join(",")) {
        headers.insert(headers::PROTOCOL_COMMANDS, value);
    }
    headers.insert(headers::PUBLIC, HeaderValue::from_static(headers::METHODS));
    headers.insert(ALLOW, HeaderValue::from_static(headers::METHODS));
    rendered
}

/// Puts the list of versions into each of these headers.
fn name_versions(map: &mut HeaderMap, versions: &[ProtocolVersion], names: &[HeaderName]) {
    let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
    if let Ok(value) = HeaderValue::try_from(versions.join(",")) {
        for name in names {
            map.insert(name, value.clone());
        }
    }
}

/// `<Cmd><Status>nnn</Status></Cmd>` in the command's own namespace.
fn status_document(root: Tag, status: CommonStatus) -> Element {
    let number = status.value().to_string();
    let child = root.page_name().and_then(|page| Tag::named(page, "Status"));
    Element::new(root).with_all(child.map(|tag| Element::text(tag, number)))
}

fn http_equivalent(status: CommonStatus) -> Rendered {
    let code = StatusCode::from_u16(status.http_equivalent()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut rendered = bare(code);
    match code.as_u16() {
        449 => {
            let phrase = ReasonPhrase::from_static(b"Retry after sending a PROVISION command");
            rendered.response.extensions_mut().insert(phrase);
        }
        503 => {
            rendered.response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(30));
        }
        // The rest of the body is not read: the connection is of no further use.
        413 => {
            rendered.response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    rendered
}

async fn wbxml(form: &Form<'_>, document: Element) -> Rendered {
    let eas_status = root_status(&document);
    let encoded = syncledger_wbxml::encode(&document);
    drop(document);
    Rendered { eas_status, ..with_body(form, headers::WBXML, encoded.into()).await }
}

/// The Status a document's root holds.
fn root_status(document: &Element) -> Option<u32> {
    let status = Tag::named(document.tag.page_name()?, "Status")?;
    document.child(status)?.text_content()?.parse().ok()
}

async fn with_body(form: &Form<'_>, content_type: &'static str, bytes: Bytes) -> Rendered {
    let bytes_out = bytes.len();
    let (bytes, compressed) =
        if form.gzip && bytes_out >= WORTH_COMPRESSING { shorter(bytes).await } else { (bytes, false) };
    let mut rendered = head(StatusCode::OK, bytes.len());
    let headers = rendered.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    *rendered.body_mut() = Body::from(bytes);
    Rendered { response: rendered, eas_status: None, bytes_out }
}

/// The body compressed, or as it was where that is not shorter.
async fn shorter(bytes: Bytes) -> (Bytes, bool) {
    let plain = bytes.clone();
    let compressed = if bytes.len() < LARGE {
        deflate(&bytes)
    } else {
        tokio::task::spawn_blocking(move || deflate(&bytes)).await.unwrap_or(None)
    };
    match compressed {
        Some(compressed) if compressed.len() < plain.len() => (compressed.into(), true),
        _ => (plain, false),
    }
}

fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// An answer without body.
pub(super) fn bare(status: StatusCode) -> Rendered {
    Rendered { response: head(status, 0), eas_status: None, bytes_out: 0 }
}

fn head(status: StatusCode, length: usize) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    headers.insert(headers::SERVER, HeaderValue::from_static("16.1"));
    response
}
