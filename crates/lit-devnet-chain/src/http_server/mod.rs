//! The HTTP/1.1 server of all listeners, for this crate and for networks around it: one set of limits, one check of who may call.

mod accept;
mod callers;
mod connections;
mod exchange;
mod watched;
mod workers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::{Request, Response, StatusCode, http::request::Parts};
use lit_types::json_memory;
use tokio::sync::Semaphore;

pub use self::{
    accept::NotUpgraded,
    callers::{AllowedHost, AllowedHostError, AllowedOrigin, AllowedOriginError, Callers},
    exchange::text,
    workers::{Caller, Workers},
};

use self::{accept::Warnings, connections::Connections, exchange::Budget};

/// The number of large bodies that are measured at once.
const MAX_MEASURING: usize = 2;

/// Answers the requests of one listener.
pub trait Service: Clone + Send + Sync + 'static {
    /// The methods that pages may use.
    const METHODS: &'static str;

    /// The largest body of a request with this head, in bytes.
    fn max_body(&self, head: &Parts) -> usize;

    /// The bytes that it takes to parse the body of a request with this head, besides the body.
    fn memory(&self, _: &Parts, body: &[u8]) -> usize {
        json_memory(body)
    }

    /// Whether connections are accepted.
    fn is_open(&self) -> bool {
        true
    }

    /// The answer to a request that the server refuses, in plain text unless the service has a form of its own.
    fn refusal(&self, status: StatusCode, problem: String) -> Response<Bytes> {
        text(status, problem)
    }

    /// Answers a request; `None` closes the connection without an answer. The future is dropped when the client disconnects.
    fn answer(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Option<Response<Bytes>>> + Send;
}

/// The limits of a server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The number of connections of one listener. For another one, that which is idle for the longest time is closed.
    pub connections: usize,
    /// The time for the head of a request, and idle time before it.
    pub head_timeout: Duration,
    /// The time for the body of a request, and for memory to keep it.
    pub body_timeout: Duration,
    /// The time for a client to read an answer.
    pub send_timeout: Duration,
    /// The bytes of large bodies in memory, of all connections together. A body of unknown length counts as the longest one
    /// until it has come. Parsed, they may take twice as much again.
    pub received: usize,
    /// The bytes of large answers in memory, of all connections together.
    pub unsent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            send_timeout: Duration::from_secs(30),
            received: 256 * 1024 * 1024,
            unsent: 128 * 1024 * 1024,
        }
    }
}

/// A server of several listeners, which share its limits. Clones are the same server.
#[derive(Debug, Clone)]
pub struct HttpServer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    callers: Callers,
    limits: Limits,
    connections: Arc<Connections>,
    received: Budget,
    trees: Budget,
    unsent: Budget,
    /// Bounds the threads that measure large bodies, so that they leave time for the runtime.
    measuring: Arc<Semaphore>,
    listeners: AtomicU64,
    warnings: Warnings,
}

impl HttpServer {
    /// A server for these callers.
    #[must_use]
    pub fn new(callers: Callers) -> Self {
        Self::with_limits(callers, Limits::default())
    }

    /// A server with other limits.
    #[must_use]
    pub fn with_limits(callers: Callers, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            callers,
            connections: Arc::default(),
            received: Budget::new(limits.received),
            trees: Budget::new(limits.received.saturating_mul(2)),
            unsent: Budget::new(limits.unsent),
            limits,
            measuring: Arc::new(Semaphore::new(MAX_MEASURING)),
            listeners: AtomicU64::new(0),
            warnings: Warnings::default(),
        }))
    }

    fn next_listener(&self) -> u64 {
        self.0.listeners.fetch_add(1, Ordering::Relaxed)
    }
}
