//! A server that writes down what it gets and answers what a closure says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use syncledger_simulator::PhoneConfig;
use syncledger_wbxml::{Element, Limits, decode, encode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// `POST /… HTTP/1.1`.
    pub(crate) line: String,
    /// Header lines in order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The how manieth connection.
    pub(crate) connection: usize,
    /// Bytes of head and body.
    pub(crate) bytes: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `Cmd=` of the plain query; `OPTIONS` otherwise.
    pub(crate) fn command(&self) -> &str {
        let after = self.line.split_once("Cmd=").map_or("OPTIONS", |(_, after)| after);
        after.split(['&', ' ']).next().unwrap()
    }

    pub(crate) fn document(&self) -> Option<Element> {
        (!self.body.is_empty()).then(|| decode(&self.body, &Limits::default()).unwrap())
    }
}

/// What to do with it.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Http {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Exactly these bytes, then the end.
    Raw(Vec<u8>),
    /// Nothing, until the phone has had enough.
    Never,
    /// The connection is closed.
    Close,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Http { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn bytes(body: Vec<u8>) -> Self {
        let headers = vec![("Content-Type", "application/vnd.ms-sync.wbxml".to_owned())];
        Self::Http { status: 200, headers, body }
    }

    pub(crate) fn document(root: &Element) -> Self {
        Self::bytes(encode(root))
    }

    pub(crate) fn golden(file: &str, label: &str) -> Self {
        Self::bytes(golden(file, label))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// The answer to OPTIONS.
pub(crate) fn offer(versions: &str) -> Answer {
    Answer::status(200)
        .with("MS-Server-ActiveSync", "16.1")
        .with("MS-ASProtocolVersions", versions)
        .with("MS-ASProtocolCommands", "Sync,SendMail,FolderSync,Ping,Provision,ItemOperations,Settings")
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each request by the closure, which sees them in the order of their arrival.
    pub(crate) async fn start(answer: impl FnMut(&Received) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new(answer));
        let log = Arc::clone(&received);
        let task = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((socket, _)) = listener.accept().await else { return };
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                tokio::spawn(async move {
                    let ask = move |request: &Received| {
                        log.lock().unwrap().push(request.clone());
                        (answer.lock().unwrap())(request)
                    };
                    serve(socket, connection, ask).await;
                });
            }
        });
        Self { address, received, task }
    }

    /// Answers in turn; the last one is repeated.
    pub(crate) async fn saying(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<_> = answers.into_iter().collect();
        let mut at = 0;
        Self::start(move |_| {
            let answer = answers[at.min(answers.len() - 1)].clone();
            at += 1;
            answer
        })
        .await
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.received().iter().map(|request| request.command().to_owned()).collect()
    }

    /// A phone for it: 14.1, no pauses.
    pub(crate) fn config(&self) -> PhoneConfig {
        let mut config = PhoneConfig::new(format!("http://{}", self.address), "alice@example.com", "demo")
            .device_id("androidc1234567890")
            .version(syncledger_simulator::Version::V14_1);
        "Android".clone_into(&mut config.device_type);
        config.repeat.pause = std::time::Duration::ZERO;
        config
    }
}

async fn serve(mut socket: TcpStream, connection: usize, mut ask: impl FnMut(&Received) -> Answer) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut socket, &mut buffer, connection).await {
        match ask(&request) {
            Answer::Http { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.extend([name, ": ", &value, "\r\n"]);
                }
                head.push_str("\r\n");
                if socket.write_all(&[head.into_bytes(), body].concat()).await.is_err() {
                    return;
                }
            }
            Answer::Raw(bytes) => {
                let _ = socket.write_all(&bytes).await;
                return;
            }
            Answer::Never => {
                let _ = socket.read(&mut [0; 1]).await;
                return;
            }
            Answer::Close => return,
        }
    }
}

async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize) -> Option<Received> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(socket, buffer).await?;
    };
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < head_end + length {
        read_more(socket, buffer).await?;
    }
    let rest = buffer.split_off(head_end + length);
    let whole = std::mem::replace(buffer, rest);
    Some(Received { line, headers, body: whole[head_end..].to_vec(), connection, bytes: whole.len() })
}

async fn read_more(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = socket.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}

/// The first message with this file and label in `tests/golden/examples.jsonl`.
pub(crate) fn golden(file: &str, label: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/examples.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut messages = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let message = messages
        .find(|message| message["file"] == file && message["label"] == label)
        .unwrap_or_else(|| panic!("no message {file} / {label}"));
    let hex = message["wbxml_hex"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
