use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// Sends the requests of `fetch`. The engine decides where they may go.
///
/// An implementation sends the request as it is, follows no redirects, and stops when its future is dropped. The engine's time limit is
/// its deadline.
#[async_trait]
pub trait HttpFetch: Send + Sync + 'static {
    /// Sends one request. An answer with an error status is an answer.
    ///
    /// # Errors
    /// [`FetchError::Failed`] if there is no answer.
    async fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn FetchBody>>, FetchError>;
}

/// The body of an answer. The engine reads it only where an action gets it: that of a redirect it drops.
#[async_trait]
pub trait FetchBody: Send + 'static {
    /// Reads the whole body.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] for more than `max_bytes`, [`FetchError::Failed`] if the connection fails.
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError>;
}

/// A body that is already there.
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
