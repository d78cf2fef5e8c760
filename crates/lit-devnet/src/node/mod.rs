//! One node of the network: what it answers on each endpoint of the wire protocol.

mod code;
mod execute;
mod handshake;
mod incoming;
mod refusal;
mod shared;

use std::sync::{Arc, PoisonError, RwLock};

use lit_types::{NodeErrorCode, NodeUrl};
use serde::Serialize;

use crate::{Fault, LoggedRequest};

pub(crate) use incoming::Incoming;
use refusal::Refusal;
pub(crate) use shared::Shared;

/// One node: answers the endpoints of the wire protocol.
#[derive(Debug)]
pub(crate) struct Node {
    url: NodeUrl,
    shared: Arc<Shared>,
    fault: RwLock<Option<Fault>>,
}

impl Node {
    pub(crate) const fn new(url: NodeUrl, shared: Arc<Shared>) -> Self {
        Self {
            url,
            shared,
            fault: RwLock::new(None),
        }
    }

    pub(crate) const fn url(&self) -> &NodeUrl {
        &self.url
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_stopped(&self) -> bool {
        self.fault() == Some(Fault::Stopped)
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Status and JSON, or nothing from a node that is stopped.
    pub(crate) async fn handle(&self, request: Incoming) -> Option<(u16, Vec<u8>)> {
        let answered = match self.fault() {
            Some(Fault::Stopped) => return None,
            Some(Fault::Error(code)) => Err(Refusal::coded(code, "by order of a test")),
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                self.route(&request).await
            }
            None => self.route(&request).await,
        };
        let correlation_id = request.correlation_id().map(ToOwned::to_owned);
        let (status, body) =
            answered.unwrap_or_else(|refusal| refusal.into_answer(correlation_id.clone()));
        self.shared.log.push(LoggedRequest {
            node: self.url.clone(),
            path: request.path,
            request_id: correlation_id,
            status,
        });
        Some((status, body))
    }

    async fn route(&self, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        let is_json = |content_type: &str| content_type.starts_with("application/json");
        let path = request.path.trim_end_matches('/');
        // A node does not find a route for a body that is not declared as JSON.
        if !request.header("content-type").is_some_and(is_json) {
            return Err(Refusal::coded(
                NodeErrorCode::CoreApiRouteNotFound,
                "the body is not declared as JSON",
            ));
        }
        if !request
            .header("x-lit-sdk-version")
            .is_none_or(is_sdk_version)
        {
            let code = NodeErrorCode::CoreApiInvalidXSDKVersionHeader;
            return Err(Refusal::coded(code, "X-Lit-SDK-Version is no version"));
        }
        match path {
            "/web/handshake" => self.handshake(request),
            "/web/execute/v1" | "/web/execute" => self.execute(request).await,
            _ => Err(Refusal::coded(NodeErrorCode::CoreApiRouteNotFound, path)),
        }
    }
}

/// Three numbers, not all of them zero.
fn is_sdk_version(text: &str) -> bool {
    let numbers: Vec<Option<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(major), Some(minor), Some(patch)] if (major, minor, patch) != (0, 0, 0))
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Structs of texts and JSON values always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}
