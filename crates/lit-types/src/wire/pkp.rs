use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AuthMethod, AuthSig};

/// Body of a request to sign with a PKP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PkpSignRequest {
    /// 32 bytes, signed as they are.
    pub to_sign: Vec<u8>,
    /// The PKP's public key in hex, `0x` optional.
    pub pubkey: String,
    /// The session signature for this node.
    pub auth_sig: AuthSig,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's share of a PKP's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PkpSignResponse {
    /// Always true in an answer with status 200.
    pub success: bool,
    /// The signed bytes.
    pub signed_data: Vec<u8>,
    /// The share with members in snake case, also from a node outside the signing set. `EcdsaShareJson` of `lit-session-crypto`
    /// reads it.
    pub signature_share: Value,
}

/// Body of a request to claim a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PkpClaimRequest {
    /// The auth method of the caller.
    pub auth_method: AuthMethod,
    /// The key of a WebAuthn credential.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential_public_key: Option<String>,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's consent to claim a key, with status 202.
///
/// The claims of actions have the same two members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PkpClaimResponse {
    /// The signature of the node's wallet over the 32 bytes of the key id as a personal message: r, s, and 27 or 28; 130 hex
    /// digits without `0x`.
    pub signature: String,
    /// The key id: 64 hex digits without `0x`.
    pub derived_key_id: String,
}
