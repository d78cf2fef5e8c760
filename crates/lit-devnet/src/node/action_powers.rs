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

/// What an action can have its node do: the node, and the session under which the action runs there.
#[derive(Debug)]
pub(crate) struct ActionPowers {
    node: Arc<Node>,
    /// None for an action that decides about a session that does not exist yet.
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

    /// The node's share of a PKP's signature, as the action with this CID asks for it. `point` tells the signature from the
    /// others of the request.
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
                "nodes find each other by the header X-Request-Id to sign together",
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

    /// The node's consent to the claim of a key that belongs to the action with this CID.
    pub(crate) fn claim(&self, running: &str, key_id: &str) -> Result<PkpClaimResponse, Refusal> {
        self.session()?;
        let derived_key_id: B256 = keccak256(format!("{running}_{key_id}"));
        self.node.claim_of(derived_key_id)
    }

    /// Whether the conditions are met for a wallet that logged in, or else for whoever's session it is.
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

    /// The node's share of the signature that decrypts, for conditions that were found met.
    pub(crate) async fn decryption_share(
        &self,
        resource: &LitResource,
    ) -> Result<SignatureShare, Refusal> {
        let epoch = self.session()?.epoch;
        self.node
            .bls_share(resource.key().into_bytes(), epoch)
            .await
    }

    /// What is encrypted to the network is encrypted to this key.
    pub(crate) fn network_key(&self) -> BlsPublicKey {
        self.node.shared.keys.network_public_key
    }

    fn session(&self) -> Result<&ActionSession, Refusal> {
        self.session.as_ref().ok_or_else(|| {
            let code = NodeErrorCode::NodeInvalidAuthSig;
            Refusal::coded(
                code,
                "an action that authorises a session key runs without a session, and cannot sign or decrypt",
            )
        })
    }
}
