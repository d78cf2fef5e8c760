//! Threshold ECDSA signatures on secp256k1 as nodes make them for PKPs.
//!
//! Clients read the nodes' [shares](EcdsaSignatureShare) and [combine](EcdsaSignature::combine) them. Nodes send shares that
//! are already weighted, so combining is a plain sum. Only shares of one signing set, with the same `bigR`, add up.
//!
//! [`EcdsaDealer`] is the network's side, with a trusted dealer in place of the protocol between nodes.

mod combine;
mod dealer;
mod election;
mod error;
mod key_share;
mod shamir;
mod share;
mod signature;

pub use dealer::EcdsaDealer;
pub use election::elect_signers;
pub use error::{EcdsaDealerError, EcdsaError};
pub use key_share::{EcdsaKeyShare, EcdsaPresignatureShare, EcdsaRootShares, SigningSet};
pub use share::{EcdsaShareJson, EcdsaSigType, EcdsaSignShareJson, EcdsaSignatureShare};
pub use signature::EcdsaSignature;

use k256::{
    AffinePoint, Scalar, U256,
    elliptic_curve::{ops::Reduce, point::AffineCoordinates},
};

/// A digest as a number. A digest that is not below the curve order is reduced, as in ECDSA.
fn scalar_of_digest(digest: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&(*digest).into())
}

/// `r` of a signature: the x coordinate of its nonce point.
fn r_of(big_r: &AffinePoint) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&big_r.x())
}
