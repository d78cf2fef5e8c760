use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_session_crypto::{Operation, ipfs_cid_v0, verify_session_sig};
use lit_types::{
    AuthSig, AuthSigKind, Clock, JsonProblem, NodeErrorBody, NodeErrorCode, NodeErrorKind, NodeUrl,
    wire::{ActionFailure, ExecuteRequest, ExecuteResponse, HandshakeRequest, HandshakeResponse},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    DevnetClock, Fault, LoggedRequest,
    actions::{self, ActionError, ActionLimits, ActionRequest},
    keys::NetworkKeys,
    log::RequestLog,
};

/// What the nodes of a network have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: NetworkKeys,
    pub(crate) clock: Arc<DevnetClock>,
    pub(crate) limits: ActionLimits,
    pub(crate) log: RequestLog,
    pub(crate) ipfs: RwLock<HashMap<String, String>>,
    /// Whether requests have to be paid with capacity credits.
    pub(crate) capacity_enforced: bool,
}

impl Shared {
    pub(crate) fn put_ipfs(&self, code: String) -> String {
        let cid = ipfs_cid_v0(code.as_bytes());
        self.ipfs
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(cid.clone(), code);
        cid
    }
}

/// A request, however it came.
pub(crate) struct Incoming {
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Incoming {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    /// The id under which the client knows this operation.
    fn correlation_id(&self) -> Option<&str> {
        self.header("x-correlation-id")
            .or(self.header("x-request-id"))
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
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

    fn handshake(&self, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        if request.correlation_id().is_none() {
            let code = NodeErrorCode::CoreApiMissingRequiredXRequestIdHeader;
            return Err(Refusal::coded(
                code,
                "a handshake needs the header X-Request-Id",
            ));
        }
        let _: HandshakeRequest = request.parse()?;
        let keys = &self.shared.keys;
        let answer = HandshakeResponse {
            server_public_key: String::new(),
            subnet_public_key: keys.network_public_key.clone(),
            network_public_key: keys.network_public_key.clone(),
            network_public_key_set: keys.network_public_key.clone(),
            client_sdk_version: request
                .header("x-lit-sdk-version")
                .unwrap_or_default()
                .to_owned(),
            hd_root_pubkeys: keys.hd_root_pubkeys.clone(),
            attestation: None,
            latest_blockhash: keys.latest_blockhash(self.shared.clock.now()),
        };
        Ok((200, to_json(&answer)))
    }

    /// In the order of the reference node: code, session, run.
    async fn execute(&self, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        let members: Map<String, Value> = request.parse()?;
        let auth_sig = session_auth_sig(&members)?;
        let body: ExecuteRequest =
            serde_json::from_value(Value::Object(members)).map_err(|error| {
                Refusal::coded(NodeErrorCode::NodeBadInput, JsonProblem::from(error))
            })?;
        let (code, cid) = self.code_and_cid(&body)?;
        let session = verify_session_sig(
            &auth_sig,
            &self.url,
            &Operation::execute(&cid),
            self.shared.clock.now(),
        )
        .map_err(|refusal| Refusal::coded(refusal.node_error_code(), refusal))?;

        let auth = json!({
            "actionIpfsIds": [cid],
            "actionIpfsIdStack": [cid],
            "authSigAddress": session.address.to_string(),
            "authMethodContexts": [],
            "resources": [],
            "customAuthResource": "",
        });
        let action = ActionRequest {
            code,
            js_params: body.js_params.unwrap_or_default(),
            auth,
            headers: request.headers.clone(),
            limits: self.shared.limits.clone(),
        };
        let outcome = actions::run(action).await?;
        let answer = ExecuteResponse {
            success: true,
            response: outcome.response,
            logs: outcome.logs,
            ..ExecuteResponse::default()
        };
        Ok((200, to_json(&answer)))
    }

    fn code_and_cid(&self, body: &ExecuteRequest) -> Result<(String, String), Refusal> {
        if let Some(encoded) = &body.code {
            let conversion = |error: &dyn std::fmt::Display| {
                Refusal::uncoded(500, NodeErrorKind::Conversion, error)
            };
            let bytes = BASE64_STANDARD
                .decode(encoded)
                .map_err(|error| conversion(&error))?;
            let cid = ipfs_cid_v0(&bytes);
            let code = String::from_utf8(bytes).map_err(|error| conversion(&error))?;
            return Ok((code, cid));
        }
        let Some(cid) = body.ipfs_id.as_deref().filter(|cid| !cid.is_empty()) else {
            return Err(Refusal::coded(
                NodeErrorCode::NodeInvalidIPFSID,
                "neither code nor ipfsId",
            ));
        };
        let stored = self
            .shared
            .ipfs
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        match stored.get(cid) {
            Some(code) => Ok((code.clone(), cid.to_owned())),
            None => Err(Refusal::coded(
                NodeErrorCode::NodeInvalidIPFSID,
                format_args!("no content for {cid}"),
            )),
        }
    }
}

/// Three numbers, not all of them zero.
fn is_sdk_version(text: &str) -> bool {
    let numbers: Vec<Option<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(major), Some(minor), Some(patch)] if (major, minor, patch) != (0, 0, 0))
}

