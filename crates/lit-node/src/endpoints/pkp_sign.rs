use lit_session_crypto::{EcdsaShareJson, EcdsaSignShareJson, HdTweak, Operation};
use lit_types::{
    NodeErrorCode, PkpPublicKey,
    constants::AuthMethodScope,
    wire::{Endpoint, PkpSignRequest, PkpSignResponse},
};
use serde_json::json;

use super::session::{Caller, with_session};
use crate::{
    Node, Request, SigningId, digest::digest, json::to_json, permission::Claimant, refusal::Refusal,
};

/// The status of a request without a capacity credit. This endpoint differs from the others.
const UNPAID: u16 = 400;

impl Node {
    /// Returns a share of a PKP's signature of 32 bytes.
    pub(crate) async fn pkp_sign(&self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        let (auth_sig, body): (_, PkpSignRequest) = request.parse_then(with_session).await?;
        let digest = digest(&body.to_sign)?;
        let pkp: PkpPublicKey = body
            .pubkey
            .parse()
            .map_err(|error| Refusal::coded(NodeErrorCode::NodeBadInput, error))?;
        let Some(request_id) = request.correlation_id() else {
            let code = NodeErrorCode::CoreApiMissingRequiredXRequestIdHeader;
            return Err(Refusal::coded(
                code,
                "missing header X-Request-Id, by which nodes find each other to sign together",
            ));
        };
        let caller = self
            .caller(auth_sig, &Operation::sign_with(pkp), UNPAID)
            .await?;
        self.require_any_action(&caller).await?;
        self.check_permission(&caller, None, &pkp, AuthMethodScope::SignAnything)
            .await?;
        let id = SigningId {
            endpoint: Endpoint::PkpSign,
            request_id: request_id.to_owned(),
            caller: caller.auth_sig.address,
            point: String::new(),
            pkp,
            digest,
        };
        let share: EcdsaSignShareJson = self.ecdsa_share(id).await?.into();
        let answer = PkpSignResponse {
            success: true,
            signed_data: body.to_sign,
            signature_share: json!(share),
        };
        Ok((200, to_json(&answer)))
    }

    /// Checks that the caller, or the running action, may use the PKP with this scope.
    pub(super) async fn check_permission(
        &self,
        caller: &Caller,
        running: Option<&str>,
        pkp: &PkpPublicKey,
        scope: AuthMethodScope,
    ) -> Result<(), Refusal> {
        let claimant = Claimant {
            context: caller.context.clone(),
            running: running.map(ToOwned::to_owned),
            wallet: Some(caller.session.address),
        };
        claimant.check(&self.contracts, pkp, scope).await?;
        Ok(())
    }

    /// This node's share of a permitted signature.
    pub(super) async fn ecdsa_share(&self, id: SigningId) -> Result<EcdsaShareJson, Refusal> {
        let token = id.pkp.token_id();
        let key_id = self.contracts.derived_key_id(token).await?;
        let key_id = key_id.ok_or_else(|| {
            let code = NodeErrorCode::NodePKPNotAuthorized;
            Refusal::coded(code, format_args!("unknown PKP {token}"))
        })?;
        let keys = &self.parts.keys;
        Ok(keys.ecdsa_share(id, HdTweak::new(&key_id)).await?)
    }
}
