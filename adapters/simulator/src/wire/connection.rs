//! Sockets: one kept alive between requests as phones do, more when two requests run at once.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Uri, header, uri::Scheme};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use super::{request::WireRequest, tls};
use crate::{config::PhoneConfig, error::Error};

/// Path of every EAS server. MS-ASHTTP, "Request-URI".
const PATH: &str = "/Microsoft-Server-ActiveSync";

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct WireAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Bytes through a socket.
#[derive(Default, Debug)]
struct Traffic {
    out: AtomicU64,
    back: AtomicU64,
}

/// The way to one server.
pub(crate) struct Wire {
    authority: String,
    host: String,
    port: u16,
    pub(crate) path: String,
    tls: Option<TlsConnector>,
    connect_timeout: Duration,
    max_answer: usize,
    idle: Option<Connection>,
    traffic: Arc<Traffic>,
}

struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Drives the socket; ends with the connection.
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Wire {
    /// # Errors
    /// [`Error::Config`] for an unusable `base_url` or `trust`.
    pub(crate) fn new(config: &PhoneConfig) -> Result<Self, Error> {
        let refuse = |why: &str| Error::config("base_url", &config.base_url, why);
        let uri: Uri =
            config.base_url.parse().map_err(|_| refuse("http://host[:port] or https://host[:port]"))?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(refuse("it begins with http:// or https://")),
        };
        let host = uri.host().ok_or_else(|| refuse("it names a host"))?;
        let tls = if secure {
            let connector = tls::connector(&config.trust);
            Some(connector.map_err(|error| Error::config("trust", "…", error.to_string()))?)
        } else {
            None
        };
        Ok(Self {
            authority: uri.authority().map(ToString::to_string).unwrap_or_default(),
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            path: if uri.path().len() > 1 { uri.path().to_owned() } else { PATH.to_owned() },
            tls,
            connect_timeout: config.timeouts.connect,
            max_answer: config.max_answer_bytes,
            idle: None,
            traffic: Arc::default(),
        })
    }

    /// Another way to the same server, with sockets and counters of its own.
    pub(crate) fn twin(&self) -> Self {
        Self {
            authority: self.authority.clone(),
            host: self.host.clone(),
            path: self.path.clone(),
            tls: self.tls.clone(),
            idle: None,
            traffic: Arc::default(),
            ..*self
        }
    }

    /// Bytes out and in so far.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.traffic.out.load(Ordering::Relaxed), self.traffic.back.load(Ordering::Relaxed))
    }

    /// Sends a request and reads the whole answer, on the idle connection if it still lives.
    pub(crate) async fn send(&mut self, request: &WireRequest) -> Result<WireAnswer, Error> {
        let after = request.timeout;
        let sent = tokio::time::timeout(after, self.send_unbounded(request)).await;
        sent.unwrap_or(Err(Error::TimedOut { command: request.command, after }))
    }

    async fn send_unbounded(&mut self, request: &WireRequest) -> Result<WireAnswer, Error> {
        let mut message = self.message(request)?;
        loop {
            let (mut connection, reused) = match self.idle.take() {
                Some(connection) if !connection.sender.is_closed() => (connection, true),
                _ => (self.dial().await?, false),
            };
            // Waiting for readiness lets a close by the server come to light before anything is sent.
            if connection.sender.ready().await.is_err() && reused {
                continue;
            }
            match connection.sender.try_send_request(message).await {
                Ok(response) => return self.read(request, connection, response).await,
                Err(mut failed) => match failed.take_message() {
                    // Not a byte of it was written: the server had closed the idle connection.
                    Some(unsent) if reused => message = unsent,
                    _ => {
                        let source = Box::new(failed.into_error());
                        return Err(Error::Transport { command: request.command, source });
                    }
                },
            }
        }
    }

    fn message(&self, request: &WireRequest) -> Result<http::Request<Full<Bytes>>, Error> {
        let refuse = |why: http::Error| Error::config("base_url", &self.authority, why.to_string());
        let mut message = http::Request::builder()
            .method(request.method.clone())
            .uri(&request.target)
            .body(Full::new(request.body.clone()))
            .map_err(refuse)?;
        let host = HeaderValue::from_str(&self.authority).map_err(|error| refuse(error.into()))?;
        message.headers_mut().insert(header::HOST, host);
        message.headers_mut().extend(request.headers.clone());
        Ok(message)
    }

    async fn read(
        &mut self,
        request: &WireRequest,
        connection: Connection,
        response: http::Response<Incoming>,
    ) -> Result<WireAnswer, Error> {
        let command = request.command;
        let (head, mut stream) = response.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) = stream.frame().await {
            let frame = frame.map_err(|source| Error::Transport { command, source: Box::new(source) })?;
            let Ok(data) = frame.into_data() else { continue };
            if body.len().saturating_add(data.len()) > self.max_answer {
                return Err(Error::TooLarge { command, limit: self.max_answer });
            }
            body.extend_from_slice(&data);
        }
        self.idle = Some(connection);
        Ok(WireAnswer { status: head.status.as_u16(), headers: head.headers, body: body.freeze() })
    }

    /// Writes the whole request on a connection of its own and drops it at once.
    pub(crate) async fn send_and_hang_up(&mut self, request: &WireRequest) -> Result<(), Error> {
        let mut stream = self.stream().await?;
        let bytes = request.written(&self.authority);
        let written = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        written
            .await
            .map_err(|source| Error::Transport { command: request.command, source: Box::new(source) })
    }

    async fn dial(&self) -> Result<Connection, Error> {
        let stream = TokioIo::new(self.stream().await?);
        let (sender, connection) = http1::handshake(stream).await.map_err(|error| self.unreachable(error))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection ended");
            }
        });
        Ok(Connection { sender, driver })
    }

    /// A connected socket, through TLS if asked for, counted.
    async fn stream(&self) -> Result<Counted, Error> {
        let connecting = async {
            let socket = TcpStream::connect((self.host.as_str(), self.port)).await?;
            socket.set_nodelay(true)?;
            let stream: Box<dyn Stream> = match &self.tls {
                None => Box::new(socket),
                Some(tls) => {
                    let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
                    Box::new(tls.connect(name, socket).await?)
                }
            };
            Ok(stream)
        };
        let connected = tokio::time::timeout(self.connect_timeout, connecting).await;
        match connected {
            Ok(Ok(stream)) => Ok(Counted { stream, traffic: Arc::clone(&self.traffic) }),
            Ok(Err(source)) => Err(Error::Connect { address: self.authority.clone(), source }),
            Err(_) => Err(self.unreachable("not within the time allowed")),
        }
    }

    fn unreachable(&self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Connect { address: self.authority.clone(), source: io::Error::other(why) }
    }
}

/// A stream that counts.
struct Counted {
    stream: Box<dyn Stream>,
    traffic: Arc<Traffic>,
}

fn count(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        count(&self.traffic.back, buf.filled().len().saturating_sub(before));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        count(&self.traffic.out, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
