use lit_session_crypto::Operation;
use lit_types::{
    AuthSig, AuthSigKind, NodeErrorCode,
    access_control::AccessControlConditions,
    wire::{EncryptionSignRequest, EncryptionSignResponse},
};
use serde_json::{Map, Value};

use crate::{
    Node, Request,
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
        let auth_sig = request.parse_then(move |members| read(&members)).await?;
        // Parsed again, because a JSON map would lose the order of the conditions' members.
        let body: EncryptionSignRequest = request.parse().await?;
        let conditions = conditions_of(&body)?;
        let resource = encrypted_as(&conditions, &body.data_to_encrypt_hash)?;
        let chain = body.chain.as_deref();
        if auth_sig.kind() == AuthSigKind::Session {
            let operation = Operation::decrypt(resource.id());
            let caller = self.caller(auth_sig, &operation, UNPAID).await?;
            self.require_met(&conditions, &caller.asker(chain)).await?;
        } else {
            let asker = self.login(&auth_sig, chain).await?;
            self.require_paid(&asker).await?;
            self.require_met(&conditions, &asker).await?;
        }
        let identity = resource.key().into_bytes();
        let answer = EncryptionSignResponse {
            result: "success".to_owned(),
            signature_share: self.bls_share(identity, body.epoch).await?,
            share_index: self.parts.keys.share_index(),
        };
        Ok((200, to_json(&answer)))
    }

    /// Requires a capacity credit where capacity is enforced. Only EVM addresses can have one.
    async fn require_paid(&self, asker: &Asker<'_>) -> Result<(), Refusal> {
        if !self.parts.settings.capacity_enforced {
            return Ok(());
        }
        let now = self.parts.clock.now();
        match asker.address.evm() {
            Some(address) => self.capacity.check_wallet(address, now, UNPAID).await,
            None => Err(Refusal::brief(
                UNPAID,
                "rate_limit_exceeded",
                format!(
                    "Rate limit exceeded.  {} is not an EVM address, so it has no capacity credit.",
                    asker.address
                ),
            )),
        }
    }

    async fn require_met(
        &self,
        conditions: &AccessControlConditions,
        asker: &Asker<'_>,
    ) -> Result<(), Refusal> {
        if self.conditions.are_met(conditions, asker).await? {
            return Ok(());
        }
        let code = NodeErrorCode::NodeAccessControlConditionsReturnedNotAuthorized;
        Err(Refusal::coded(
            code,
            "The access control condition check returned that you are not permitted to access this content.  Are you sure you \
             meet the conditions?  Check the auth_sig and the other conditions",
        ))
    }
}
