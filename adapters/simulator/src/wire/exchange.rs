//! One request and its answer, as a value.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use syncledger_wbxml::{DecodeError, Element, Limits, decode};

use super::{command::Command, connection::WireAnswer, gzip, multipart};
use crate::error::Error;

/// What one request brought.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The command.
    pub command: Command,
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The document; `None` where the answer has no body or none of WBXML.
    pub body: Option<Element>,
    /// The body as bytes, decompressed.
    pub raw: Bytes,
    /// Parts of a multipart answer; part 0 is the document.
    pub parts: Vec<Bytes>,
    /// Why there is no document although the type says so.
    pub undecodable: Option<DecodeError>,
    /// Bytes of the request: HTTP head and body, before TLS. Of all attempts, if there were several.
    pub bytes_out: u64,
    /// Bytes of the answer, likewise, before decompression.
    pub bytes_in: u64,
    /// From the first byte of the request to the last one of the answer.
    pub duration: Duration,
}

impl Exchange {
    /// A header as text, several lines of it joined by commas; `None` where it is absent or no text.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> =
            self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        (!lines.is_empty()).then(|| lines.join(","))
    }

    /// `Retry-After` in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.header("retry-after")?.trim().parse().ok()?))
    }

    /// The error this is, unless HTTP says 200.
    pub(crate) fn http_error(&self) -> Option<Error> {
        (self.status != 200).then(|| Error::Http {
            command: self.command,
            status: self.status,
            retry_after: self.retry_after(),
            location: self.header("x-ms-location"),
        })
    }
}

/// Decompresses and decodes what came. A document that cannot be decoded is left to the caller to judge.
///
/// # Errors
/// [`Error::TooLarge`], and [`Error::Protocol`] for bodies that are not what their headers say.
pub(crate) fn decode_answer(
    command: Command,
    answer: WireAnswer,
    limit: usize,
    bytes: (u64, u64),
    duration: Duration,
) -> Result<Exchange, Error> {
    let header = |name| answer.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let raw = match header(header::CONTENT_ENCODING).map(str::to_ascii_lowercase).as_deref() {
        Some("gzip") if !answer.body.is_empty() => gzip::decompress(&answer.body, limit)
            .map_err(|error| Error::protocol(command, format!("the answer is no gzip: {error}")))?
            .ok_or(Error::TooLarge { command, limit })?,
        None | Some("identity" | "" | "gzip") => answer.body,
        Some(other) => {
            return Err(Error::protocol(
                command,
                format!("the answer is encoded as {other:?}, which nobody asked for"),
            ));
        }
    };
    let content_type =
        header(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let (document, parts) = match content_type {
        "application/vnd.ms-sync.multipart" => {
            let parts = multipart::parts(&raw).map_err(|what| Error::protocol(command, what))?;
            (parts.first().cloned(), parts)
        }
        "application/vnd.ms-sync.wbxml" | "application/vnd.ms-sync" => (Some(raw.clone()), Vec::new()),
        _ => (None, Vec::new()),
    };
    let limits = Limits { max_document: limit, max_opaque: limit, ..Limits::default() };
    let document = document
        .filter(|document| !document.is_empty())
        .map(|document| decode(&document, &limits))
        .transpose();
    let (body, undecodable) = match document {
        Ok(body) => (body, None),
        Err(error) => (None, Some(error)),
    };
    Ok(Exchange {
        command,
        status: answer.status,
        headers: answer.headers,
        body,
        raw,
        parts,
        undecodable,
        bytes_out: bytes.0,
        bytes_in: bytes.1,
        duration,
    })
}
