use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use lit_devnet::actions::{FetchBody, FetchError, HttpFetch};
use tokio::sync::Semaphore;

/// Counts requests, and answers none.
pub(crate) struct Counter(pub(crate) Arc<Semaphore>);

#[async_trait]
impl HttpFetch for Counter {
    async fn fetch(&self, _: Request<Bytes>) -> Result<Response<Box<dyn FetchBody>>, FetchError> {
        self.0.add_permits(1);
        std::future::pending().await
    }
}
