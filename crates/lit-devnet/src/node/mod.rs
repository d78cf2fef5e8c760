//! One node of the network, and its endpoints.

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

/// The message of errors caused by a [`Fault`].
const INJECTED: &str = "fault injected by a test";
/// The largest request body, in bytes: 16 MiB of action code in base64, and the members around it.
pub(crate) const MAX_BODY: usize = 32 * 1024 * 1024;
/// The longest request id, in bytes. Ids are kept in tables.
const MAX_REQUEST_ID: usize = 256;
/// The timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// One node of the network.
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

    /// Answers a request with status and JSON; `None` if the node is stopped.
    pub(crate) async fn handle(self: &Arc<Self>, request: Incoming) -> Option<(u16, Vec<u8>)> {
        let fault = self.fault();
        match fault {
            Some(Fault::Stopped) => return None,
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            _ => {}
        }
        let answered = match fault {
            Some(Fault::Error(code)) => Err(Refusal::coded(code, INJECTED)),
            Some(Fault::ErrorAt(endpoint, code)) if request.is_for(endpoint) => {
                Err(Refusal::coded(code, INJECTED))
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
            let message = "Request too large";
            return Err(Refusal::brief(413, "payload_too_large", message));
        }
        if request
            .correlation_id()
            .is_some_and(|id| id.len() > MAX_REQUEST_ID)
        {
            return Err(Refusal::coded(
                NodeErrorCode::NodeBadInput,
                format_args!("X-Request-Id is longer than {MAX_REQUEST_ID} bytes"),
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
        // Like real nodes: without a JSON content type no route matches.
        if !request.header("content-type").is_some_and(is_json) {
            return Err(Refusal::coded(
                NodeErrorCode::CoreApiRouteNotFound,
                "the header Content-Type is not application/json",
            ));
        }
        if !request
            .header("x-lit-sdk-version")
            .is_none_or(is_sdk_version)
        {
            let code = NodeErrorCode::CoreApiInvalidXSDKVersionHeader;
            return Err(Refusal::coded(
                code,
                "malformed X-Lit-SDK-Version: expected a version such as 7.4.0",
            ));
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

/// Whether a content type is `application/json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type
        .split_once(';')
        .map_or(content_type, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Whether a text is three numbers that are not all zero.
fn is_sdk_version(text: &str) -> bool {
    let numbers: Vec<Option<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(major), Some(minor), Some(patch)] if (major, minor, patch) != (0, 0, 0))
}

/// Runs work of milliseconds, such as pairings and contract calls, on a thread for blocking work.
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

#[allow(
    clippy::expect_used,
    reason = "responses hold texts, numbers and JSON values"
)]
fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("responses serialize to JSON")
}