/// The session signature of a request, told apart as nodes do before anything else.
fn session_auth_sig(members: &Map<String, Value>) -> Result<AuthSig, Refusal> {
    if members.contains_key("authMethods") {
        let code = NodeErrorCode::NodeCannotProvideAuthMethodForEndpoint;
        return Err(Refusal::coded(
            code,
            "this endpoint takes a session signature, no auth methods",
        ));
    }
    let Some(auth_sig) = members.get("authSig") else {
        return Err(Refusal::coded(
            NodeErrorCode::NodeBadInput,
            "missing field `authSig`",
        ));
    };
    let auth_sig: AuthSig = serde_json::from_value(auth_sig.clone()).map_err(|error| {
        Refusal::coded(
            NodeErrorCode::NodeInvalidMultipleAuthSigs,
            JsonProblem::from(error),
        )
    })?;
    if auth_sig.kind() != AuthSigKind::Session {
        let code = NodeErrorCode::NodeCannotProvideAuthSigForEndpoint;
        return Err(Refusal::coded(
            code,
            "this endpoint takes a session signature",
        ));
    }
    Ok(auth_sig)
}

/// A request that is not carried out.
enum Refusal {
    /// The standard form, with what an action had written to the console, if one ran.
    Error {
        error: Box<NodeErrorBody>,
        logs: Option<String>,
    },
    /// The action threw.
    Action(ActionFailure),
}

impl Refusal {
    fn coded(code: NodeErrorCode, message: impl std::fmt::Display) -> Self {
        NodeErrorBody::new(code, message.to_string()).into()
    }

    fn uncoded(status: u16, kind: NodeErrorKind, message: impl std::fmt::Display) -> Self {
        let error = NodeErrorBody {
            error_kind: Some(format!("{kind:?}")),
            status: Some(status),
            message: Some(message.to_string()),
            ..NodeErrorBody::default()
        };
        error.into()
    }

    fn action(error: String, logs: String) -> Self {
        let success = false;
        Self::Action(ActionFailure {
            success,
            error,
            logs,
        })
    }

    fn into_answer(self, correlation_id: Option<String>) -> (u16, Vec<u8>) {
        #[derive(Serialize)]
        struct Body {
            #[serde(flatten)]
            error: NodeErrorBody,
            #[serde(skip_serializing_if = "Option::is_none")]
            logs: Option<String>,
        }
        match self {
            Self::Error { error, logs } => {
                let error = NodeErrorBody {
                    correlation_id,
                    ..*error
                };
                (error.status.unwrap_or(500), to_json(&Body { error, logs }))
            }
            Self::Action(failure) => (400, to_json(&failure)),
        }
    }
}

impl From<NodeErrorBody> for Refusal {
    fn from(error: NodeErrorBody) -> Self {
        Self::Error {
            error: Box::new(error),
            logs: None,
        }
    }
}

impl From<ActionError> for Refusal {
    fn from(error: ActionError) -> Self {
        let message = error.to_string();
        let code = match error {
            ActionError::Exception { message, logs } => return Self::action(message, logs),
            ActionError::CodeTooLarge { .. } => return Self::action(message, String::new()),
            ActionError::Timeout { .. } => NodeErrorCode::NodeJsTimeoutError,
            ActionError::MemoryLimit { .. } => NodeErrorCode::NodeJsMemoryLimitError,
            _ => NodeErrorCode::NodeJsExecutionError,
        };
        let logs = Some(error.logs().to_owned());
        Self::Error {
            error: Box::new(NodeErrorBody::new(code, message)),
            logs,
        }
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Structs of texts and JSON values always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}
