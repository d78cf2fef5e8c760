//! Request and response bodies of the Datil endpoints.

mod encryption;
mod pkp;

pub use encryption::{EncryptionSignRequest, EncryptionSignResponse};
pub use pkp::{PkpClaimRequest, PkpClaimResponse, PkpSignRequest, PkpSignResponse};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AuthMethod, AuthSig};

/// The endpoints of a node.
#[doc(alias = "LIT_ENDPOINT")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// Handshake: keys and state of a node.
    Handshake,
    /// Sign a session key for a PKP.
    SignSessionKey,
    /// Run a Lit Action.
    Execute,
    /// Sign with a PKP.
    PkpSign,
    /// Claim a key.
    PkpClaim,
    /// Access-control JWTs (legacy).
    SignAccessControlCondition,
    /// Decryption shares.
    EncryptionSign,
}

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Self; 7] = [
        Self::Handshake,
        Self::SignSessionKey,
        Self::Execute,
        Self::PkpSign,
        Self::PkpClaim,
        Self::SignAccessControlCondition,
        Self::EncryptionSign,
    ];

    /// The path with version, as in the official client: version 0 is a trailing slash.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Handshake => "/web/handshake/",
            Self::SignSessionKey => "/web/sign_session_key/v1",
            Self::Execute => "/web/execute/v1",
            Self::PkpSign => "/web/pkp/sign/v1",
            Self::PkpClaim => "/web/pkp/claim/",
            Self::SignAccessControlCondition => "/web/signing/access_control_condition/",
            Self::EncryptionSign => "/web/encryption/sign/",
        }
    }
}

/// Body of a handshake request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandshakeRequest {
    /// A placeholder, `test`; nodes ignore it.
    pub client_public_key: String,
    /// The challenge: 64 hex digits, fresh for every node. An attestation must contain them.
    #[serde(default)]
    pub challenge: String,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's answer to a handshake. Hex without `0x` unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandshakeResponse {
    /// Unused; `ERR` while the node has no keys.
    pub server_public_key: String,
    /// The network's BLS key: 96 hex digits, a compressed G1 point.
    pub subnet_public_key: String,
    /// The same key again.
    pub network_public_key: String,
    /// The same key again.
    pub network_public_key_set: String,
    /// The client's version, echoed.
    #[serde(default)]
    pub client_sdk_version: String,
    /// The secp256k1 root keys, 130 hex digits each, in the order of derivation.
    #[serde(default)]
    pub hd_root_pubkeys: Vec<String>,
    /// The SEV-SNP attestation, if the node has one.
    #[serde(default)]
    pub attestation: Option<Value>,
    /// A recent Ethereum block hash, `0x` and 64 hex digits: the nonce of SIWE messages.
    pub latest_blockhash: String,
}

/// Body of a request to sign a session key for a PKP.
///
/// The members have the order of the official client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignSessionKeyRequest {
    /// The URI of the session key, `lit:session:` and 64 hex digits.
    pub session_key: String,
    /// The auth methods of the caller; may be empty.
    pub auth_methods: Vec<AuthMethod>,
    /// The PKP's public key in hex, `0x` optional. If it is missing, a node finds the PKP by the first auth method.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pkp_public_key: Option<String>,
    /// The message to sign. Nodes rewrite it.
    pub siwe_message: String,
    /// Must be [`curves::BLS`](crate::constants::curves::BLS).
    pub curve_type: String,
    /// CIDv0 of the action that authorizes. Excludes `code`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lit_action_ipfs_id: Option<String>,
    /// Base64, padded, of the UTF-8 source of the action that authorizes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// Parameters: each member becomes a global of the action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub js_params: Option<Map<String, Value>>,
    /// Must be absent; otherwise nodes refuse the request. A wallet's AuthSig belongs into the auth methods.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_sig: Option<Value>,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's share of the signature over a session key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignSessionKeyResponse {
    /// Always `success` in an answer with status 200.
    pub result: String,
    /// The share.
    pub signature_share: SignatureShare,
    /// The index of the node, from 0.
    pub share_index: u32,
    /// [`curves::BLS`](crate::constants::curves::BLS).
    pub curve_type: String,
    /// The signed message: that of the request, rewritten.
    pub siwe_message: String,
    /// The signed 32 bytes, in hex without `0x`.
    pub data_signed: String,
    /// The network's BLS key: 96 hex digits.
    pub bls_root_pubkey: String,
}

/// A share of a BLS signature as JSON, `{"ProofOfPossession":"…"}`: 194 hex digits, the first two are the identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureShare {
    /// The share, in the scheme that Lit uses.
    ProofOfPossession(String),
}

/// Body of a request to run a Lit Action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteRequest {
    /// Base64, padded, of the UTF-8 source. Takes precedence over `ipfs_id`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// CIDv0 of the source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ipfs_id: Option<String>,
    /// Parameters: each member becomes a global of the action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub js_params: Option<Map<String, Value>>,
    /// The session signature for this node.
    pub auth_sig: AuthSig,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's answer to a Lit Action run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteResponse {
    /// Always true in an answer with status 200.
    pub success: bool,
    /// Signature shares by name.
    #[serde(default)]
    pub signed_data: Map<String, Value>,
    /// Always empty.
    #[serde(default)]
    pub decrypted_data: Map<String, Value>,
    /// Claims by key id.
    #[serde(default)]
    pub claim_data: Map<String, Value>,
    /// The response that the action set; empty by default.
    #[serde(default)]
    pub response: String,
    /// The console output of the action.
    #[serde(default)]
    pub logs: String,
}

/// A node's answer when the action threw. It has status 400, and another form than other errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionFailure {
    /// Always false.
    pub success: bool,
    /// The exception, with stack.
    pub error: String,
    /// The console output of the action before it threw.
    #[serde(default)]
    pub logs: String,
}
