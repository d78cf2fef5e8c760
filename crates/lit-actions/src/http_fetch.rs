use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// Sends the requests of `fetch`. The engine decides where they may go.
///
/// An implementation sends the request as it is, follows no redirects, and stops when its future is dropped. The engine's time limit is
/// its deadline.
///
/// ```
/// use std::sync::Arc;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use lit_actions::{ActionEnvironment, ActionRequest, FetchBody, FetchError, HttpFetch, run};
///
/// /// Answers every request with its path.
/// struct Echo;
///
/// #[async_trait::async_trait]
/// impl HttpFetch for Echo {
///     async fn fetch(&self, request: Request<Bytes>) -> Result<Response<Box<dyn FetchBody>>, FetchError> {
///         Ok(Response::new(Box::new(Bytes::from(request.uri().path().to_owned()))))
///     }
/// }
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let environment = ActionEnvironment::default().with_fetch_host("example.org").with_fetcher(Arc::new(Echo));
/// let code = "fetch('https://example.org/price')
///     .then((response) => response.text())
///     .then((response) => Lit.Actions.setResponse({ response }))";
/// let outcome = run(ActionRequest::new(code).with_environment(Arc::new(environment))).await?;
/// assert_eq!(outcome.response, "/price");
/// # Ok::<(), lit_actions::ActionError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait HttpFetch: Send + Sync + 'static {
    /// Sends one request. An error status is a response, not an error.
    ///
    /// # Errors
    /// [`FetchError::Failed`] if there is no answer.
    async fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn FetchBody>>, FetchError>;
}

/// The body of a response. The engine drops the body of a redirect unread.
#[async_trait]
pub trait FetchBody: Send + 'static {
    /// Reads the whole body.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] for more than `max_bytes`, [`FetchError::Failed`] if the connection fails.
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError>;
}

/// A body in memory.
#[async_trait]
impl FetchBody for Bytes {
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError> {
        if self.len() > max_bytes {
            return Err(FetchError::TooLarge);
        }
        Ok(*self)
    }
}

/// Why a request of `fetch` has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The body is larger than the limit.
    #[error("the response is too large")]
    TooLarge,
    /// The server cannot be reached, or broke off.
    #[error("no response")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
