use std::fmt;

use bytes::Bytes;
use lit_types::{JsonProblem, NodeErrorCode, NodeErrorKind, strict_json, wire::Endpoint};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::{off_runtime::off_runtime, refusal::Refusal};

/// The bytes of a body that is parsed on a thread for blocking work.
const LARGE_BODY: usize = 64 * 1024;
/// Bounds how many large bodies this process parses at once.
static PARSERS: Semaphore = Semaphore::const_new(4);

/// A request to a node, over HTTP or in memory.
#[derive(Clone)]
pub struct Request {
    /// The path of a `POST`; empty for other methods.
    pub path: String,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Bytes,
}

/// The answer of a node, a JSON document.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    /// Whether the request is for this endpoint, in any version.
    #[must_use]
    pub fn is_for(&self, endpoint: Endpoint) -> bool {
        is_path_of(&self.path, endpoint)
    }

    /// The client's id of the operation, from the header `X-Correlation-Id` or `X-Request-Id`.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("x-correlation-id")
            .or(self.header("x-request-id"))
    }

    /// Parses the body.
    pub(crate) async fn parse<T: DeserializeOwned + Send + 'static>(&self) -> Result<T, Refusal> {
        self.parse_then(Ok).await
    }

    /// Parses the body, and reads what it has. Nobody is authenticated by then, so a large body must not hold up others.
    pub(crate) async fn parse_then<T: DeserializeOwned, U: Send + 'static>(
        &self,
        read: impl FnOnce(T) -> Result<U, Refusal> + Send + 'static,
    ) -> Result<U, Refusal> {
        if self.body.len() <= LARGE_BODY {
            return read(parsed(&self.body)?);
        }
        // The semaphore is never closed.
        let place = PARSERS.acquire().await;
        let body = self.body.clone();
        off_runtime(move || {
            let _place = place;
            read(parsed(&body)?)
        })
        .await
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    strict_json::from_slice(body).map_err(|error: serde_json::Error| {
        let is_json = error.classify() == serde_json::error::Category::Data;
        let problem = JsonProblem::from(error);
        if is_json {
            Refusal::coded(NodeErrorCode::NodeBadInput, problem)
        } else {
            Refusal::uncoded(400, NodeErrorKind::Parser, problem)
        }
    })
}

/// Headers and body carry credentials, so they are not shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The body may carry what an action decrypted, so it is not shown.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Whether a path is that of an endpoint, in any version.
pub(crate) fn is_path_of(path: &str, endpoint: Endpoint) -> bool {
    unversioned(path) == unversioned(endpoint.path())
}

/// The path without the version of the endpoint.
fn unversioned(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.strip_suffix("/v1").unwrap_or(path)
}
