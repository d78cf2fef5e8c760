use std::sync::Arc;

use alloy_primitives::{Bytes, U256};
use axum::{Json, body::Bytes as Body, extract::State};
use lit_contracts::bindings::PKPPermissions;
use lit_devnet_chain::ChainError;
use lit_types::PkpPublicKey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, Relayer, ethers::Number, parsed};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FetchBody {
    auth_method_id: Bytes,
    auth_method_type: Number,
}

/// `POST /fetch-pkps-by-auth-method`: the PKPs that permit an auth method, with any scopes.
pub(super) async fn fetch(
    State(relayer): State<Arc<Relayer>>,
    body: Body,
) -> Result<Json<Value>, Refused> {
    let body: FetchBody = parsed(&body)?;
    let kind = body.auth_method_type.0;
    let text = format!("Unable to fetch PKPs for given auth method type: {kind}");
    // Lit's relay server treats 0 as missing.
    if kind.is_zero() {
        return Err(Refused::failed(text));
    }
    let pkps = relayer
        .pkps_of(kind, body.auth_method_id)
        .map_err(|error| Refused::failed(format_args!("{text}: {error}")))?;
    Ok(Json(json!({ "pkps": pkps })))
}

impl Relayer {
    fn pkps_of(&self, kind: U256, id: Bytes) -> Result<Vec<Value>, ChainError> {
        let permissions = self.addresses.pkp_permissions;
        let call = PKPPermissions::getTokenIdsForAuthMethodCall {
            authMethodType: kind,
            id,
        };
        let tokens = self.read(permissions, &call)?;
        tokens
            .into_iter()
            .map(|token| {
                let call = PKPPermissions::getPubkeyCall { tokenId: token };
                let public_key = self.read(permissions, &call)?;
                let address = PkpPublicKey::from_sec1(&public_key)
                    .map_err(|error| ChainError::Rejected(error.to_string()))?
                    .address();
                Ok(json!({
                    "tokenId": Number(token).to_big_number(),
                    "publicKey": public_key,
                    "ethAddress": address.to_checksum(None),
                }))
            })
            .collect()
    }
}
