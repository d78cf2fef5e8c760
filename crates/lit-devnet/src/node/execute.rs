use lit_session_crypto::Operation;
use lit_types::{
    AuthContext, AuthSig, AuthSigKind, Clock, JsonProblem, NodeErrorCode,
    wire::{ExecuteRequest, ExecuteResponse},
};
use serde_json::{Map, Value, json};

use super::{Incoming, Node, Refusal, capacity, to_json};
use crate::actions::NodeAction;

impl Node {
    /// In the order of the reference node: code, session, run.
    pub(super) async fn execute(&self, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        let members: Map<String, Value> = request.parse()?;
        let auth_sig = session_auth_sig(&members)?;
        let body: ExecuteRequest =
            serde_json::from_value(Value::Object(members)).map_err(|error| {
                Refusal::coded(NodeErrorCode::NodeBadInput, JsonProblem::from(error))
            })?;
        let (code, cid) = self.code_and_cid(body.code.as_deref(), body.ipfs_id.as_deref())?;
        let now = self.shared.clock.now();
        let operation = Operation::execute(&cid);
        let session = self
            .verifier
            .verify(&auth_sig, &operation, now)
            .map_err(|refusal| Refusal::coded(refusal.node_error_code(), refusal))?;
        if self.shared.capacity_enforced {
            capacity::check(
                &self.shared.chain,
                &self.uses,
                &auth_sig,
                &session,
                now,
                402,
            )?;
        }
        let context = session.auth_context.unwrap_or_else(|| AuthContext {
            auth_sig_address: Some(session.address.to_string()),
            ..AuthContext::default()
        });
        let action = NodeAction {
            node: self.url.clone(),
            request_id: request.correlation_id().map(ToOwned::to_owned),
            caller: auth_sig.address,
            cid,
            code,
            js_params: body.js_params.unwrap_or_default(),
            auth: json!(context),
            headers: request.headers.clone(),
            limits: self.shared.limits.clone(),
        };
        let outcome = self.shared.actions.run(action).await?;
        let answer = ExecuteResponse {
            success: true,
            response: outcome.response,
            logs: outcome.logs,
            signed_data: outcome.signed_data,
            claim_data: outcome.claim_data,
            ..ExecuteResponse::default()
        };
        Ok((200, to_json(&answer)))
    }
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
