//! A command as an HTTP request: target and headers. MS-ASHTTP, "Request".

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    command::{Command, Param, Params},
    gzip, query,
};
use crate::{
    config::{PhoneConfig, QueryForm, Version},
    error::Error,
};

/// Content type of every command but the MIME uploads of 12.1.
const WBXML: &str = "application/vnd.ms-sync.wbxml";

/// A request ready to be written, as often as needed.
#[derive(Clone, Debug)]
pub(crate) struct WireRequest {
    pub(crate) command: Command,
    pub(crate) method: http::Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) timeout: std::time::Duration,
}

/// The request for `command`. `version` is `None` with OPTIONS only.
///
/// # Errors
/// [`Error::Config`] for settings that cannot be written.
pub(crate) fn build(
    config: &PhoneConfig,
    path: &str,
    version: Option<Version>,
    policy_key: u32,
    command: Command,
    body: Bytes,
    params: &Params,
) -> Result<WireRequest, Error> {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::AUTHORIZATION, "password", &basic(config))?;
    set(&mut headers, header::USER_AGENT, "user_agent", &config.user_agent)?;
    if config.gzip {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let target = match version {
        None => path.to_owned(),
        Some(version) => {
            if config.query == QueryForm::Plain {
                plain_headers(&mut headers, version, policy_key, command, params);
            }
            format!("{path}?{}", query::query(config, version, policy_key, command, &params.query)?)
        }
    };
    let body = content(config, &mut headers, body, params.content_type.unwrap_or(WBXML));
    Ok(WireRequest {
        command,
        method: if command == Command::Options { http::Method::OPTIONS } else { http::Method::POST },
        target,
        headers,
        body,
        timeout: params.timeout.unwrap_or(config.timeouts.answer),
    })
}

/// What the base64 query carries itself.
fn plain_headers(
    headers: &mut HeaderMap,
    version: Version,
    policy_key: u32,
    command: Command,
    params: &Params,
) {
    headers
        .insert(HeaderName::from_static("ms-asprotocolversion"), HeaderValue::from_static(version.as_str()));
    if command.sends_policy_key() {
        headers.insert(HeaderName::from_static("x-ms-policykey"), HeaderValue::from(policy_key));
    }
    if params.query.contains(&Param::AcceptMultiPart) {
        headers.insert(HeaderName::from_static("ms-asacceptmultipart"), HeaderValue::from_static("T"));
    }
}

/// Length, type and encoding; an empty body has no type.
fn content(config: &PhoneConfig, headers: &mut HeaderMap, body: Bytes, content_type: &'static str) -> Bytes {
    let body = if body.is_empty() {
        body
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if config.gzip_requests {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip::compress(&body)
        } else {
            body
        }
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    body
}

/// RFC 7617 with UTF-8.
fn basic(config: &PhoneConfig) -> String {
    let pair = format!("{}:{}", config.user, config.password.reveal());
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

fn set(headers: &mut HeaderMap, name: HeaderName, field: &'static str, value: &str) -> Result<(), Error> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| Error::config(field, "…", "no control characters"))?;
    value.set_sensitive(name == header::AUTHORIZATION);
    headers.insert(name, value);
    Ok(())
}

impl WireRequest {
    /// The request as bytes, for a connection that will not live to see the answer.
    pub(crate) fn written(&self, authority: &str) -> Vec<u8> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nHost: {authority}\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(name.as_str().as_bytes());
            bytes.extend(b": ");
            bytes.extend(value.as_bytes());
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}
