use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson};
use lit_types::{
    AuthSig, Clock, LitResource, NodeErrorCode, PkpPublicKey,
    access_control::AccessControlConditions,
    constants::AuthMethodScope,
    wire::{Endpoint, PkpClaimResponse, SignatureShare},
};

use super::{Node, Refusal, session::Caller};
use crate::{auth::verify_login, conditions::Asker, signer::SigningId};

/// What an action can do through its node: the node, and the session under which the action runs.
#[derive(Debug)]
pub(crate) struct ActionPowers {
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

    /// The node's share of a PKP's signature, requested by the action with the CID `running`. `point` distinguishes the signatures of
    /// one request.
    pub(crate) async fn sign(
        &self,
        running: &str,
        point: String,
        pkp: PkpPublicKey,
        digest: [u8; 32],
        scope: AuthMethodScope,
    ) -> Result<EcdsaShareJson, Refusal> {
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
        self.node.ecdsa_share(id).await
    }

    /// The node's signature of the claim of a key that belongs to the action with the CID `running`.
    pub(crate) fn claim(&self, running: &str, key_id: &str) -> Result<PkpClaimResponse, Refusal> {
        self.session()?;
        let derived_key_id: B256 = keccak256(format!("{running}_{key_id}"));
        self.node.claim_of(derived_key_id)
    }

    /// Whether the conditions are met for the wallet of `login`, or without one for the session's address.
    pub(crate) async fn are_met(
        &self,
        running: &str,
        conditions: &AccessControlConditions,
        login: Option<&AuthSig>,
    ) -> Result<bool, Refusal> {
        let shared = &self.node.shared;
        let address = match login {
            Some(login) => verify_login(login, shared.clock.now())?,
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
        Ok(shared.conditions.are_met(conditions, asker).await?)
    }

    /// The node's share of the signature that decrypts. The caller has checked the conditions.
    pub(crate) async fn decryption_share(
        &self,
        resource: &LitResource,
    ) -> Result<SignatureShare, Refusal> {
        let epoch = self.session()?.epoch;
        self.node
            .bls_share(resource.key().into_bytes(), epoch)
            .await
    }

    /// The key to which data is encrypted.
    pub(crate) fn network_key(&self) -> BlsPublicKey {
        self.node.shared.keys.network_public_key
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
