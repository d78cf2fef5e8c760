use std::{fmt, num::NonZeroU8};

use k256::{
    NonZeroScalar, ProjectivePoint, PublicKey, Scalar,
    elliptic_curve::{Field, PrimeField, sec1::ToEncodedPoint},
};
use lit_session_crypto::HdTweak;
use lit_types::PkpPublicKey;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::{EcdsaPresignatureShare, EcdsaRootShares, KeyShareError, ecdsa::r_of, shamir::split};

/// Deals ECDSA keys and presignatures to the nodes of a network. **For development only**: the dealer knows all keys.
///
/// Real nodes make them with a protocol in which nobody learns a key.
///
/// # The scheme
///
/// Root keys are split once with Shamir's scheme. The key `x` of a PKP is a sum of root keys times powers of its [tweak](HdTweak),
/// so each node derives its share `x_i` from its shares of the root keys.
///
/// A signature is `s = k·(z + r·x)` with `z` the digest, `R = (1/k)·G` and `r` its x coordinate. `k·x` is a product of two
/// secrets, which nodes cannot compute from their shares without talking. The dealer knows both, and deals for one signature:
///
/// * `R`, to all;
/// * a Shamir share `k_i` of `k`;
/// * `c = k - b` for a random `b`, to all, which reveals nothing about `k`;
/// * a Shamir share `m_i` of `b·x`.
///
/// Then `c·x_i + m_i` is a share of `c·x + b·x = k·x`, and `s_i = z·k_i + r·(c·x_i + m_i)` is a share of `s`. Every step of a
/// node is linear in its shares, so nodes need not talk. `s` is the sum of `λ_i·s_i` over any set of at least a threshold of
/// nodes, where `λ_i` is Lagrange's coefficient of a node in that set. Nodes send `λ_i·s_i`, so the plain sum that clients
/// compute is a signature.
///
/// ```
/// use lit_key_shares::{EcdsaDealer, SigningSet};
/// use lit_session_crypto::{EcdsaSignature, HdTweak};
/// use rand_core::OsRng;
///
/// let dealer = EcdsaDealer::generate(2, 3, &mut OsRng)?;
/// let nodes = dealer.deal(&mut OsRng);
///
/// let (tweak, digest) = (HdTweak::new(&[7; 32]), [9; 32]);
/// let set = SigningSet::new([nodes[0].holder(), nodes[2].holder()])?;
/// let mut shares = Vec::new();
/// for (node, presignature) in nodes.iter().zip(dealer.presign(&tweak, &mut OsRng)?) {
///     if set.contains(node.holder()) {
///         shares.push(node.derive(&tweak)?.sign(presignature, &digest, &set)?);
///     }
/// }
///
/// let pkp = tweak.public_key(dealer.public_keys())?;
/// let signature = EcdsaSignature::combine_for(&pkp, &digest, &shares, 2)?;
/// assert_eq!(signature.public_key(), &pkp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EcdsaDealer {
    roots: Zeroizing<Vec<Scalar>>,
    public_keys: Vec<PkpPublicKey>,
    threshold: u8,
    shares: u8,
}

impl EcdsaDealer {
    /// Generates two root keys, shared `threshold` of `shares`.
    ///
    /// # Errors
    /// [`KeyShareError::Threshold`] unless 2 <= `threshold` <= `shares`.
    pub fn generate(
        threshold: u8,
        shares: u8,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Self, KeyShareError> {
        let roots = [(); 2].map(|()| *NonZeroScalar::random(&mut *rng));
        Self::from_scalars(Zeroizing::new(roots.to_vec()), threshold, shares)
    }

    /// Uses these root keys, big-endian, shared `threshold` of `shares`.
    ///
    /// # Errors
    /// [`KeyShareError::Threshold`] unless 2 <= `threshold` <= `shares`, [`KeyShareError::RootKeys`] for fewer than two
    /// root keys, [`KeyShareError::NotASecretKey`].
    pub fn new(roots: &[[u8; 32]], threshold: u8, shares: u8) -> Result<Self, KeyShareError> {
        let mut scalars = Zeroizing::new(Vec::with_capacity(roots.len()));
        for root in roots {
            let root: Option<Scalar> = Scalar::from_repr((*root).into()).into();
            scalars.push(root.ok_or(KeyShareError::NotASecretKey)?);
        }
        Self::from_scalars(scalars, threshold, shares)
    }

    fn from_scalars(
        roots: Zeroizing<Vec<Scalar>>,
        threshold: u8,
        shares: u8,
    ) -> Result<Self, KeyShareError> {
        if threshold < 2 || threshold > shares {
            return Err(KeyShareError::Threshold { threshold, shares });
        }
        if roots.len() < 2 {
            return Err(KeyShareError::RootKeys(roots.len()));
        }
        let key = |root: &Scalar| public_key(root).ok_or(KeyShareError::NotASecretKey);
        let public_keys = roots.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self {
            roots,
            public_keys,
            threshold,
            shares,
        })
    }

