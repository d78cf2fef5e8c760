use serde::{Deserialize, Serialize};

use super::SignatureShare;
use crate::{AuthSig, CompactJson};

/// Body of a request for a decryption share.
///
/// It has conditions of one kind, in
/// [canonical form](crate::access_control::AccessControlConditions::canonical).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionSignRequest {
    /// Conditions of EVM chains by standards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_control_conditions: Option<CompactJson>,
    /// Conditions of contracts on EVM chains.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evm_contract_conditions: Option<CompactJson>,
    /// Conditions of Solana.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sol_rpc_conditions: Option<CompactJson>,
    /// Conditions of several kinds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unified_access_control_conditions: Option<CompactJson>,
    /// SHA-256 of the plaintext: 64 hex digits.
    pub data_to_encrypt_hash: String,
    /// The chain of the caller's wallet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chain: Option<String>,
    /// The session signature for this node, or a wallet's AuthSig.
    pub auth_sig: AuthSig,
    /// The epoch known to the client; 0 for the current one.
    #[serde(default)]
    pub epoch: u64,
}

/// A node's decryption share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionSignResponse {
    /// Always `success` in an answer with status 200.
    pub result: String,
    /// The signature share over the identity that the data was encrypted to.
    pub signature_share: SignatureShare,
    /// The index of the node, from 0.
    pub share_index: u32,
}
