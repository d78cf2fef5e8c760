use std::{fmt, num::NonZeroU8};

use blstrs::{G1Affine, G1Projective, G2Affine, Scalar};
use group::{Group, ff::Field};
use rand_core::CryptoRngCore;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{BlsError, BlsPublicKey, BlsSignature, BlsSignatureShare, hash_to_g2};

/// A secret key: a number from 1 to the order of the group.
///
/// It is wiped from memory on drop, `Debug` shows nothing of it, and it has no `Serialize`;
/// [`BlsSecretKey::expose_bytes`] is the way out.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BlsSecretKey([u8; 32]);

impl BlsSecretKey {
    /// A fresh key from a cryptographic random generator.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        loop {
            if let Ok(key) = Self::from_scalar(Scalar::random(&mut *rng)) {
                return key;
            }
        }
    }

    /// Reads a number, big-endian.
    ///
    /// # Errors
    /// [`BlsError::NotASecretKey`] for zero, and for numbers not below the order of the group.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BlsError> {
        let scalar: Option<Scalar> = Scalar::from_bytes_be(bytes).into();
        Self::from_scalar(scalar.ok_or(BlsError::NotASecretKey)?)
    }

    fn from_scalar(scalar: Scalar) -> Result<Self, BlsError> {
        if scalar.is_zero().into() {
            return Err(BlsError::NotASecretKey);
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
    pub fn public_key(&self) -> BlsPublicKey {
        BlsPublicKey::new_unchecked(G1Affine::from(G1Projective::generator() * self.scalar()))
    }

    /// Signs a message. Deterministic.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignature {
        BlsSignature::new_unchecked(G2Affine::from(hash_to_g2(message) * self.scalar()))
    }

    /// Shares the key after Shamir, so that any `threshold` of the shares sign for it and fewer know nothing. The
    /// identifiers are 1 to `shares`.
    ///
    /// # Errors
    /// [`BlsError::Threshold`] unless 2 <= `threshold` <= `shares`.
    pub fn deal(
        &self,
        threshold: u8,
        shares: u8,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<BlsSecretShare>, BlsError> {
        if threshold < 2 || threshold > shares {
            return Err(BlsError::Threshold { threshold, shares });
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
        let dealt: Result<Vec<_>, BlsError> = identifiers
            .map(|identifier| Ok(BlsSecretShare::new(identifier, value(identifier)?)))
            .collect();
        match dealt {
            Ok(dealt) => Ok(dealt),
            // A share came out as zero, which happens once in 2^247 times.
            Err(_) => self.deal(threshold, shares, rng),
        }
    }

    fn scalar(&self) -> Scalar {
        // Only valid keys were stored.
        Scalar::from_bytes_be(&self.0).unwrap_or(Scalar::ZERO)
    }
}

impl fmt::Debug for BlsSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSecretKey").finish_non_exhaustive()
    }
}

/// A share of a secret key, for one holder: an identifier from 1 to 255, and a secret key of its own.
#[derive(Clone)]
pub struct BlsSecretShare {
    identifier: NonZeroU8,
    key: BlsSecretKey,
}

impl BlsSecretShare {
    /// A share of this identifier.
    #[must_use]
    pub const fn new(identifier: NonZeroU8, key: BlsSecretKey) -> Self {
        Self { identifier, key }
    }

    /// Whose share it is: the index of the node in the network, and one.
    #[must_use]
    pub const fn identifier(&self) -> NonZeroU8 {
        self.identifier
    }

    /// The key that verifies what this holder signs.
    #[must_use]
    pub fn verification_key(&self) -> BlsPublicKey {
        self.key.public_key()
    }

    /// This holder's share of the signature of a message. Deterministic.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignatureShare {
        BlsSignatureShare::new(self.identifier, self.key.sign(message))
    }
}

impl fmt::Debug for BlsSecretShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSecretShare")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}
