//! Threshold ECDSA signatures on secp256k1 as nodes make them for PKPs.
//!
//! Clients read the nodes' [shares](EcdsaSignatureShare) and [combine](EcdsaSignature::combine) them. Nodes send shares that
//! are already weighted, so combining is a plain sum. Only shares of one signing set, with the same `bigR`, add up.

mod combine;
mod error;
mod share;
mod signature;

pub use error::EcdsaError;
pub use share::{EcdsaShareJson, EcdsaSigType, EcdsaSignShareJson, EcdsaSignatureShare};
pub use signature::EcdsaSignature;

use k256::{
    AffinePoint, Scalar, U256,
    elliptic_curve::{ops::Reduce, point::AffineCoordinates},
};

/// `r` of a signature: the x coordinate of its nonce point.
fn r_of(big_r: &AffinePoint) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&big_r.x())
}
