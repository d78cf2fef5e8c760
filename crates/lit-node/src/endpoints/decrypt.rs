use alloy_primitives::Address;
use lit_session_crypto::Operation;
use lit_types::{
    AuthSig, AuthSigKind, LitResource, NodeErrorCode,
    access_control::AccessControlConditions,
    wire::{EncryptionSignRequest, EncryptionSignResponse},
};
use serde_json::{Map, Value};

use crate::{
    Node, Request,
    auth::verify_login,
    conditions::{Asker, conditions_of, encrypted_as},
    json::to_json,
    refusal::Refusal,
};

/// The status of a request without a capacity credit.
const UNPAID: u16 = 402;

impl Node {
    /// Returns a share of the signature that decrypts. `read` extracts the AuthSig, in the form that this version of the endpoint
    /// accepts.
    pub(crate) async fn encryption_sign(
        &self,
        request: &Request,
        read: fn(&Map<String, Value>) -> Result<AuthSig, Refusal>,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let auth_sig = read(&request.parse()?)?;
        // Parsed again, because a JSON map would lose the order of the conditions' members.
        let body: EncryptionSignRequest = request.parse()?;
        let conditions = conditions_of(&body)?;
        let resource = encrypted_as(&conditions, &body.data_to_encrypt_hash)?;
        let asker = Asker {
            address: self.asker(auth_sig, &resource).await?,
            action: None,
        };
        self.require_met(&conditions, asker).await?;
        let identity = resource.key().into_bytes();
        let answer = EncryptionSignResponse {
            result: "success".to_owned(),
            signature_share: self.bls_share(identity, body.epoch).await?,
            share_index: self.parts.keys.share_index(),
        };
        Ok((200, to_json(&answer)))
    }

    /// The address that asks: by a session for this resource or for all resources, or by a wallet that logged in.
    async fn asker(&self, auth_sig: AuthSig, resource: &LitResource) -> Result<Address, Refusal> {
        if auth_sig.kind() == AuthSigKind::Session {
            let operation = Operation::decrypt(resource.id());
            let caller = self.caller(auth_sig, &operation, UNPAID).await?;
            return Ok(caller.session.address);
        }
        let now = self.parts.clock.now();
        let address = verify_login(&auth_sig, now)?;
        if self.parts.settings.capacity_enforced {
            self.capacity.check_wallet(address, now, UNPAID).await?;
        }
        Ok(address)
    }

    async fn require_met(
        &self,
        conditions: &AccessControlConditions,
        asker: Asker<'_>,
    ) -> Result<(), Refusal> {
        if self.conditions.are_met(conditions, asker).await? {
            return Ok(());
        }
        let code = NodeErrorCode::NodeAccessControlConditionsReturnedNotAuthorized;
        Err(Refusal::coded(
            code,
            "the access control conditions are not met",
        ))
    }
}
