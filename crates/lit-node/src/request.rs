use std::fmt;

use bytes::Bytes;
use lit_types::{JsonProblem, NodeErrorCode, NodeErrorKind, strict_json, wire::Endpoint};
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

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
        unversioned(&self.path) == unversioned(endpoint.path())
    }

    /// The client's id of the operation, from the header `X-Correlation-Id` or `X-Request-Id`.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("x-correlation-id")
            .or(self.header("x-request-id"))
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        strict_json::from_slice(&self.body).map_err(|error: serde_json::Error| {
            let is_json = error.classify() == serde_json::error::Category::Data;
            let problem = JsonProblem::from(error);
            if is_json {
                Refusal::coded(NodeErrorCode::NodeBadInput, problem)
            } else {
                Refusal::uncoded(400, NodeErrorKind::Parser, problem)
            }
        })
    }
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

/// The path without the version of the endpoint.
fn unversioned(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.strip_suffix("/v1").unwrap_or(path)
}
