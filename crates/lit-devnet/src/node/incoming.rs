use bytes::Bytes;
use lit_types::{JsonProblem, NodeErrorCode, NodeErrorKind, wire::Endpoint};
use serde::de::DeserializeOwned;

use super::Refusal;

/// A request to a node, over HTTP or in memory.
pub(crate) struct Incoming {
    pub(crate) path: String,
    /// Headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    pub(super) fn is_for(&self, endpoint: Endpoint) -> bool {
        unversioned(&self.path) == unversioned(endpoint.path())
    }

    /// The client's id of the operation.
    pub(super) fn correlation_id(&self) -> Option<&str> {
        self.header("x-correlation-id")
            .or(self.header("x-request-id"))
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error: serde_json::Error| {
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

/// Whether `path` is the endpoint, in any version.
fn unversioned(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.strip_suffix("/v1").unwrap_or(path)
}
