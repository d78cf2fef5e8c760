use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use lit_actions::{FetchError, HttpFetch};
use lit_node_transport::{HttpTransport, TransportError};

/// Sends the requests of actions over HTTP, with the client that also talks to nodes.
///
/// It sends plain `http` to every host. The engine asks only hosts that were allowed.
#[derive(Debug, Clone)]
pub struct HttpFetcher(HttpTransport);

impl HttpFetcher {
    /// With a client of its own.
    #[must_use]
    pub fn new() -> Self {
        let client = HttpTransport::builder().with_insecure_http(true);
        Self(client.build())
    }
}

impl Default for HttpFetcher {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl HttpFetch for HttpFetcher {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let answer = self.0.exchange(request, max_body).await;
        answer.map_err(|error| match error {
            TransportError::TooLarge { .. } => FetchError::TooLarge,
            error => FetchError::Failed(error.into()),
        })
    }
}
