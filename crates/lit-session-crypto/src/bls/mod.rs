//! Threshold BLS signatures, which nodes make for PKP sessions and for decryption.
//!
//! The curve is BLS12-381 with keys in G1 and signatures in G2, scheme ProofOfPossession; keys are shared after Shamir. All
//! values are byte-compatible with the crate `blsful` 2.5.7.

mod error;
mod key;
mod lagrange;
mod quorum;
mod search;
mod signature;
mod traces;

pub use error::BlsError;
pub use key::BlsPublicKey;
pub use quorum::{BlsQuorum, CombineError, CombinedSignature, MAX_SHARES, ShareAt};
pub use signature::{BlsSignature, BlsSignatureShare};

/// The domain of hashing to G2.
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// The point of G2 that a message is hashed to. Its multiple by a secret key is the signature.
#[must_use]
pub fn hash_to_g2(message: &[u8]) -> blstrs::G2Projective {
    blstrs::G2Projective::hash_to_curve(message, DST, &[])
}

/// Reads exactly `N` bytes of hex, without `0x`.
fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], BlsError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| BlsError::Encoding { bytes: N })?;
    Ok(bytes)
}
