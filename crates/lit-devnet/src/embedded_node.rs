use std::sync::Arc;

use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use lit_contracts::bindings::Staking;
use lit_devnet_chain::LitChain;
use lit_node::{KeyShares, Node, Request, Response, epoch_to_use};
use lit_recap::SiweMessage;
use lit_session_crypto::session_digest;
use lit_types::{
    NodeErrorBody, NodeErrorCode, NodeUrl,
    wire::{Endpoint, SignSessionKeyRequest, SignSessionKeyResponse},
};

use crate::{Fault, LoggedRequest, SiweChange, lie::changed, log::RequestLog, signer::NodeSigner};

/// The message of errors caused by a [`Fault`].
const INJECTED: &str = "fault injected by a test";

/// A node in this process, with its fault. It logs requests.
#[derive(Debug)]
pub(crate) struct EmbeddedNode {
    node: Arc<Node>,
    signer: NodeSigner,
    chain: LitChain,
    log: Arc<RequestLog>,
}

impl EmbeddedNode {
    pub(crate) const fn new(
        node: Arc<Node>,
        signer: NodeSigner,
        chain: LitChain,
        log: Arc<RequestLog>,
    ) -> Self {
        Self {
            node,
            signer,
            chain,
            log,
        }
    }

    pub(crate) fn url(&self) -> &NodeUrl {
        self.node.url()
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

    /// Answers a request; `None` if the node is stopped.
    pub(crate) async fn handle(&self, request: Request) -> Option<Response> {
        let fault = self.fault();
        match fault {
            Some(Fault::Stopped) => return None,
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            _ => {}
        }
        let mut answer = match fault {
            Some(Fault::Error(code)) => injected(code, &request),
            Some(Fault::ErrorAt(endpoint, code)) if request.is_for(endpoint) => {
                injected(code, &request)
            }
            _ => self.node.handle(&request).await,
        };
        self.log.push(LoggedRequest {
            node: self.url().clone(),
            path: request.path.clone(),
            request_id: request.correlation_id().map(ToOwned::to_owned),
            status: answer.status,
        });
        match fault {
            Some(Fault::Garbage) => {
                answer.status = 200;
                answer.body = b"\xff\xfe not JSON".to_vec();
            }
            Some(Fault::Truncated) => answer.body.truncate(answer.body.len() / 2),
            Some(Fault::WrongSiwe(change)) if request.is_for(Endpoint::SignSessionKey) => {
                if let Some(lie) = self.with_changed_message(&request, &answer, change).await {
                    answer.body = lie;
                }
            }
            _ => {}
        }
        Some(answer)
    }

    /// The answer with a changed message, and a share that is valid for it; `None` if the node refused.
    async fn with_changed_message(
        &self,
        request: &Request,
        answer: &Response,
        change: SiweChange,
    ) -> Option<Vec<u8>> {
        let asked: SignSessionKeyRequest = serde_json::from_slice(&request.body).ok()?;
        let honest: SignSessionKeyResponse = serde_json::from_slice(&answer.body).ok()?;
        let message: SiweMessage = honest.siwe_message.parse().ok()?;
        let siwe_message = changed(&message, change);
        let digest = session_digest(&siwe_message);
        let epoch = epoch_to_use(asked.epoch, self.epoch()?);
        let share = self.signer.bls_share(digest.to_vec(), epoch).await;
        let lie = SignSessionKeyResponse {
            signature_share: share.ok()?,
            data_signed: hex::encode(digest),
            siwe_message,
            ..honest
        };
        serde_json::to_vec(&lie).ok()
    }

    fn epoch(&self) -> Option<u64> {
        let call = Bytes::from(Staking::epochCall {}.abi_encode());
        let staking = self.chain.addresses().staking;
        let answer = self.chain.chain().call(staking, call).ok()?;
        let epoch = Staking::epochCall::abi_decode_returns(&answer).ok()?;
        Some(epoch.number.saturating_to())
    }
}

/// The refusal of a node with this code.
#[allow(clippy::expect_used, reason = "error bodies hold texts and numbers")]
fn injected(code: NodeErrorCode, request: &Request) -> Response {
    let error = NodeErrorBody {
        correlation_id: request.correlation_id().map(ToOwned::to_owned),
        ..NodeErrorBody::new(code, INJECTED.to_owned())
    };
    Response {
        status: error.status.unwrap_or(500),
        body: serde_json::to_vec(&error).expect("error bodies serialize"),
    }
}
