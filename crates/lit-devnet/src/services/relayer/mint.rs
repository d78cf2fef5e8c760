use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::SolEvent;
use axum::{
    Json,
    body::Bytes as Body,
    extract::{Path, State},
};
use lit_contracts::bindings::{PKPHelper, PKPHelperV2, PKPNFT};
use lit_devnet_chain::ChainError;
use lit_types::constants::relay_status::{FAILED, IN_PROGRESS, SUCCEEDED};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    GIFT, Refused, Relayer,
    ethers::{Number, numbers},
    parsed,
};

/// The key type of secp256k1.
const KEY_TYPE: U256 = U256::from_limbs([2, 0, 0, 0]);
const SIGN_ANYTHING: U256 = U256::ONE;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MintBody {
    key_type: Number,
    permitted_auth_method_types: Vec<Number>,
    permitted_auth_method_ids: Vec<Bytes>,
    permitted_auth_method_pubkeys: Vec<Bytes>,
    permitted_auth_method_scopes: Vec<Vec<Number>>,
    add_pkp_eth_address_as_permitted_address: bool,
    send_pkp_to_itself: bool,
    #[serde(default)]
    burn_pkp: bool,
    #[serde(default)]
    send_to_address_after_minting: Address,
    #[serde(default)]
    pkp_eth_address_scopes: Vec<Number>,
}

impl From<MintBody> for PKPHelperV2::mintNextAndAddAuthMethodsCall {
    fn from(body: MintBody) -> Self {
        let scopes = body.permitted_auth_method_scopes.iter();
        Self {
            params: PKPHelperV2::NewPKPParams {
                keyType: body.key_type.0,
                permittedAuthMethodTypes: numbers(&body.permitted_auth_method_types),
                permittedAuthMethodIds: body.permitted_auth_method_ids,
                permittedAuthMethodPubkeys: body.permitted_auth_method_pubkeys,
                permittedAuthMethodScopes: scopes.map(|scopes| numbers(scopes)).collect(),
                addPkpEthAddressAsPermittedAddress: body.add_pkp_eth_address_as_permitted_address,
                pkpEthAddressScopes: numbers(&body.pkp_eth_address_scopes),
                sendPkpToItself: body.send_pkp_to_itself,
                burnPkp: body.burn_pkp,
                sendToAddressAfterMinting: body.send_to_address_after_minting,
            },
        }
    }
}

