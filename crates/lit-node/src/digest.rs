use k256::{Scalar, elliptic_curve::PrimeField};
use lit_types::NodeErrorCode;

use crate::refusal::Refusal;

/// The text of Lit's nodes, which clients look for.
const NOT_32_BYTES: &str = "Message length to be signed is not 32 bytes.  Please hash it before sending it to the node to sign.  \
    You can use SHA256 or Keccak256 for example";

/// The 32 bytes to sign, as a scalar below the order of the curve.
pub(crate) fn digest(to_sign: &[u8]) -> Result<[u8; 32], Refusal> {
    let bad = |reason| Refusal::coded(NodeErrorCode::NodeBadInput, reason);
    let digest: [u8; 32] = to_sign.try_into().map_err(|_| bad(NOT_32_BYTES))?;
    if Scalar::from_repr(digest.into()).is_none().into() {
        return Err(bad("toSign is not below the order of the curve secp256k1"));
    }
    Ok(digest)
}
