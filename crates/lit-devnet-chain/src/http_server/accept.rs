//! Accepts connections and serves them.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Request, Response, StatusCode, http::request::Parts, server::conn::http1, service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};

use super::{
    HttpServer, Service, Shared, connections::Registered, exchange::Exchange, text,
    watched::Watched,
};

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How many idle connections are closed when the process is out of file descriptors. The process needs descriptors for other work too.
const CLOSED_AT_ONCE: usize = 16;
/// The shortest and the longest pause before a connection is accepted when none can be.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// The time between two warnings of the same server.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Why a connection cannot be served as the service wants.
#[derive(Debug)]
pub enum NotUpgraded {
    /// It failed, and is closed.
    Failed,
    /// It speaks plain HTTP, and gets this text with status 400.
    Plain(TcpStream, String),
}

impl HttpServer {
    /// Serves a listener until the future is dropped, which also closes its connections.
    pub async fn serve<S: Service>(&self, listener: TcpListener, service: S) {
        let plain = |stream| std::future::ready(Ok(stream));
        self.serve_upgraded(listener, service, plain).await;
    }

    /// As [`HttpServer::serve`], over what `upgrade` makes of a connection.
    pub async fn serve_upgraded<S, I, F>(
        &self,
        listener: TcpListener,
        service: S,
        upgrade: impl Fn(TcpStream) -> F,
    ) where
        S: Service,
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Result<I, NotUpgraded>> + Send + 'static,
    {
        let shared = &self.0;
        let number = self.next_listener();
        let mut tasks = JoinSet::new();
        let mut pause = PAUSES.0;
        // Whether a connection more than the limit is open, and none can be closed for it.
        let mut is_full = false;
        let mut newest = None;
        loop {
            tokio::select! {
                accepted = listener.accept(), if !is_full => match accepted {
                    Ok((stream, _)) => {
                        pause = PAUSES.0;
                        if !service.is_open() {
                            continue;
                        }
                        let _ = stream.set_nodelay(true);
                        let local = stream.local_addr().ok().map(|it| it.ip());
                        let connection = shared.connections.add(number);
                        newest = Some(connection.id());
                        let task = serve_one(Arc::clone(shared), connection, upgrade(stream), local, service.clone());
                        tasks.spawn(task);
                        is_full = tasks.len() > shared.limits.connections && !shared.connections.close_one(Some(number), newest);
                    }
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        let close = |_: &usize| is_out_of_descriptors(&error) && shared.connections.close_one(None, None);
                        let closed = (0..CLOSED_AT_ONCE).take_while(close).count();
                        shared.warnings.not_accepted(&listener, &error, closed);
                        pause = if closed > 0 { PAUSES.0 } else { (pause * 2).min(PAUSES.1) };
                        tokio::time::sleep(pause).await;
                    }
                },
                Some(_) = tasks.join_next() => {
                    is_full = is_full && tasks.len() > shared.limits.connections;
                }
                () = tokio::time::sleep(PAUSES.0), if is_full => {
                    is_full = !shared.connections.close_one(Some(number), newest);
                }
            }
        }
    }
}

async fn serve_one<S, I>(
    shared: Arc<Shared>,
    registered: Registered,
    upgraded: impl Future<Output = Result<I, NotUpgraded>>,
    local: Option<IpAddr>,
    service: S,
) where
    S: Service,
    I: AsyncRead + AsyncWrite + Unpin,
{
    let connection = registered.connection();
    let served = async {
        match upgraded.await {
            Ok(stream) => serve_http(&shared, &registered, stream, local, service).await,
            Err(NotUpgraded::Failed) => {}
            Err(NotUpgraded::Plain(stream, problem)) => {
                serve_http(
                    &shared,
                    &registered,
                    stream,
                    local,
                    PlainHttp(problem.into()),
                )
                .await;
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = connection.closing() => tracing::debug!("closed a connection in favor of others"),
    }
}

/// Serves HTTP/1.1 on a connection until it closes.
async fn serve_http<S: Service>(
    shared: &Arc<Shared>,
    registered: &Registered,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    local: Option<IpAddr>,
    service: S,
) {
    let connection = registered.connection();
    let limits = &shared.limits;
    let stream = Watched::new(stream, Arc::clone(connection), limits.send_timeout);
    let exchange = Exchange {
        shared: Arc::clone(shared),
        connection: Arc::clone(connection),
        local,
        service,
    };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(MAX_HEAD)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| exchange.answer(request)),
        )
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

/// Whether the connection to accept has failed, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

/// Whether the process, or the system, has no file descriptor for a connection.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    // ENFILE and EMFILE on all Unix systems; WSAEMFILE.
    let codes: &[i32] = if cfg!(windows) { &[10_024] } else { &[23, 24] };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Answers requests over plain HTTP to a listener that wants another protocol.
#[derive(Clone)]
struct PlainHttp(Bytes);

impl Service for PlainHttp {
    const METHODS: &'static str = "GET, POST, OPTIONS";

    fn max_body(&self, _: &Parts) -> usize {
        64 * 1024
    }

    async fn answer(&self, _: Request<Bytes>) -> Option<Response<Bytes>> {
        Some(text(StatusCode::BAD_REQUEST, self.0.clone()))
    }
}

/// When a warning was last written.
#[derive(Debug, Default)]
pub(super) struct Warnings(Mutex<(Option<Instant>, u64)>);

impl Warnings {
    /// How many warnings were left out since the last one, if it is time for one.
    fn next(&self) -> Option<u64> {
        let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, left_out) = &mut *warned;
        if last.is_some_and(|last| last.elapsed() < WARNING_INTERVAL) {
            *left_out += 1;
            return None;
        }
        *last = Some(Instant::now());
        Some(std::mem::take(left_out))
    }

    fn not_accepted(&self, listener: &TcpListener, error: &io::Error, closed: usize) {
        if let Some(left_out) = self.next() {
            let address = listener.local_addr().ok();
            tracing::warn!(
                ?address,
                %error,
                closed,
                left_out,
                "cannot accept a connection; `closed` idle ones were closed"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_a_lack_of_descriptors_closes_connections() {
        let error = io::Error::from_raw_os_error;
        let (enfile, emfile, econnaborted, enobufs) = (23, 24, 103, 105);
        assert!(is_out_of_descriptors(&error(enfile)) && is_out_of_descriptors(&error(emfile)));
        assert!(!is_out_of_descriptors(&error(enobufs)));
        assert!(!is_out_of_descriptors(&io::ErrorKind::TimedOut.into()));
        assert!(!is_out_of_descriptors(&error(econnaborted)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_warning_a_minute_says_how_many_were_left_out() {
        let warnings = Warnings::default();
        assert_eq!(warnings.next(), Some(0));
        for _ in 0..17_610 {
            assert_eq!(warnings.next(), None);
        }
        tokio::time::advance(WARNING_INTERVAL).await;
        assert_eq!(warnings.next(), Some(17_610));
        assert_eq!(warnings.next(), None);
    }
}
