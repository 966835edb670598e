//! The body of a request: size, compression, content type.

use std::{io::Read, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::BodyExt;
use syncledger_wbxml::Limits;

use super::{headers, panics, refusal::Refusal};
use crate::{
    answer::{CommonStatus, Failure},
    context::RequestBody,
};

/// Longest silence inside a body.
const SILENCE: Duration = Duration::from_mins(1);
/// Bytes from which on work on a body gets a thread of its own.
pub(super) const LARGE: usize = 64 << 10;
/// How much of a body nobody reads is taken in all the same, so that the client has finished writing and reads the answer
/// instead of meeting a reset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leftover {
    bytes: usize,
    time: Duration,
}

impl Leftover {
    /// For somebody who has not said who they are.
    pub(super) const STRANGER: Self = Self { bytes: 256 << 10, time: Duration::from_secs(2) };
    /// For a known account: a message too large to be sent is worth a clear answer.
    pub(super) const ACCOUNT: Self = Self { bytes: 64 << 20, time: Duration::from_secs(20) };
}

/// Reads a body of at most `limit` bytes, compressed or not. Also returns its size on the wire.
///
/// # Errors
/// Too large (122 or 413), compressed in another way (415), broken off (400), of the wrong type (101), not WBXML (102).
pub(super) async fn read(
    headers: &HeaderMap,
    body: &mut Body,
    limit: usize,
) -> Result<(RequestBody, usize), Refusal> {
    let wire = collect(headers, body, limit).await?;
    let size = wire.len();
    let gzip = is_gzip(headers)?;
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?").to_owned());
    let decode = move || {
        let plain = if gzip { inflate(&wire, limit)? } else { wire };
        decode(content_type.as_deref(), plain, limit)
    };
    if size < LARGE && !gzip {
        return Ok((decode()?, size));
    }
    let decoded = tokio::task::spawn_blocking(decode).await;
    let failed = |error| {
        let reason = format!("decoding the body failed: {}", panics::of_task(&error));
        Failure::status(CommonStatus::ServerError, reason)
    };
    Ok((decoded.map_err(failed)??, size))
}

/// Reads the rest of a body without keeping it, within limits.
pub(super) async fn discard(body: &mut Body, leftover: Leftover) {
    let discarding = async {
        let mut left = leftover.bytes;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = tokio::time::timeout(leftover.time, discarding).await;
}

async fn collect(headers: &HeaderMap, body: &mut Body, limit: usize) -> Result<Bytes, Refusal> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let broken = |reason: &str| Refusal::bad_request(format!("body broken off: {reason}"));
    let mut collected = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame())
            .await
            .map_err(|_| broken("nothing came for a minute"))?;
        let Some(frame) = frame else { return Ok(collected.freeze()) };
        let frame = frame.map_err(|error| broken(&error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if collected.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        collected.extend_from_slice(&data);
    }
}

fn too_large(limit: usize) -> Refusal {
    Failure::status(CommonStatus::AttachmentIsTooLarge, format!("body larger than {limit} bytes")).into()
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    let encoding =
        headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(false),
        Some("gzip" | "x-gzip") => Ok(true),
        Some(other) => {
            let reason = format!("content encoding '{}'", other.chars().take(32).collect::<String>());
            Err(Refusal::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason))
        }
    }
}

/// Decompresses, but never more than `limit` bytes: a few kilobytes can hold gigabytes.
fn inflate(wire: &[u8], limit: usize) -> Result<Bytes, Refusal> {
    let mut plain = Vec::new();
    let bounded = (limit as u64).saturating_add(1);
    MultiGzDecoder::new(wire)
        .take(bounded)
        .read_to_end(&mut plain)
        .map_err(|error| Failure::status(CommonStatus::InvalidContent, format!("gzip: {error}")))?;
    if plain.len() > limit { Err(too_large(limit)) } else { Ok(plain.into()) }
}

fn decode(content_type: Option<&str>, bytes: Bytes, limit: usize) -> Result<RequestBody, Refusal> {
    if bytes.is_empty() {
        return Ok(RequestBody::Empty);
    }
    let essence =
        content_type.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match essence.as_deref() {
        // Without a type it can only be what nearly every body is.
        None | Some("" | headers::WBXML | headers::WBXML_SHORT) => {
            let limits = Limits { max_document: limit, max_opaque: limit, ..Limits::default() };
            let document = syncledger_wbxml::decode(&bytes, &limits);
            let invalid = |error| Failure::status(CommonStatus::InvalidWbxml, format!("{error}"));
            Ok(RequestBody::Wbxml(document.map_err(invalid)?))
        }
        Some(headers::MIME) => Ok(RequestBody::Mime(bytes)),
        Some(other) => {
            let reason = format!("content type '{}'", other.chars().take(64).collect::<String>());
            Err(Failure::status(CommonStatus::InvalidContent, reason).into())
        }
    }
}
