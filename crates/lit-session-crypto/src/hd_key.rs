use std::fmt;

use k256::{
    ProjectivePoint, PublicKey, Scalar, Secp256k1,
    elliptic_curve::{
        hash2curve::{ExpandMsgXmd, GroupDigest},
        sec1::ToEncodedPoint,
    },
};
use lit_types::PkpPublicKey;
use sha2::Sha256;

/// The domain of the hash from key ids to tweaks.
const DOMAIN: &[u8] = b"LIT_HD_KEY_ID_K256_XMD:SHA-256_SSWU_RO_NUL_";

/// The number `t` that derives a PKP's key from the root keys of a network.
///
/// It is the hash of the key id. The key is `root[0] + root[1]·t + root[2]·t² + …`, which holds for public keys, for secret
/// keys and for shares of them.
///
/// A network has at least two root keys. With one, every PKP would have the root key itself.
///
/// ```
/// use lit_session_crypto::HdTweak;
/// use lit_types::PkpPublicKey;
///
/// let roots: [PkpPublicKey; 2] = [
///     "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798".parse()?,
///     "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5".parse()?,
/// ];
/// let key_id = [7; 32];
/// let pkp = HdTweak::new(&key_id).public_key(&roots)?;
/// assert_ne!(pkp, HdTweak::new(&[8; 32]).public_key(&roots)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HdTweak(Scalar);

impl HdTweak {
    /// The tweak of a key id: the 32 bytes of a PKP's `derivedKeyId`.
    #[must_use]
    #[allow(clippy::expect_used, reason = "only an empty domain is refused")]
    pub fn new(key_id: &[u8; 32]) -> Self {
        Self::with_domain(key_id, DOMAIN).expect("the domain is not empty")
    }

    /// The tweak of an id of any length under another domain, as contracts compute it.
    ///
    /// # Errors
    /// [`HdKeyError::Domain`] for an empty domain, which RFC 9380 forbids.
    pub fn with_domain(key_id: &[u8], domain: &[u8]) -> Result<Self, HdKeyError> {
        if domain.is_empty() {
            return Err(HdKeyError::Domain);
        }
        Secp256k1::hash_to_scalar::<ExpandMsgXmd<Sha256>>(&[key_id], &[domain])
            .map(Self)
            .map_err(|_| HdKeyError::Domain)
    }

    /// Derives the public key from the public root keys, in their order.
    ///
    /// # Errors
    /// [`HdKeyError::NoRootKeys`]; [`HdKeyError::Identity`] if the root keys cancel each other out.
    #[doc(alias = "computeHDPubKey")]
    pub fn public_key(&self, roots: &[PkpPublicKey]) -> Result<PkpPublicKey, HdKeyError> {
        // Horner's rule, from the last root key on.
        let mut roots = roots.iter().rev().map(point);
        let last = roots.next().ok_or(HdKeyError::NoRootKeys)?;
        let sum = roots.fold(last, |sum, root| sum * self.0 + root);
        let key = PublicKey::from_affine(sum.to_affine()).map_err(|_| HdKeyError::Identity)?;
        PkpPublicKey::from_sec1(key.to_encoded_point(false).as_bytes())
            .map_err(|_| HdKeyError::Identity)
    }

    /// Derives a secret key from the secret root keys, or a holder's share of one from its shares of them.
    #[must_use]
    pub fn secret(&self, roots: &[Scalar]) -> Scalar {
        let roots = roots.iter().rev();
        roots.fold(Scalar::ZERO, |sum, root| sum * self.0 + root)
    }
}

#[allow(clippy::expect_used, reason = "a PkpPublicKey holds a point")]
fn point(key: &PkpPublicKey) -> ProjectivePoint {
    PublicKey::from_sec1_bytes(key.as_bytes())
        .expect("a PKP's public key is a point on secp256k1")
        .to_projective()
}

impl fmt::Debug for HdTweak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HdTweak({})", hex::encode(self.0.to_bytes()))
    }
}

/// Why key derivation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HdKeyError {
    /// The domain is empty.
    #[error("empty domain separation tag")]
    Domain,
    /// The list of root keys is empty. A node announces its root keys in the handshake.
    #[error("empty list of root keys")]
    NoRootKeys,
    /// The derived key is the point at infinity.
    #[error("the derived key is the point at infinity")]
    Identity,
}
