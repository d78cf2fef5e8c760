use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use alloy_json_rpc::{RequestPacket, ResponsePacket, ResponsePayload};
use alloy_rpc_client::RpcClient;
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl, TransportError as HttpError};
use lit_types::{NodeUrl, printable_line, strict_json};

/// How many bytes of an answer that is not JSON-RPC are quoted.
const MAX_QUOTED: usize = 512;

/// How many characters of the message of an error are kept.
const MAX_MESSAGE: usize = 2000;

/// JSON-RPC over the [`HttpClient`] that also talks to nodes, for providers of alloy.
///
/// ```
/// # use std::{error::Error, sync::Arc};
/// # use alloy_provider::{Provider, ProviderBuilder};
/// # use lit_contracts::RpcTransport;
/// # use lit_node_transport::HttpClient;
/// # fn provider(http: Arc<dyn HttpClient>) -> Result<impl Provider, Box<dyn Error>> {
/// let rpc = RpcTransport::new(http, "http://127.0.0.1:8545".parse()?);
/// Ok(ProviderBuilder::new().connect_client(rpc.client()))
/// # }
/// ```
#[derive(Clone)]
pub struct RpcTransport {
    http: Arc<dyn HttpClient>,
    url: HttpUrl,
    timeout: Duration,
}

impl RpcTransport {
    /// Talks to the RPC at this URL.
    #[must_use]
    pub fn new(http: Arc<dyn HttpClient>, url: HttpUrl) -> Self {
        let timeout = Duration::from_secs(30);
        Self { http, url, timeout }
    }

    /// How long a request may take. Default: 30 s.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The client that alloy's providers take.
    #[must_use]
    pub fn client(self) -> RpcClient {
        let host = self.url.origin().host();
        let is_local = host == "localhost" || host == "127.0.0.1";
        RpcClient::new(self, is_local)
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let origin = self.url.origin().clone();
        let request = HttpRequest::post(self.url, body.into())
            .with_header("content-type", "application/json")
            .with_header("accept", "application/json");
        let answer = tokio::time::timeout(self.timeout, self.http.request(request))
            .await
            .unwrap_or(Err(HttpError::Timeout(self.timeout)))
            .map_err(|source| TransportErrorKind::custom(RpcUnreachable { origin, source }))?;
        // Nodes send JSON-RPC errors with an error status too.
        let parsed = strict_json::from_slice(&answer.body).map_err(|error| {
            // The error quotes enough of a page to recognize it.
            let quoted = &answer.body[..answer.body.len().min(MAX_QUOTED)];
            let text = printable_line(&String::from_utf8_lossy(quoted), MAX_QUOTED);
            match answer.status {
                200..=299 => TransportError::deser_err(error, text),
                status => TransportErrorKind::http_error(status, text),
            }
        });
        parsed.map(with_printable_errors)
    }
}

/// Makes the messages of errors fit to be printed: the errors of alloy show them as they are.
fn with_printable_errors(mut answer: ResponsePacket) -> ResponsePacket {
    let answers = match &mut answer {
        ResponsePacket::Single(one) => std::slice::from_mut(one),
        ResponsePacket::Batch(several) => several.as_mut_slice(),
    };
    for one in answers {
        if let ResponsePayload::Failure(error) = &mut one.payload {
            error.message = printable_line(&error.message, MAX_MESSAGE).into();
        }
    }
    answer
}

/// The RPC gave no answer. It is the custom error of [`TransportErrorKind`].
///
/// It names the origin only: the path of the URL may contain an API key.
#[derive(Debug, thiserror::Error)]
#[error("the RPC at {origin} does not answer")]
#[non_exhaustive]
pub struct RpcUnreachable {
    /// The origin of the URL.
    pub origin: NodeUrl,
    /// The cause.
    pub source: HttpError,
}

impl tower::Service<RequestPacket> for RpcTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}

/// Shows only the origin: the path of the URL may contain an API key.
impl fmt::Debug for RpcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcTransport")
            .field("origin", self.url.origin())
            .finish_non_exhaustive()
    }
}
