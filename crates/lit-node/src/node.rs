use std::{sync::Arc, time::Duration};

use lit_session_crypto::SessionVerifier;
use lit_types::{NodeErrorCode, NodeUrl, wire::Endpoint};

use crate::{
    NodeParts, Request, Response, actions::ActionRunner, capacity::Capacity, caught::caught,
    conditions::ConditionReader, contracts::Contracts, refusal::Refusal, request::is_path_of,
};

/// The largest request body, in bytes: 16 MiB of action code in base64, and the members around it.
pub const MAX_BODY: usize = 32 * 1024 * 1024;
/// The largest request body without the code of an action, in bytes.
const MAX_SMALL_BODY: usize = 1024 * 1024;
/// The longest request id, in bytes. Ids are kept in tables.
const MAX_REQUEST_ID: usize = 256;
/// The timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The largest request body at a path, in bytes: [`MAX_BODY`] where a request may carry the code of an action, else 1 MiB.
///
/// ```
/// assert_eq!(lit_node::max_body("/web/execute/v1"), lit_node::MAX_BODY);
/// assert_eq!(lit_node::max_body("/web/handshake"), 1024 * 1024);
/// ```
#[must_use]
pub fn max_body(path: &str) -> usize {
    let has_code = [Endpoint::Execute, Endpoint::SignSessionKey];
    if has_code.into_iter().any(|it| is_path_of(path, it)) {
        MAX_BODY
    } else {
        MAX_SMALL_BODY
    }
}

/// One node of a Lit network.
#[derive(Debug)]
pub struct Node {
    pub(crate) url: NodeUrl,
    pub(crate) parts: NodeParts,
    pub(crate) verifier: SessionVerifier,
    pub(crate) contracts: Contracts,
    pub(crate) conditions: ConditionReader,
    pub(crate) actions: Arc<ActionRunner>,
    pub(crate) capacity: Capacity,
}

impl Node {
    /// A node at this URL, for which clients sign their requests.
    #[must_use]
    pub fn new(url: NodeUrl, parts: NodeParts) -> Self {
        let network_key = parts.keys.network_key();
        let verifier = SessionVerifier::for_node(url.clone()).with_network_key(network_key);
        let contracts = Contracts::new(Arc::clone(parts.chains.own()), parts.contracts);
        let actions = Arc::new(ActionRunner::new(&parts, contracts.clone()));
        Self {
            capacity: Capacity::new(verifier.clone(), contracts.clone(), Arc::clone(&parts.uses)),
            verifier,
            conditions: ConditionReader::new(&parts, Arc::clone(&actions)),
            actions,
            contracts,
            url,
            parts,
        }
    }

    /// The node's URL.
    #[must_use]
    pub const fn url(&self) -> &NodeUrl {
        &self.url
    }

    /// Answers a request with a JSON document; refusals are answers too, and so is a panic.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn handle(self: &Arc<Self>, request: &Request) -> Response {
        let (status, body) = self.answer(request).await.unwrap_or_else(|refusal| {
            refusal.into_answer(request.correlation_id().map(ToOwned::to_owned))
        });
        Response { status, body }
    }

    async fn answer(self: &Arc<Self>, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        if request.body.len() > max_body(&request.path) {
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
        let answer = caught(self.route(request));
        match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panicked)) => Err(Refusal::coded(NodeErrorCode::NodeSystemFault, panicked)),
            Err(_) => Err(Refusal::brief(408, "request_timeout", "Request timed out")),
        }
    }
}