    /// The public root keys in the order of derivation, as nodes announce them.
    #[doc(alias = "hdRootPubkeys")]
    #[must_use]
    pub fn public_keys(&self) -> &[PkpPublicKey] {
        &self.public_keys
    }

    /// Splits the root keys with Shamir's scheme. The holders are 1 to the number of shares, in order.
    ///
    /// Shares of different deals do not combine.
    #[must_use]
    pub fn deal(&self, rng: &mut impl CryptoRngCore) -> Vec<EcdsaRootShares> {
        let mut split = |root: &Scalar| split(*root, self.threshold, self.shares, rng);
        let by_root: Vec<_> = self.roots.iter().map(&mut split).collect();
        let of_holder = |holder: NonZeroU8| {
            let at = usize::from(holder.get()) - 1;
            let shares = by_root.iter().map(|shares| shares[at]).collect();
            EcdsaRootShares::new(holder, Zeroizing::new(shares), self.public_keys.clone())
        };
        self.holders().map(of_holder).collect()
    }

    /// Deals the presignature shares for one signature of a PKP, in the order of the holders.
    ///
    /// Any set of a threshold of holders can sign with them.
    ///
    /// # Errors
    /// [`KeyShareError::Derivation`].
    pub fn presign(
        &self,
        tweak: &HdTweak,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<EcdsaPresignatureShare>, KeyShareError> {
        let public_key = tweak.public_key(&self.public_keys)?;
        let key = Zeroizing::new(tweak.secret(&self.roots));
        let (k, big_r) = loop {
            let k = Zeroizing::new(*NonZeroScalar::random(&mut *rng));
            #[allow(clippy::expect_used, reason = "k is drawn as a NonZeroScalar")]
            let nonce = Zeroizing::new(k.invert().expect("k is not zero"));
            let big_r = (ProjectivePoint::GENERATOR * *nonce).to_affine();
            if !bool::from(r_of(&big_r).is_zero()) {
                break (k, big_r);
            }
        };
        let mask = Zeroizing::new(Scalar::random(&mut *rng));
        let opened = *k - *mask;
        let nonces = split(*k, self.threshold, self.shares, rng);
        let masked_keys = split(*mask * *key, self.threshold, self.shares, rng);
        let shares = nonces.iter().zip(masked_keys.iter());
        let of_holder =
            |(holder, (nonce, masked_key)): (_, (&Scalar, &Scalar))| EcdsaPresignatureShare {
                holder,
                public_key,
                big_r,
                nonce: *nonce,
                opened,
                masked_key: *masked_key,
            };
        Ok(self.holders().zip(shares).map(of_holder).collect())
    }

    fn holders(&self) -> impl Iterator<Item = NonZeroU8> + use<> {
        (1..=self.shares).filter_map(NonZeroU8::new)
    }
}

fn public_key(secret: &Scalar) -> Option<PkpPublicKey> {
    let point = ProjectivePoint::GENERATOR * secret;
    let key = PublicKey::from_affine(point.to_affine()).ok()?;
    PkpPublicKey::from_sec1(key.to_encoded_point(false).as_bytes()).ok()
}

impl fmt::Debug for EcdsaDealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaDealer")
            .field("public_keys", &self.public_keys)
            .field("threshold", &self.threshold)
            .field("shares", &self.shares)
            .finish_non_exhaustive()
    }
}
