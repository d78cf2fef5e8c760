use alloy_primitives::B256;
use lit_session_crypto::hd_key_id;
use lit_types::wire::{PkpClaimRequest, PkpClaimResponse};

use crate::{Node, Request, json::to_json, refusal::Refusal};

impl Node {
    /// Signs the key id that belongs to a user's auth method. The contracts mint the key when enough nodes have signed.
    pub(crate) async fn claim(&self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        let body: PkpClaimRequest = request.parse().await?;
        let circumstances = self.circumstances(request);
        let providers = &self.parts.auth;
        let user = providers.verify(&body.auth_method, circumstances).await?;
        let answer = self.claim_of(hd_key_id(&user.user_id, &user.app_id, false))?;
        Ok((202, to_json(&answer)))
    }

    /// This node's signature of the claim of a key.
    pub(crate) fn claim_of(&self, derived_key_id: B256) -> Result<PkpClaimResponse, Refusal> {
        Ok(PkpClaimResponse {
            signature: self.parts.keys.wallet_signature(&derived_key_id)?,
            derived_key_id: hex::encode(derived_key_id),
        })
    }
}
