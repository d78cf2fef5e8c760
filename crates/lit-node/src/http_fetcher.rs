use std::sync::OnceLock;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use lit_actions::{FetchBody, FetchError, HttpFetch};
use lit_node_transport::{AnswerBody, HttpTransport, TransportError};

/// Sends the requests of actions over HTTP, with the client that also talks to nodes.
///
/// It sends plain `http` to every host. The engine asks only hosts that were allowed.
#[derive(Debug, Clone, Default)]
pub struct HttpFetcher {
    /// Made for the first request: most actions send none.
    client: OnceLock<HttpTransport>,
}

impl HttpFetcher {
    /// With a client of its own.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            client: OnceLock::new(),
        }
    }
}

#[async_trait]
impl HttpFetch for HttpFetcher {
    async fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn FetchBody>>, FetchError> {
        let client = || HttpTransport::builder().with_insecure_http(true).build();
        let answer = self.client.get_or_init(client).exchange(request).await;
        let answer = answer.map_err(|error| FetchError::Failed(error.into()))?;
        Ok(answer.map(|body| Box::new(Body(body)) as Box<dyn FetchBody>))
    }
}

struct Body(AnswerBody);

#[async_trait]
impl FetchBody for Body {
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError> {
        let body = self.0.read(max_bytes).await;
        body.map_err(|error| match error {
            TransportError::TooLarge { .. } => FetchError::TooLarge,
            error => FetchError::Failed(error.into()),
        })
    }
}
