use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lit_types::{NodeUrl, wire::Endpoint};

/// A POST to one node.
#[derive(Clone)]
pub struct NodeRequest {
    /// The node.
    pub node: NodeUrl,
    /// What is called.
    pub endpoint: Endpoint,
    /// Header names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Bytes,
}

/// A body carries credentials, so it is not shown.
impl std::fmt::Debug for NodeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeRequest")
            .field("node", &self.node)
            .field("endpoint", &self.endpoint)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What the node answered.
#[derive(Debug, Clone)]
pub struct NodeResponse {
    /// HTTP status.
    pub status: u16,
    /// The body, whole.
    pub body: Bytes,
}

/// How requests reach nodes: over HTTP, or in memory.
///
/// An implementation sends the request as it is, bounds the size of the answer, and stops when its future is dropped.
/// Deadlines are the caller's business.
#[async_trait]
pub trait NodeTransport: Send + Sync + 'static {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer; an answer with an error status is a [`NodeResponse`].
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError>;
}

/// Why there is no answer from a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection: nothing listens there, the name is unknown, or TLS failed. Retryable.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke before the answer was complete, or it was no HTTP. Retryable.
    #[error("the connection failed: {0}")]
    Io(String),
    /// The answer is larger than the limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The URL is plain `http` and not on this machine. Use `https`, or allow it by name.
    #[error("plain http to another machine; use https, or allow it with with_insecure_http")]
    InsecureUrl,
    /// The URL or a header cannot be put into a request.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// No answer in time. Retryable.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
}

impl TransportError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Io(_) | Self::Timeout(_))
    }
}
