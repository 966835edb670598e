//! Connections: how many there may be, and how long one may stay without asking for anything.
//!
//! A request that has been read may take as long as it wants: a waiting device is silent for an hour. What is bounded is
//! the time until a request is there, on a new connection and between two, and the time a client takes to read an
//! answer. HTTP/2 and TCP ask now and then whether a silent client still lives; seldom, because each time wakes the
//! radio of a phone.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    io::{Error, ErrorKind, IoSlice, Result},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum_server::{
    Server,
    accept::{Accept, TcpConfigAcceptor, TcpKeepaliveConfig, TcpSocketConfig},
};
use syncledger_eas::http::peer::{Proxies, site};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// Longest wait for the head of a request, the first or a further one. Longer than the minute for which proxies keep an
/// unused connection by default: or else we would close one in the moment in which they choose it for a request.
const HEAD: Duration = Duration::from_secs(75);
/// How often a silent client is asked whether it lives.
const PROBE: Duration = Duration::from_mins(15);
/// How long it may take to say so.
const PROBE_ANSWER: Duration = Duration::from_mins(1);
/// Longest time in which a client takes in nothing of an answer.
const STALL: Duration = Duration::from_mins(2);
/// Shortest time between two lines about connections that are not served.
const TELL: Duration = Duration::from_secs(10);

/// How many connections there may be, and are.
#[derive(Debug)]
pub(crate) struct Connections {
    /// At most, of everybody.
    all: usize,
    /// At most, of one site, an IPv4 address or an IPv6 network of 64 bits; 0 is no limit.
    per_site: usize,
    /// Not limited per site.
    proxies: Proxies,
    open: Mutex<Open>,
    told: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_site: HashMap<IpAddr, usize>,
}

impl Connections {
    /// At most so many of everybody, and of one address; 0 is no limit.
    pub(crate) fn new(all: usize, per_site: usize, proxies: Proxies) -> Arc<Self> {
        let all = if all == 0 { usize::MAX } else { all };
        Arc::new(Self { all, per_site, proxies, open: Mutex::default(), told: Mutex::default() })
    }

    fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Place> {
        let site = (!self.proxies.trust(peer)).then(|| site(peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let refuse = |reason| Err(Error::new(ErrorKind::ConnectionRefused, reason));
        if open.all >= self.all {
            return refuse(
                "as many connections as there may be (limits.max_connections, or what the limit of open files allows)",
            );
        }
        if let Some(site) = site {
            let count = open.by_site.get(&site).copied().unwrap_or_default();
            if self.per_site > 0 && count >= self.per_site {
                return refuse(
                    "as many connections of one address as there may be (limits.max_connections_per_address)",
                );
            }
            open.by_site.insert(site, count + 1);
        }
        open.all += 1;
        Ok(Place { connections: Arc::clone(self), site })
    }

    /// Tells of a connection that is not served: of our own lack at most every ten seconds, because one line per attempt
    /// would be the next flood; of handshakes that fail, which are the client's matter, where details are wanted.
    fn tell(&self, peer: Option<&SocketAddr>, error: &Error) {
        if peer.is_some() && error.kind() != ErrorKind::ConnectionRefused {
            tracing::debug!(client.address = peer.map(|peer| peer.ip().to_string()), %error, "no connection");
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|at| at.elapsed() < TELL) {
            return;
        }
        *told = Some(Instant::now());
        drop(told);
        tracing::error!(
            client.address = peer.map(|peer| peer.ip().to_string()),
            %error,
            "a connection is not served; the next such lines are left out for {} s",
            TELL.as_secs()
        );
    }

    /// A server whose connections are bounded in time. Its acceptor is to be, or to contain, [`Self::acceptor`].
    pub(crate) fn bound<A>(self: &Arc<Self>, server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
        let connections = Arc::clone(self);
        let mut server = server
            .first_request_timeout(HEAD)
            .accept_error_handler(move |peer, error| connections.tell(peer, error));
        let builder = server.http_builder();
        // Old clients mind lower-case header names.
        builder.http1().title_case_headers(true).header_read_timeout(HEAD);
        builder.http2().keep_alive_interval(PROBE).keep_alive_timeout(PROBE_ANSWER);
        server
    }

    /// What takes in a new connection, before TLS.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Acceptor {
        let alive = TcpKeepaliveConfig::new().time(PROBE).interval(PROBE_ANSWER).retries(3);
        let socket = TcpSocketConfig::new().nodelay(true).keepalive(alive);
        Acceptor { connections: Arc::clone(self), socket: TcpConfigAcceptor::new(socket) }
    }
}

/// The place of one connection; free again when it is dropped.
struct Place {
    connections: Arc<Connections>,
    site: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        let Some(site) = self.site else { return };
        if let Some(count) = open.by_site.get_mut(&site) {
            *count -= 1;
            if *count == 0 {
                open.by_site.remove(&site);
            }
        }
    }
}

/// Takes in connections while there is place.
#[derive(Clone)]
pub(crate) struct Acceptor {
    connections: Arc<Connections>,
    socket: TcpConfigAcceptor,
}

impl<S> Accept<TcpStream, S> for Acceptor {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let admitted = stream.peer_addr().and_then(|peer| self.connections.admit(peer.ip()));
        let accepted = admitted.and_then(|place| {
            let (stream, service) = self.socket.accept(stream, service).into_inner()?;
            Ok((Connection { stream, stalled: None, _place: place }, service))
        });
        ready(accepted)
    }
}

/// A connection that has its place, and whose client has to read on.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Runs while the client takes in nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl Connection {
    fn bounded<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL)));
        stalled.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
