use std::{fmt, num::NonZeroU8};

use k256::{
    AffinePoint, Scalar, U256,
    elliptic_curve::{ops::Reduce, point::AffineCoordinates},
};
use lit_session_crypto::{EcdsaSignatureShare, HdTweak};
use lit_types::PkpPublicKey;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{KeyShareError, shamir::weight};

/// One node's shares of the root keys. The shares of all PKPs derive from them.
pub struct EcdsaRootShares {
    holder: NonZeroU8,
    shares: Zeroizing<Vec<Scalar>>,
    public_keys: Vec<PkpPublicKey>,
}

impl EcdsaRootShares {
    pub(crate) const fn new(
        holder: NonZeroU8,
        shares: Zeroizing<Vec<Scalar>>,
        public_keys: Vec<PkpPublicKey>,
    ) -> Self {
        Self {
            holder,
            shares,
            public_keys,
        }
    }

    /// The holder: the index of the node in the network, plus one.
    #[must_use]
    pub const fn holder(&self) -> NonZeroU8 {
        self.holder
    }

    /// Derives the share of a PKP's key, as the key itself is derived: both are linear in the root keys.
    ///
    /// # Errors
    /// [`KeyShareError::Derivation`].
    pub fn derive(&self, tweak: &HdTweak) -> Result<EcdsaKeyShare, KeyShareError> {
        Ok(EcdsaKeyShare {
            holder: self.holder,
            share: tweak.secret(&self.shares),
            public_key: tweak.public_key(&self.public_keys)?,
        })
    }
}

impl fmt::Debug for EcdsaRootShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaRootShares")
            .field("holder", &self.holder)
            .field("public_keys", &self.public_keys)
            .finish_non_exhaustive()
    }
}

/// One node's share of a PKP's key. Wiped from memory on drop.
#[derive(ZeroizeOnDrop)]
pub struct EcdsaKeyShare {
    #[zeroize(skip)]
    holder: NonZeroU8,
    share: Scalar,
    #[zeroize(skip)]
    public_key: PkpPublicKey,
}

impl EcdsaKeyShare {
    /// The public key of the PKP.
    #[must_use]
    pub const fn public_key(&self) -> &PkpPublicKey {
        &self.public_key
    }

    /// Signs a digest with this share, weighted for the signing set.
    ///
    /// It consumes the presignature: two signatures with one presignature reveal the key.
    ///
    /// # Errors
    /// [`KeyShareError::NotInSet`], [`KeyShareError::Holder`], [`KeyShareError::OtherKey`].
    #[allow(clippy::needless_pass_by_value, reason = "a presignature is used once")]
    pub fn sign(
        &self,
        presignature: EcdsaPresignatureShare,
        digest: &[u8; 32],
        set: &SigningSet,
    ) -> Result<EcdsaSignatureShare, KeyShareError> {
        let weight = set.weight(self.holder)?;
        if presignature.holder != self.holder {
            return Err(KeyShareError::Holder {
                holder: self.holder,
                found: presignature.holder,
            });
        }
        if presignature.public_key != self.public_key {
            return Err(KeyShareError::OtherKey);
        }
        let EcdsaPresignatureShare {
            big_r,
            nonce,
            opened,
            masked_key,
            ..
        } = &presignature;
        let key_by_nonce = *opened * self.share + masked_key;
        let share = scalar_of_digest(digest) * nonce + r_of(big_r) * key_by_nonce;
        let public_key = self.public_key;
        Ok(EcdsaSignatureShare::new(
            self.holder,
            weight * share,
            *big_r,
            public_key,
            *digest,
        ))
    }
}

impl fmt::Debug for EcdsaKeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaKeyShare")
            .field("holder", &self.holder)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// A node's share of a presignature, dealt by [`EcdsaDealer::presign`](crate::EcdsaDealer::presign).
///
/// A node needs it besides its key share to sign once. It is wiped from memory on drop, and cannot be cloned.
#[derive(ZeroizeOnDrop)]
pub struct EcdsaPresignatureShare {
    #[zeroize(skip)]
    pub(crate) holder: NonZeroU8,
    #[zeroize(skip)]
    pub(crate) public_key: PkpPublicKey,
    /// The nonce point, the same for all holders.
    #[zeroize(skip)]
    pub(crate) big_r: AffinePoint,
    /// A share of `k`, the inverse of the nonce.
    pub(crate) nonce: Scalar,
    /// `k - b` for a random `b`, the same for all holders.
    #[zeroize(skip)]
    pub(crate) opened: Scalar,
    /// A share of `b·x` for the key `x`.
    pub(crate) masked_key: Scalar,
}

impl EcdsaPresignatureShare {
    /// The holder: the index of the node in the network, plus one.
    #[must_use]
    pub const fn holder(&self) -> NonZeroU8 {
        self.holder
    }
}

impl fmt::Debug for EcdsaPresignatureShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaPresignatureShare")
            .field("holder", &self.holder)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// The holders that sign together.
///
/// All of them must sign: a set below the threshold, or with one share missing, makes no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSet(Vec<NonZeroU8>);

impl SigningSet {
    /// Creates a set of holders, given in any order.
    ///
    /// # Errors
    /// [`KeyShareError::SigningSet`] for an empty set or a duplicate holder.
    pub fn new(holders: impl IntoIterator<Item = NonZeroU8>) -> Result<Self, KeyShareError> {
        let mut holders: Vec<_> = holders.into_iter().collect();
        holders.sort_unstable();
        let has_twice = holders.windows(2).any(|pair| pair[0] == pair[1]);
        if holders.is_empty() || has_twice {
            return Err(KeyShareError::SigningSet);
        }
        Ok(Self(holders))
    }

    /// The holders, in order.
    #[must_use]
    pub fn holders(&self) -> &[NonZeroU8] {
        &self.0
    }

    /// Whether a holder signs.
    #[must_use]
    pub fn contains(&self, holder: NonZeroU8) -> bool {
        self.0.binary_search(&holder).is_ok()
    }

    fn weight(&self, holder: NonZeroU8) -> Result<Scalar, KeyShareError> {
        if !self.contains(holder) {
            return Err(KeyShareError::NotInSet(holder));
        }
        Ok(weight(holder, &self.0))
    }
}

/// A digest as a number. A digest that is not below the curve order is reduced, as in ECDSA.
fn scalar_of_digest(digest: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&(*digest).into())
}

/// `r` of a signature: the x coordinate of its nonce point.
pub(crate) fn r_of(big_r: &AffinePoint) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(&big_r.x())
}
