use lit_types::{LitResource, access_control::AccessControlConditions};
use sha2::{Digest, Sha256};

/// The SHA-256 of the canonical text of conditions.
///
/// ```
/// use lit_session_crypto::conditions_hash;
/// use lit_types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition};
///
/// let owner = EvmBasicCondition::wallet_is("ethereum", "0x0000000000000000000000000000000000000001");
/// let hash = conditions_hash(&AccessControlConditions::EvmBasic(ConditionExpression::new(owner)));
/// assert_eq!(hash[..4], [0xdb, 0x1d, 0xde, 0x2c]);
/// ```
#[doc(alias = "getHashedAccessControlConditions")]
#[must_use]
pub fn conditions_hash(conditions: &AccessControlConditions) -> [u8; 32] {
    Sha256::digest(conditions.canonical().as_str()).into()
}

/// The SHA-256 of data to encrypt.
///
/// It is the other half of the resource, and `dataToEncryptHash` of requests (in lower-case hex).
#[must_use]
pub fn data_hash(plaintext: &[u8]) -> [u8; 32] {
    Sha256::digest(plaintext).into()
}

/// The resource of encrypted data, for the rights of a session.
///
/// Its [key](LitResource::key) is the identity that the data is encrypted to. Nodes sign this identity to decrypt.
#[doc(alias = "getLitResourceForEncryption")]
#[must_use]
pub fn encryption_resource(
    conditions: &AccessControlConditions,
    data_hash: &[u8; 32],
) -> LitResource {
    LitResource::access_control_condition(&conditions_hash(conditions), data_hash)
}
