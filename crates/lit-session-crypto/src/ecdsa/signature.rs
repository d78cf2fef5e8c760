use std::fmt;

use alloy_primitives::{B256, Signature};
use k256::{
    AffinePoint, Scalar,
    ecdsa::{RecoveryId, VerifyingKey, signature::hazmat::PrehashVerifier},
    elliptic_curve::point::AffineCoordinates,
};
use lit_types::PkpPublicKey;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::r_of;

/// A verified signature of a PKP over 32 bytes. `s` is in the lower half, as Ethereum requires.
///
/// It serializes as the official client returns it, with `r`, `s`, `recid`, `signature`, `publicKey` and `dataSigned`.
#[doc(alias = "SigResponse")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EcdsaSignature {
    r: [u8; 32],
    s: [u8; 32],
    odd: bool,
    public_key: PkpPublicKey,
    digest: [u8; 32],
}

impl EcdsaSignature {
    /// Creates a signature from its nonce point and any `s`, if it verifies for this key and digest and the key can be recovered.
    pub(super) fn verified(
        big_r: &AffinePoint,
        s: Scalar,
        public_key: &PkpPublicKey,
        digest: &[u8; 32],
    ) -> Option<Self> {
        let raw = k256::ecdsa::Signature::from_scalars(r_of(big_r), s).ok()?;
        let low = raw.normalize_s();
        let is_flipped = low.is_some();
        let signature = low.unwrap_or(raw);
        let key = VerifyingKey::from_sec1_bytes(public_key.as_bytes()).ok()?;
        key.verify_prehash(digest, &signature).ok()?;
        // The mirrored nonce point has the same `r`, so verify the parity separately.
        let odd = bool::from(big_r.y_is_odd()) ^ is_flipped;
        let recovery_id = RecoveryId::new(odd, false);
        let recovered = VerifyingKey::recover_from_prehash(digest, &signature, recovery_id).ok()?;
        if recovered != key {
            return None;
        }
        let (r, s) = signature.split_bytes();
        Some(Self {
            r: r.into(),
            s: s.into(),
            odd,
            public_key: *public_key,
            digest: *digest,
        })
    }

    /// `r`, big-endian.
    #[must_use]
    pub const fn r(&self) -> &[u8; 32] {
        &self.r
    }

    /// `s`, big-endian.
    #[must_use]
    pub const fn s(&self) -> &[u8; 32] {
        &self.s
    }

    /// The recovery id: 0 or 1, the parity of the nonce point.
    #[must_use]
    pub const fn recid(&self) -> u8 {
        self.odd as u8
    }

    /// The public key of the signer.
    #[must_use]
    pub const fn public_key(&self) -> &PkpPublicKey {
        &self.public_key
    }

    /// The signed digest.
    #[doc(alias = "dataSigned")]
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// `r`, `s`, and 27 or 28.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&self.r);
        bytes[32..64].copy_from_slice(&self.s);
        bytes[64] = 27 + self.recid();
        bytes
    }
}

/// `0x` and 130 lower-case hex digits.
impl fmt::Display for EcdsaSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for EcdsaSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaSignature")
            .field("public_key", &self.public_key)
            .field("digest", &hex::encode(self.digest))
            .finish_non_exhaustive()
    }
}

impl Serialize for EcdsaSignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("EcdsaSignature", 6)?;
        object.serialize_field("r", &hex::encode(self.r))?;
        object.serialize_field("s", &hex::encode(self.s))?;
        object.serialize_field("recid", &self.recid())?;
        object.serialize_field("signature", &self.to_string())?;
        object.serialize_field("publicKey", &hex::encode_upper(self.public_key.as_bytes()))?;
        object.serialize_field("dataSigned", &hex::encode_upper(self.digest))?;
        object.end()
    }
}

impl From<EcdsaSignature> for Signature {
    fn from(signature: EcdsaSignature) -> Self {
        let (r, s) = (B256::from(signature.r), B256::from(signature.s));
        Self::from_scalars_and_parity(r, s, signature.odd)
    }
}
