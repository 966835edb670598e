//! HTTP written by hand, for requests no client library would make.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use syncledger_wbxml::{Element, Limits, decode};

use crate::{servers::PATIENCE, world::PASSWORD};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header lines as they came.
    pub headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named =
            |line: &String| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.headers
            .iter()
            .find(|line| named(line))
            .and_then(|line| line.split_once(':'))
            .map(|(_, v)| v.trim())
    }

    /// The document in the body.
    pub fn document(&self) -> Option<Element> {
        decode(&self.body, &Limits::default()).ok()
    }

    /// The Status in the root of the document.
    pub fn eas_status(&self) -> Option<u32> {
        let root = self.document()?;
        let status = root.elements().find(|child| child.tag.name() == Some("Status"))?.text_content()?;
        status.parse().ok()
    }
}

/// A POST of an EAS command.
#[derive(Clone, Debug)]
pub struct Post {
    /// `Cmd=`.
    pub command: String,
    /// `MS-ASProtocolVersion`.
    pub version: &'static str,
    /// User name.
    pub user: String,
    /// `DeviceId`.
    pub device: String,
    /// `X-MS-PolicyKey`.
    pub policy_key: u32,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Further header lines, each ended by CR LF.
    pub more: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Post {
    /// The same with another header line, ended by CR LF.
    #[must_use]
    pub fn with_header(mut self, line: &str) -> Self {
        self.more.push_str(line);
        self
    }

    /// The head; `length` becomes `Content-Length`.
    pub fn head(&self, length: Option<usize>) -> String {
        let credentials = BASE64_STANDARD.encode(format!("{}:{PASSWORD}", self.user));
        let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
        format!(
            "POST /Microsoft-Server-ActiveSync?Cmd={}&User={}&DeviceId={}&DeviceType=SimPhone HTTP/1.1\r\n\
             Host: 127.0.0.1\r\nAuthorization: Basic {credentials}\r\nMS-ASProtocolVersion: {}\r\n\
             X-MS-PolicyKey: {}\r\nContent-Type: {}\r\nConnection: close\r\n{length}{}\r\n",
            self.command,
            self.user.replace('@', "%40"),
            self.device,
            self.version,
            self.policy_key,
            self.content_type,
            self.more
        )
    }

    /// Sends it whole and reads the answer.
    pub fn send(&self, to: SocketAddr) -> Answer {
        let mut bytes = self.head(Some(self.body.len())).into_bytes();
        bytes.extend(&self.body);
        exchange(to, &bytes).unwrap_or_else(|| panic!("no answer to {} of {}", self.command, self.version))
    }
}

/// Sends bytes while it reads the answer, so that a server may answer before it has read everything; `None` where it
/// hangs up without an answer.
pub fn exchange(to: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let stream = TcpStream::connect(to).expect("the node takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
    let mut reader = stream.try_clone().expect("a socket can be shared");
    std::thread::scope(|scope| {
        // A server that has answered need not listen any more.
        scope.spawn(|| (&stream).write_all(bytes).ok());
        read_answer(&mut reader)
    })
}

fn read_answer(reader: &mut TcpStream) -> Option<Answer> {
    let mut whole = Vec::new();
    let mut piece = [0; 16_384];
    loop {
        match reader.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => whole.extend(&piece[..count]),
        }
        if is_complete(&whole) {
            break;
        }
    }
    parse(&whole)
}

fn parse(whole: &[u8]) -> Option<Answer> {
    let end = whole.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&whole[..end]).into_owned();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    if status == 100 {
        return parse(&whole[end + 4..]);
    }
    Some(Answer { status, headers: lines.collect(), body: whole[end + 4..].to_vec() })
}

fn is_complete(whole: &[u8]) -> bool {
    let Some(answer) = parse(whole) else { return false };
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| answer.body.len() >= length)
}