/// `POST /mint-next-and-add-auth-methods`. Answers after the PKP is minted and funded.
pub(super) async fn mint(
    State(relayer): State<Arc<Relayer>>,
    body: Body,
) -> Result<Json<Value>, Refused> {
    let failed = |error: ChainError| {
        let text = "[mintNextAndAddAuthMethodsHandler] Unable to mint PKP";
        Refused::failed(format_args!("{text}: {error}"))
    };
    let call: PKPHelperV2::mintNextAndAddAuthMethodsCall = parsed::<MintBody>(&body)?.into();
    let helper = relayer.addresses.pkp_helper_v2;
    let mint = || {
        let receipt = relayer.send(relayer.wallet, helper, relayer.mint_cost()?, &call)?;
        if let Some(token) = relayer.minted_token(&receipt) {
            relayer.pay(relayer.eth_address(token)?, GIFT)?;
        }
        Ok(receipt)
    };
    let receipt = mint().map_err(failed)?;
    Ok(Json(json!({ "requestId": receipt.transaction_hash })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimBody {
    derived_key_id: String,
    signatures: Vec<Signature>,
    auth_method_type: Number,
}

#[derive(Deserialize)]
struct Signature {
    r: B256,
    s: B256,
    v: u8,
}

/// `POST /auth/claim`: mints the PKP of a claimed key, and permits the auth method with the key's id.
pub(super) async fn claim(
    State(relayer): State<Arc<Relayer>>,
    body: Body,
) -> Result<Json<Value>, Refused> {
    let body: ClaimBody = parsed(&body)?;
    let derived_key_id: B256 = body
        .derived_key_id
        .parse()
        .map_err(|error| Refused::bad_request(format_args!("derivedKeyId: {error}")))?;
    let signature = |it: Signature| PKPHelper::Signature {
        r: it.r,
        s: it.s,
        v: it.v,
    };
    let call = PKPHelper::claimAndMintNextAndAddAuthMethodsCall {
        claimMaterial: PKPHelper::ClaimMaterial {
            keyType: KEY_TYPE,
            derivedKeyId: derived_key_id,
            signatures: body.signatures.into_iter().map(signature).collect(),
        },
        authMethodData: PKPHelper::AuthMethodData {
            keyType: KEY_TYPE,
            permittedIpfsCIDs: Vec::new(),
            permittedIpfsCIDScopes: Vec::new(),
            permittedAddresses: Vec::new(),
            permittedAddressScopes: Vec::new(),
            permittedAuthMethodTypes: vec![body.auth_method_type.0],
            permittedAuthMethodIds: vec![derived_key_id.into()],
            permittedAuthMethodPubkeys: vec![Bytes::new()],
            permittedAuthMethodScopes: vec![vec![SIGN_ANYTHING]],
            addPkpEthAddressAsPermittedAddress: true,
            sendPkpToItself: true,
        },
    };
    let helper = relayer.addresses.pkp_helper;
    let receipt = relayer
        .mint_cost()
        .and_then(|cost| relayer.send(relayer.wallet, helper, cost, &call))
        .map_err(|error| {
            let id = body.derived_key_id;
            Refused::failed(format_args!(
                "Unable to claim key with derived id: {id}: {error}"
            ))
        })?;
    Ok(Json(json!({ "requestId": receipt.transaction_hash })))
}

/// `GET /auth/status/{requestId}`: the status of a transaction. Without a receipt it is in progress, even if it is unknown.
pub(super) async fn status(
    State(relayer): State<Arc<Relayer>>,
    Path(request_id): Path<String>,
) -> Result<Json<Value>, Refused> {
    let hash: B256 = request_id
        .parse()
        .map_err(|_| Refused::bad_request("Unable to fetch status of request"))?;
    let Some(receipt) = relayer.chain.receipt(&hash) else {
        return Ok(Json(json!({ "status": IN_PROGRESS })));
    };
    if !receipt.status() {
        let error = "the transaction reverted";
        return Ok(Json(json!({ "status": FAILED, "error": error })));
    }
    let token = relayer
        .minted_token(&receipt)
        .ok_or_else(|| Refused::failed("Unable to fetch tokenId from receipt"))?;
    let pkp = || Ok((relayer.eth_address(token)?, relayer.public_key(token)?));
    let (eth_address, public_key) = pkp().map_err(|error: ChainError| {
        Refused::failed(format_args!("Unable to fetch PKP information: {error}"))
    })?;
    Ok(Json(json!({
        "status": SUCCEEDED,
        "pkpTokenId": B256::from(token),
        "pkpEthAddress": eth_address.to_checksum(None),
        "pkpPublicKey": public_key,
    })))
}

impl Relayer {
    fn mint_cost(&self) -> Result<U256, ChainError> {
        self.read(self.addresses.pkp_nft, &PKPNFT::mintCostCall {})
    }

    /// The token of the first PKP transfer in a transaction.
    fn minted_token(&self, receipt: &TransactionReceipt) -> Option<U256> {
        let logs = receipt.logs().iter();
        logs.filter(|log| log.address() == self.addresses.pkp_nft)
            .find_map(|log| PKPNFT::Transfer::decode_log(&log.inner).ok())
            .map(|transfer| transfer.tokenId)
    }

    fn eth_address(&self, token: U256) -> Result<Address, ChainError> {
        let call = PKPNFT::getEthAddressCall { tokenId: token };
        self.read(self.addresses.pkp_nft, &call)
    }

    fn public_key(&self, token: U256) -> Result<Bytes, ChainError> {
        let call = PKPNFT::getPubkeyCall { tokenId: token };
        self.read(self.addresses.pkp_nft, &call)
    }
}

#[cfg(test)]
mod tests;
