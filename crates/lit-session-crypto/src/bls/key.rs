use std::{fmt, str::FromStr};

use blstrs::{G1Affine, PairingG1G2};
use group::prime::PrimeCurveAffine;

use super::{BlsError, BlsSignature, DST, decode_hex};

/// A BLS public key: of a network, or the verification key of one share.
///
/// It is a point of G1 other than the identity: 96 hex digits, compressed.
///
/// ```
/// use lit_session_crypto::{BlsPublicKey, BlsSignature};
///
/// let key: BlsPublicKey = "a351cd057c0b56c8d31971561cfbaf2bd2d03ae05aec10c6a28909b043badad6d0e0fd6fe2f139f322f65b8c3d422897".parse()?;
/// let signature: BlsSignature = concat!(
///     "9986cc67033976152b81f744f453b1b7314dad955edadb5dcec0d921669eea352420686b20fcbbfc87082f31bdd27f93",
///     "14e9c70702eb3fd5c1e00d14b8507d08a420972c7464761651697bc7f85367739c1103938ebe750ac62c01dfdcf1e153",
/// )
/// .parse()?;
/// let digest = hex::decode("884dcfb612c24f0b181918f8d36d093eacd2e827c201dd6dee1934fdb3c453f3")?;
/// assert!(key.verify(&digest, &signature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlsPublicKey(G1Affine);

impl BlsPublicKey {
    /// Reads a compressed point.
    ///
    /// # Errors
    /// [`BlsError::NotAPoint`] for a value outside the group, [`BlsError::Identity`] for its identity.
    pub fn from_bytes(bytes: &[u8; 48]) -> Result<Self, BlsError> {
        // This checks the subgroup too.
        let point: Option<G1Affine> = G1Affine::from_compressed(bytes).into();
        Self::from_point(point.ok_or(BlsError::NotAPoint)?)
    }

    /// The key at this point: the generator times a secret key.
    ///
    /// Every point that blstrs has read with its checks, or computed, is in the group; this is not checked again.
    ///
    /// # Errors
    /// [`BlsError::Identity`].
    pub fn from_point(point: G1Affine) -> Result<Self, BlsError> {
        if point.is_identity().into() {
            return Err(BlsError::Identity);
        }
        Ok(Self(point))
    }

    pub(crate) const fn point(&self) -> &G1Affine {
        &self.0
    }

    /// The compressed point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 48] {
        self.0.to_compressed()
    }

    /// Whether this key, or a quorum of its shares, signed the message.
    #[doc(alias = "verifySignature")]
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &BlsSignature) -> bool {
        let mut pairing = PairingG1G2::new(true, DST);
        let aggregated = pairing.aggregate(&self.0, Some(signature.point()), message, &[]);
        pairing.commit();
        aggregated.is_ok() && pairing.finalverify(None)
    }
}

/// Reads 96 hex digits, without `0x`.
impl FromStr for BlsPublicKey {
    type Err = BlsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(&decode_hex(text)?)
    }
}

/// 96 lower-case hex digits.
impl fmt::Display for BlsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for BlsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlsPublicKey({self})")
    }
}
