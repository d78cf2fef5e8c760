use std::{fmt, num::NonZeroU8};

use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use group::{Group, ff::Field};
use lit_session_crypto::{BlsPublicKey, BlsSignature, BlsSignatureShare, hash_to_g2};
use rand_core::CryptoRngCore;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::KeyShareError;

/// A BLS secret key: a number from 1 to the group order.
///
/// It is wiped from memory on drop, `Debug` hides it, and it has no `Serialize`. [`BlsSecretKey::expose_bytes`] returns it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BlsSecretKey([u8; 32]);

impl BlsSecretKey {
    /// Generates a key with a cryptographic random generator.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        loop {
            if let Ok(key) = Self::from_scalar(Scalar::random(&mut *rng)) {
                return key;
            }
        }
    }

    /// Reads a key from 32 bytes, big-endian.
    ///
    /// # Errors
    /// [`KeyShareError::NotASecretKey`] for zero, and for numbers not below the group order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyShareError> {
        let scalar: Option<Scalar> = Scalar::from_bytes_be(bytes).into();
        Self::from_scalar(scalar.ok_or(KeyShareError::NotASecretKey)?)
    }

    fn from_scalar(scalar: Scalar) -> Result<Self, KeyShareError> {
        if scalar.is_zero().into() {
            return Err(KeyShareError::NotASecretKey);
        }
        Ok(Self(scalar.to_bytes_be()))
    }

    /// The number, big-endian. Keep it out of logs.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// The public key.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the secret key is not zero")]
    pub fn public_key(&self) -> BlsPublicKey {
        let point = G1Affine::from(G1Projective::generator() * self.scalar());
        BlsPublicKey::from_point(point)
            .expect("a multiple of the generator that is not the identity")
    }

    /// Signs a message. Deterministic.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignature {
        self.sign_hashed(&HashedMessage::of(message))
    }

    /// Signs a message whose hash is known. Deterministic.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "the secret key is not zero, and no message is known that hashes to the identity"
    )]
    pub fn sign_hashed(&self, message: &HashedMessage) -> BlsSignature {
        let point = G2Affine::from(message.0 * self.scalar());
        BlsSignature::from_point(point).expect("a multiple of a point that is not the identity")
    }

    /// Splits the key with Shamir's scheme: any `threshold` shares sign for it, and fewer reveal nothing.
    ///
    /// The identifiers are 1 to `shares`.
    ///
    /// # Errors
    /// [`KeyShareError::Threshold`] unless 2 <= `threshold` <= `shares`.
    pub fn deal(
        &self,
        threshold: u8,
        shares: u8,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<BlsSecretShare>, KeyShareError> {
        if threshold < 2 || threshold > shares {
            return Err(KeyShareError::Threshold { threshold, shares });
        }
        let coefficients: Vec<Self> = (1..threshold).map(|_| Self::generate(rng)).collect();
        let value = |x: NonZeroU8| {
            let x = Scalar::from(u64::from(x.get()));
            let high = coefficients.iter().fold(Scalar::ZERO, |sum, coefficient| {
                (sum + coefficient.scalar()) * x
            });
            Self::from_scalar(high + self.scalar())
        };
        let identifiers = (1..=shares).filter_map(NonZeroU8::new);
        let dealt: Result<Vec<_>, KeyShareError> = identifiers
            .map(|identifier| Ok(BlsSecretShare::new(identifier, value(identifier)?)))
            .collect();
        match dealt {
            Ok(dealt) => Ok(dealt),
            // A share was zero, which happens once in 2^247 times.
            Err(_) => self.deal(threshold, shares, rng),
        }
    }

    #[allow(
        clippy::expect_used,
        reason = "from_bytes refuses bytes that are not below the group order"
    )]
    fn scalar(&self) -> Scalar {
        Scalar::from_bytes_be(&self.0).expect("a secret key is below the group order")
    }
}

impl fmt::Debug for BlsSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSecretKey").finish_non_exhaustive()
    }
}

/// A message hashed to a point of G2, which signing multiplies by the secret key.
///
/// The point is public, so holders in one process can share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashedMessage(G2Projective);

impl HashedMessage {
    /// Hashes a message.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        Self(hash_to_g2(message))
    }
}

/// A share of a secret key: an identifier from 1 to 255, and a secret key.
#[derive(Clone)]
pub struct BlsSecretShare {
    identifier: NonZeroU8,
    key: BlsSecretKey,
}

impl BlsSecretShare {
    /// Creates a share.
    #[must_use]
    pub const fn new(identifier: NonZeroU8, key: BlsSecretKey) -> Self {
        Self { identifier, key }
    }

    /// The holder: the index of the node in the network, plus one.
    #[must_use]
    pub const fn identifier(&self) -> NonZeroU8 {
        self.identifier
    }

    /// The key that verifies this holder's signatures.
    #[must_use]
    pub fn verification_key(&self) -> BlsPublicKey {
        self.key.public_key()
    }

    /// Signs a message with this share. Deterministic.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignatureShare {
        self.sign_hashed(&HashedMessage::of(message))
    }

    /// Signs a message whose hash is known. Deterministic.
    #[must_use]
    pub fn sign_hashed(&self, message: &HashedMessage) -> BlsSignatureShare {
        BlsSignatureShare::new(self.identifier, self.key.sign_hashed(message))
    }
}

impl fmt::Debug for BlsSecretShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSecretShare")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}
