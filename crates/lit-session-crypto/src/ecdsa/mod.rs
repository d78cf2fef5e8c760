//! Threshold ECDSA signatures on secp256k1 as nodes make them for PKPs.
//!
//! What a client does: read the nodes' [shares](EcdsaSignatureShare) and [combine](EcdsaSignature::combine) them. The shares
//! that are sent are weighted already, so that combining is a plain sum, and only shares of one signing set, which have one
//! `bigR`, add up to anything.
//!
//! What a network does, here with a trusted dealer in the place of the protocol between nodes: see [`EcdsaDealer`].

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

/// A digest as a number. One that is not below the order of the curve is reduced, as ECDSA has it.
fn scalar_of_digest(digest: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&(*digest).into())
}

/// `r` of a signature: the x coordinate of its nonce point.
fn r_of(big_r: &AffinePoint) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&big_r.x())
}
