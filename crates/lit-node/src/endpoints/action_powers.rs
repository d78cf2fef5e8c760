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
    Node, SigningId,
    actions::{AskingAction, Powers},
    refusal::Refusal,
};

// The texts of Lit's nodes, which clients look for.
const CANNOT_SIGN: &str = "You can not sign without providing an auth_sig. You must create a session with the PKP, and then pass \
    session sigs in, which will be converted to an auth sig per node.";
const CANNOT_ASK: &str = "No auth_sig found.  You must either pass one to the function, or set one in your client when sending the request";
/// An action that authorizes a session key runs without a session.
const CANNOT_DECRYPT: &str = "an action that authorizes a session key cannot decrypt";

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

    /// The session. An action that authorizes a session key has none; `otherwise` says so.
    fn session(&self, otherwise: &'static str) -> Result<&ActionSession, Refusal> {
        let code = NodeErrorCode::NodeInvalidAuthSig;
        let session = self.session.as_ref();
        session.ok_or_else(|| Refusal::coded(code, otherwise))
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
        } = self.session(CANNOT_SIGN)?;
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
        self.session(CANNOT_SIGN)?;
        let derived_key_id: B256 = keccak256(format!("{running}_{key_id}"));
        Ok(self.node.claim_of(derived_key_id)?)
    }

    async fn are_met(
        &self,
        asking: AskingAction<'_>,
        conditions: &AccessControlConditions,
        login: Option<&AuthSig>,
        chain: &str,
    ) -> Result<bool, HostError> {
        let mut asker = match login {
            Some(login) => self.node.login(login, Some(chain)).await?,
            None => {
                let caller = &self.session(CANNOT_ASK)?.caller;
                self.node.require_any_action(caller).await?;
                caller.asker(Some(chain))
            }
        };
        asker.action = Some(asking);
        let met = self.node.conditions.are_met(conditions, &asker).await;
        Ok(met.map_err(Refusal::from)?)
    }

    async fn decryption_share(&self, resource: &LitResource) -> Result<String, HostError> {
        let epoch = self.session(CANNOT_DECRYPT)?.epoch;
        let identity = resource.key().into_bytes();
        let SignatureShare::ProofOfPossession(share) = self.node.bls_share(identity, epoch).await?;
        Ok(share)
    }

    fn network_key(&self) -> BlsPublicKey {
        self.node.parts.keys.network_key()
    }
}
