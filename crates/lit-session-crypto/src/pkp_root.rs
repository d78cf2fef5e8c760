use alloy_primitives::eip191_hash_message;
use sha2::{Digest, Sha256};

/// What nodes sign for a PKP in place of a SIWE message: the SHA-256 of `lit_session:` and the message's EIP-191 hash in
/// hex (wire protocol specification, section 3.5).
#[must_use]
pub fn session_digest(siwe_text: &str) -> [u8; 32] {
    let hash = eip191_hash_message(siwe_text);
    Sha256::digest(format!("lit_session:{}", hex::encode(hash))).into()
}
