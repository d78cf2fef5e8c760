use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lit_types::{NodeUrl, wire::Endpoint};

use crate::{Cause, Turn};

/// A POST to one node.
#[derive(Clone)]
#[non_exhaustive]
pub struct NodeRequest {
    /// The node.
    pub node: NodeUrl,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Header names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Bytes,
    /// Its turn, from [`NodeTransport::turns`].
    pub turn: Turn,
}

impl NodeRequest {
    /// A request without a turn: the transport queues it when it is sent.
    #[must_use]
    pub fn new(
        node: NodeUrl,
        endpoint: Endpoint,
        headers: Vec<(&'static str, String)>,
        body: impl Into<Bytes>,
    ) -> Self {
        Self {
            node,
            endpoint,
            headers,
            body: body.into(),
            turn: Turn::default(),
        }
    }
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

/// The answer of a node.
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
/// The caller sets deadlines.
#[async_trait]
pub trait NodeTransport: Send + Sync + 'static {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer; an answer with an error status is a [`NodeResponse`].
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError>;

    /// Queues a request to each of these nodes, all at once, if the transport bounds how many are in flight. Each request then
    /// carries its turn. Default: no queue.
    fn turns(&self, nodes: &[&NodeUrl]) -> Vec<Turn> {
        vec![Turn::default(); nodes.len()]
    }
}

/// The host of nodes that are reached in memory only: the IPv4 dummy address (RFC 7600), which no machine has.
///
/// An embedded network without HTTP names its nodes with it. Another transport that meets it reports
/// [`TransportError::MemoryNode`] instead of reaching whatever listens on the same port.
pub const MEMORY_NODE_HOST: &str = "192.0.0.8";

/// Why a node or server did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection: nothing listens there, the name is unknown, or TLS failed. Retryable.
    #[error("cannot connect")]
    Connect(#[source] Cause),
    /// The root of the server's certificate is unknown.
    #[error("untrusted certificate; trust its root with with_root_certificates")]
    UntrustedCertificate(#[source] Cause),
    /// The connection broke before the answer was complete, or the answer is not HTTP. Retryable.
    #[error("the connection failed")]
    Io(#[source] Cause),
    /// The answer is larger than the limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The URL is plain `http` and not on this machine. Use `https`, or allow it by name.
    #[error("plain http to another machine; use https, or allow it with with_insecure_http")]
    InsecureUrl,
    /// The node belongs to an embedded network that does not listen.
    #[error(
        "{node} is a node in memory, which does not listen; connect to the embedded network itself, or start it with HTTP"
    )]
    MemoryNode {
        /// The node.
        node: NodeUrl,
    },
    /// The URL or a header is malformed.
    #[error("malformed request")]
    Request(#[source] Cause),
    /// The attestation of the node is missing or refused, so that no request is sent to it. Retryable if the certificate of its chip
    /// could not be had.
    #[cfg(feature = "attestation")]
    #[error("attestation failed")]
    Attestation(#[source] Box<crate::attestation::AttestationError>),
    /// No answer in time. Retryable.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The request was not sent in time: all connections to the node were in use. Retryable.
    #[error("queued for {} ms: all connections to the node are in use", .0.as_millis())]
    Queued(Duration),
}

impl TransportError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Io(_) | Self::Timeout(_) | Self::Queued(_) => true,
            #[cfg(feature = "attestation")]
            Self::Attestation(error) => error.is_retryable(),
            _ => false,
        }
    }
}
