//! One node of the network: what it answers on each endpoint of the wire protocol.

mod action_powers;
mod capacity;
mod claim;
mod code;
mod decrypt;
mod execute;
mod handshake;
mod incoming;
mod lie;
mod permission;
mod pkp_sign;
mod refusal;
mod session;
mod session_message;
mod share;
mod shared;
mod sign_session_key;

use std::{sync::Arc, time::Duration};

use lit_session_crypto::SessionVerifier;
use lit_types::{NodeErrorCode, NodeUrl};
use serde::Serialize;

use crate::{Fault, LoggedRequest, signer::NodeSigner};

pub(crate) use action_powers::ActionPowers;
pub(crate) use decrypt::{encrypted_as, parse_conditions};
pub(crate) use incoming::Incoming;
pub(crate) use pkp_sign::digest;
use refusal::Refusal;
use session::{session_auth_sig, single_auth_sig};
pub(crate) use shared::Shared;

/// Why a node refuses that has a fault.
const BY_ORDER: &str = "by order of a test";
/// The largest request that is read, in bytes: action code of 16 MiB in base64, and what stands around it.
pub(crate) const MAX_BODY: usize = 32 * 1024 * 1024;
/// The longest id of a request, in bytes: nodes remember it.
const MAX_REQUEST_ID: usize = 256;
/// How long a node works on one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// One node: answers the endpoints of the wire protocol.
#[derive(Debug)]
pub(crate) struct Node {
    url: NodeUrl,
    verifier: SessionVerifier,
    shared: Arc<Shared>,
    signer: Arc<NodeSigner>,
    uses: Arc<capacity::Uses>,
}

impl Node {
    pub(crate) fn new(url: NodeUrl, shared: Arc<Shared>, signer: NodeSigner) -> Self {
        let verifier =
            SessionVerifier::new(url.clone()).with_network_key(shared.keys.network_public_key);
        Self {
            url,
            verifier,
            shared,
            signer: Arc::new(signer),
            uses: Arc::default(),
        }
    }

    pub(crate) const fn url(&self) -> &NodeUrl {
        &self.url
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.signer.set_fault(fault);
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_stopped(&self) -> bool {
        self.fault() == Some(Fault::Stopped)
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.signer.fault()
    }

    /// Status and JSON, or nothing from a node that is stopped.
    pub(crate) async fn handle(self: &Arc<Self>, request: Incoming) -> Option<(u16, Vec<u8>)> {
        let fault = self.fault();
        match fault {
            Some(Fault::Stopped) => return None,
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            _ => {}
        }
        let answered = match fault {
            Some(Fault::Error(code)) => Err(Refusal::coded(code, BY_ORDER)),
            Some(Fault::ErrorAt(endpoint, code)) if request.is_for(endpoint) => {
                Err(Refusal::coded(code, BY_ORDER))
            }
            _ => self.answer(&request).await,
        };
        let correlation_id = request.correlation_id().map(ToOwned::to_owned);
        let (status, mut body) =
            answered.unwrap_or_else(|refusal| refusal.into_answer(correlation_id.clone()));
        self.shared.log.push(LoggedRequest {
            node: self.url.clone(),
            path: request.path,
            request_id: correlation_id,
            status,
        });
        match fault {
            Some(Fault::Garbage) => return Some((200, b"\xff\xfe not JSON".to_vec())),
            Some(Fault::Truncated) => body.truncate(body.len() / 2),
            _ => {}
        }
        Some((status, body))
    }

    async fn answer(self: &Arc<Self>, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        if request.body.len() > MAX_BODY {
            let message = "the request is too large";
            return Err(Refusal::brief(413, "payload_too_large", message));
        }
        if request
            .correlation_id()
            .is_some_and(|id| id.len() > MAX_REQUEST_ID)
        {
            return Err(Refusal::coded(
                NodeErrorCode::NodeBadInput,
                format_args!("the id of the request is longer than {MAX_REQUEST_ID} bytes"),
            ));
        }
        tokio::time::timeout(REQUEST_TIMEOUT, self.route(request))
            .await
            .unwrap_or(Err(Refusal::brief(
                408,
                "request_timeout",
                "Request timed out",
            )))
    }

    async fn route(self: &Arc<Self>, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
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
            "/web/sign_session_key/v1" => self.sign_session_key(request).await,
            "/web/execute/v1" | "/web/execute" => self.execute(request).await,
            "/web/encryption/sign" => self.encryption_sign(request, single_auth_sig).await,
            "/web/encryption/sign/v1" => self.encryption_sign(request, session_auth_sig).await,
            "/web/pkp/claim" => self.claim(request).await,
            "/web/pkp/sign/v1" | "/web/pkp/sign" => self.pkp_sign(request).await,
            _ => Err(Refusal::coded(NodeErrorCode::CoreApiRouteNotFound, path)),
        }
    }
}

/// `application/json`, perhaps with parameters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Three numbers, not all of them zero.
fn is_sdk_version(text: &str) -> bool {
    let numbers: Vec<Option<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(major), Some(minor), Some(patch)] if (major, minor, patch) != (0, 0, 0))
}

/// Does what takes milliseconds, pairings and calls of contracts, where other requests need not wait for it.
async fn off_runtime<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Into<Refusal> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Refusal::coded(NodeErrorCode::NodeSystemFault, error))?
        .map_err(Into::into)
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Structs of texts and JSON values always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}
