use std::fmt::Debug;

use async_trait::async_trait;
use lit_actions::HostError;
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson};
use lit_types::{
    AuthSig, LitResource, PkpPublicKey, access_control::AccessControlConditions,
    constants::AuthMethodScope, wire::PkpClaimResponse,
};
use tokio::sync::Mutex;

use crate::EngineSlot;

/// The action that asks whether conditions are met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskingAction<'a> {
    pub(crate) cid: &'a str,
    /// Actions that decide conditions run on the slot of the request, one after the other.
    pub(crate) slot: &'a EngineSlot,
    pub(crate) turn: &'a Mutex<()>,
}

/// What an action can do through its node, under the session in which it runs. `running` is the CID of the action that asks.
#[async_trait]
pub(crate) trait Powers: Debug + Send + Sync {
    /// The node's share of a PKP's signature. `point` distinguishes the signatures of one request.
    async fn sign(
        &self,
        running: &str,
        point: String,
        pkp: PkpPublicKey,
        digest: [u8; 32],
        scope: AuthMethodScope,
    ) -> Result<EcdsaShareJson, HostError>;

    /// The node's signature of the claim of a key that belongs to the action.
    fn claim(&self, running: &str, key_id: &str) -> Result<PkpClaimResponse, HostError>;

    /// Whether the conditions are met for the wallet of `login`, on this chain, or without one for the session's address.
    async fn are_met(
        &self,
        asking: AskingAction<'_>,
        conditions: &AccessControlConditions,
        login: Option<&AuthSig>,
        chain: &str,
    ) -> Result<bool, HostError>;

    /// The node's share of the signature that decrypts. The caller has checked the conditions.
    async fn decryption_share(&self, resource: &LitResource) -> Result<String, HostError>;

    /// The key to which data is encrypted.
    fn network_key(&self) -> BlsPublicKey;
}
