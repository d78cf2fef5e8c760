use std::sync::Arc;

use lit_session_crypto::Operation;
use lit_types::wire::{ExecuteRequest, ExecuteResponse};
use serde_json::json;

use super::{action_powers::ActionPowers, session::with_session};
use crate::{Node, Request, actions::NodeAction, json::to_json, refusal::Refusal};

impl Node {
    /// Runs a Lit Action. Checks code, then session, in the order of Lit's nodes.
    pub(crate) async fn execute(
        self: &Arc<Self>,
        request: &Request,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let (auth_sig, body): (_, ExecuteRequest) = request.parse_then(with_session).await?;
        let (code, cid) = self
            .code_and_cid(body.code.as_deref(), body.ipfs_id.as_deref())
            .await?;
        let caller = self
            .caller(auth_sig, &Operation::run_action(&cid), 402)
            .await?;
        let request_id = request.correlation_id().map(ToOwned::to_owned);
        let action = NodeAction {
            request_id: request_id.clone(),
            caller: caller.auth_sig.address.clone(),
            cid,
            code,
            js_params: body.js_params.unwrap_or_default(),
            auth: json!(caller.context),
            headers: request.headers.clone(),
            limits: self.parts.settings.action_limits.clone(),
            powers: Arc::new(ActionPowers::of_session(
                Arc::clone(self),
                caller,
                request_id,
                body.epoch,
            )),
        };
        let outcome = self.actions.run(action).await?;
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
