#![doc = include_str!("../README.md")]

mod bls;
mod dealer;
mod ecdsa;
mod error;
mod shamir;

pub use bls::{BlsSecretKey, BlsSecretShare, HashedMessage};
pub use dealer::EcdsaDealer;
pub use ecdsa::{EcdsaKeyShare, EcdsaPresignatureShare, EcdsaRootShares, SigningSet};
pub use error::KeyShareError;
