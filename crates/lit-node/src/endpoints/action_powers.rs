use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use async_trait::async_trait;
use lit_actions::HostError;
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson};
use lit_types::{
    AuthSig, LitResource, NodeErrorCode, PkpPublicKey,
    access_control::AccessControlConditions,
    constants::AuthMethodScope,
    wire::{Endpoint, PkpClaimResponse, SignatureShare},
};

use super::session::Caller;
use crate::{
    Node, SigningId, actions::Powers, auth::verify_login, conditions::Asker, refusal::Refusal,
};

/// The node, and the session under which the action runs.
#[derive(Debug)]
pub(super) struct ActionPowers {
    node: Arc<Node>,
    /// `None` for an action that authorizes a session key.
    session: Option<ActionSession>,
}

#[derive(Debug)]
struct ActionSession {
    caller: Caller,
    request_id: Option<String>,
    epoch: u64,
}

impl ActionPowers {
    pub(super) const fn of_session(
        node: Arc<Node>,
        caller: Caller,
        request_id: Option<String>,
        epoch: u64,
    ) -> Self {
        let session = Some(ActionSession {
            caller,
            request_id,
            epoch,
        });
        Self { node, session }
    }

    pub(super) const fn without_session(node: Arc<Node>) -> Self {
        Self {
            node,
            session: None,
        }
    }

    fn session(&self) -> Result<&ActionSession, Refusal> {
        self.session.as_ref().ok_or_else(|| {
            let code = NodeErrorCode::NodeInvalidAuthSig;
            Refusal::coded(
                code,
                "an action that authorizes a session key runs without a session, and cannot sign or decrypt",
            )
        })
    }
}

#[async_trait]
impl Powers for ActionPowers {
    async fn sign(
        &self,
        running: &str,
        point: String,
        pkp: PkpPublicKey,
        digest: [u8; 32],
        scope: AuthMethodScope,
    ) -> Result<EcdsaShareJson, HostError> {
        let ActionSession {
            caller, request_id, ..
        } = self.session()?;
        self.node
            .check_permission(caller, Some(running), &pkp, scope)
            .await?;
        let request_id = request_id.clone().ok_or_else(|| {
            let code = NodeErrorCode::CoreApiMissingRequiredXRequestIdHeader;
            Refusal::coded(
                code,
                "missing header X-Request-Id, by which nodes find each other to sign together",
            )
        })?;
        let id = SigningId {
            endpoint: Endpoint::Execute,
            request_id,
            caller: caller.auth_sig.address.clone(),
            point,
            pkp,
            digest,
        };
        Ok(self.node.ecdsa_share(id).await?)
    }

    fn claim(&self, running: &str, key_id: &str) -> Result<PkpClaimResponse, HostError> {
        self.session()?;
        let derived_key_id: B256 = keccak256(format!("{running}_{key_id}"));
        Ok(self.node.claim_of(derived_key_id)?)
    }

    async fn are_met(
        &self,
        running: &str,
        conditions: &AccessControlConditions,
        login: Option<&AuthSig>,
    ) -> Result<bool, HostError> {
        let address = match login {
            Some(login) => {
                verify_login(login, self.node.parts.clock.now()).map_err(Refusal::from)?
            }
            None => {
                let caller = &self.session()?.caller;
                self.node.require_any_action(caller).await?;
                caller.session.address
            }
        };
        let asker = Asker {
            address,
            action: Some(running),
        };
        let met = self.node.conditions.are_met(conditions, asker).await;
        Ok(met.map_err(Refusal::from)?)
    }

    async fn decryption_share(&self, resource: &LitResource) -> Result<String, HostError> {
        let epoch = self.session()?.epoch;
        let identity = resource.key().into_bytes();
        let SignatureShare::ProofOfPossession(share) = self.node.bls_share(identity, epoch).await?;
        Ok(share)
    }

    fn network_key(&self) -> BlsPublicKey {
        self.node.parts.keys.network_key()
    }
}
