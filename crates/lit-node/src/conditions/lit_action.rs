//! Conditions on the answer of a Lit Action.

use std::sync::Arc;

use async_trait::async_trait;
use lit_actions::HostError;
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson};
use lit_types::{
    AuthContext, AuthSig, LitResource, PkpPublicKey,
    access_control::{AccessControlConditions, EvmBasicCondition},
    constants::AuthMethodScope,
    wire::PkpClaimResponse,
};
use serde_json::{Map, json};

use super::{Asker, ConditionError, ConditionReader, compare};
use crate::actions::{AskingAction, NodeAction, Powers};

impl ConditionReader {
    /// Calls the method, a function of the action, and compares its result as a text.
    pub(super) async fn lit_action(
        &self,
        condition: &EvmBasicCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let cid = condition.contract_address.replace("ipfs://", "");
        let code = self.parts.code.code(&cid).await?;
        let code = code.ok_or_else(|| ConditionError::UnknownAction(cid.clone()))?;
        // As JSON, because the asker chooses the values of `:litParam`.
        let parameters = asker.filled_in(&condition.parameters)?;
        let parameters: Vec<String> = parameters
            .iter()
            .map(|text| json!(text).to_string())
            .collect();
        let call = format!("{}({})", condition.method, parameters.join(","));
        let code = format!(
            "{code}\n;(async () => {{ const answer = await {call}; Lit.Actions.setResponse({{ response: answer.toString() }}); }})();"
        );
        let context = AuthContext {
            auth_sig_address: Some(asker.address.to_string()),
            ..AuthContext::default()
        };
        let action = NodeAction {
            // Without a request, nodes do not meet in it.
            request_id: None,
            caller: asker.address.to_string(),
            cid,
            code,
            js_params: Map::new(),
            auth: json!(context),
            headers: Vec::new(),
            limits: self.parts.settings.action_limits.clone(),
            powers: Arc::new(NoPowers(self.parts.keys.network_key())),
        };
        let outcome = match asker.action {
            Some(asking) => {
                let _turn = asking.turn.lock().await;
                let slot = asking.slot.clone();
                self.actions.run_nested(action, slot).await?
            }
            None => self.actions.run(action).await?,
        };
        let test = &condition.return_value_test;
        Ok(compare::texts(
            test.comparator,
            &outcome.response,
            &test.value,
        ))
    }
}

/// An action that decides a condition cannot use keys, nor ask for other conditions.
#[derive(Debug)]
struct NoPowers(BlsPublicKey);

fn refused() -> HostError {
    HostError::new(
        "an action that decides an access control condition cannot sign, decrypt or check conditions",
    )
}

#[async_trait]
impl Powers for NoPowers {
    async fn sign(
        &self,
        _: &str,
        _: String,
        _: PkpPublicKey,
        _: [u8; 32],
        _: AuthMethodScope,
    ) -> Result<EcdsaShareJson, HostError> {
        Err(refused())
    }

    fn claim(&self, _: &str, _: &str) -> Result<PkpClaimResponse, HostError> {
        Err(refused())
    }

    async fn are_met(
        &self,
        _: AskingAction<'_>,
        _: &AccessControlConditions,
        _: Option<&AuthSig>,
        _: &str,
    ) -> Result<bool, HostError> {
        Err(refused())
    }

    async fn decryption_share(&self, _: &LitResource) -> Result<String, HostError> {
        Err(refused())
    }

    fn network_key(&self) -> BlsPublicKey {
        self.0
    }
}
