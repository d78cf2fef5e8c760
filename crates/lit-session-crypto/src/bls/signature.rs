use std::{fmt, num::NonZeroU8, str::FromStr};

use blstrs::G2Affine;
use group::prime::PrimeCurveAffine;
use lit_types::wire::SignatureShare;
use serde::{Deserialize, Serialize};

use super::{BlsError, decode_hex, lagrange};

/// A BLS signature: a point of G2 other than the identity. 192 hex digits, compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlsSignature(G2Affine);

impl BlsSignature {
    /// Reads a compressed point.
    ///
    /// # Errors
    /// [`BlsError::NotAPoint`] for a value outside the group, [`BlsError::Identity`] for its identity.
    pub fn from_bytes(bytes: &[u8; 96]) -> Result<Self, BlsError> {
        // This checks the subgroup too.
        let point: Option<G2Affine> = G2Affine::from_compressed(bytes).into();
        Self::from_point(point.ok_or(BlsError::NotAPoint)?)
    }

    /// The signature at this point: [`hash_to_g2`](crate::hash_to_g2) of the message times a secret key.
    ///
    /// Every point that blstrs has read with its checks, or computed, is in the group; this is not checked again.
    ///
    /// # Errors
    /// [`BlsError::Identity`].
    pub fn from_point(point: G2Affine) -> Result<Self, BlsError> {
        if point.is_identity().into() {
            return Err(BlsError::Identity);
        }
        Ok(Self(point))
    }

    pub(crate) const fn point(&self) -> &G2Affine {
        &self.0
    }

    /// The compressed point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 96] {
        self.0.to_compressed()
    }

    /// Reads `{"ProofOfPossession":"<192 hex>"}`, the `sig` of a PKP's AuthSig.
    ///
    /// # Errors
    /// [`BlsError::Json`]; of the point as [`BlsSignature::from_bytes`].
    pub fn from_json(json: &str) -> Result<Self, BlsError> {
        let Json::ProofOfPossession(hex) =
            serde_json::from_str(json).map_err(|_| BlsError::Json)?;
        hex.parse()
    }

    /// `{"ProofOfPossession":"<192 hex>"}`, the `sig` of a PKP's AuthSig.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a string always serializes")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Json::ProofOfPossession(self.to_string()))
            .expect("a string serializes")
    }

    /// Combines all given shares without verifying them.
    ///
    /// The result is a valid signature only if the shares are valid and reach the threshold.
    ///
    /// Clients use [`BlsQuorum`](crate::BlsQuorum), which verifies the result and finds bad shares.
    ///
    /// # Errors
    /// [`BlsError::TooFewShares`] for fewer than two, [`BlsError::DuplicateIdentifier`]; [`BlsError::Identity`] if the shares add
    /// up to the identity, and [`BlsError::NotAPoint`] if they add up to a point outside the group.
    #[doc(alias = "combineSignatureShares")]
    pub fn combine(shares: &[BlsSignatureShare]) -> Result<Self, BlsError> {
        if shares.len() < 2 {
            return Err(BlsError::TooFewShares(shares.len()));
        }
        let mut identifiers: Vec<_> = shares.iter().map(BlsSignatureShare::identifier).collect();
        identifiers.sort_unstable();
        if let Some(twice) = identifiers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(BlsError::DuplicateIdentifier(twice[0]));
        }
        let sum = lagrange::interpolate(shares, 0);
        if !bool::from(sum.is_torsion_free()) {
            return Err(BlsError::NotAPoint);
        }
        Self::from_point(sum)
    }
}

#[derive(Serialize, Deserialize)]
enum Json {
    ProofOfPossession(String),
}

/// Reads 192 hex digits, without `0x`.
impl FromStr for BlsSignature {
    type Err = BlsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(&decode_hex(text)?)
    }
}

/// 192 lower-case hex digits.
impl fmt::Display for BlsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

/// Hides the signature: it is a credential or a decryption key.
impl fmt::Debug for BlsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlsSignature").finish_non_exhaustive()
    }
}

/// One holder's share of a signature: an identifier from 1 to 255, and a point of the curve of G2. 194 hex digits.
///
/// The point may lie outside the group, which makes the share invalid. Reading a share does not check that, because the check takes twice
/// as long as the rest. It is made once for the combined signature, which is unique: one that verifies is right, whatever its shares
/// are. [`BlsQuorum`](crate::BlsQuorum) checks each share when it searches for bad ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlsSignatureShare {
    identifier: NonZeroU8,
    point: G2Affine,
}

impl BlsSignatureShare {
    /// Creates a share.
    #[must_use]
    pub const fn new(identifier: NonZeroU8, signature: BlsSignature) -> Self {
        Self {
            identifier,
            point: signature.0,
        }
    }

    /// Reads the identifier and a compressed point.
    ///
    /// # Errors
    /// [`BlsError::ZeroIdentifier`], [`BlsError::NotAPoint`] for a value outside the curve, [`BlsError::Identity`].
    pub fn from_bytes(bytes: &[u8; 97]) -> Result<Self, BlsError> {
        let [identifier, point @ ..] = bytes;
        let identifier = NonZeroU8::new(*identifier).ok_or(BlsError::ZeroIdentifier)?;
        let point: Option<G2Affine> = G2Affine::from_compressed_unchecked(point).into();
        // A compressed point is an x coordinate, from which y is computed, so it is on the curve. This check costs nothing.
        let point = point.filter(|point| point.is_on_curve().into());
        let point = point.ok_or(BlsError::NotAPoint)?;
        if point.is_identity().into() {
            return Err(BlsError::Identity);
        }
        Ok(Self { identifier, point })
    }

    /// The identifier and the compressed point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 97] {
        let mut bytes = [0; 97];
        bytes[0] = self.identifier.get();
        bytes[1..].copy_from_slice(&self.point.to_compressed());
        bytes
    }

    /// The holder: the index of the node in the network, plus one.
    #[must_use]
    pub const fn identifier(&self) -> NonZeroU8 {
        self.identifier
    }

    /// The share as a signature, which the holder's verification key verifies.
    ///
    /// # Errors
    /// [`BlsError::NotAPoint`] if its point is outside the group.
    pub fn signature(&self) -> Result<BlsSignature, BlsError> {
        match self.is_in_group() {
            true => Ok(BlsSignature(self.point)),
            false => Err(BlsError::NotAPoint),
        }
    }

    pub(super) fn is_in_group(&self) -> bool {
        self.point.is_torsion_free().into()
    }

    pub(super) const fn point(&self) -> &G2Affine {
        &self.point
    }
}

/// Reads 194 hex digits, without `0x`.
impl FromStr for BlsSignatureShare {
    type Err = BlsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(&decode_hex(text)?)
    }
}

impl TryFrom<&SignatureShare> for BlsSignatureShare {
    type Error = BlsError;

    fn try_from(json: &SignatureShare) -> Result<Self, Self::Error> {
        let SignatureShare::ProofOfPossession(hex) = json;
        hex.parse()
    }
}

impl From<BlsSignatureShare> for SignatureShare {
    fn from(share: BlsSignatureShare) -> Self {
        Self::ProofOfPossession(share.to_string())
    }
}

/// 194 lower-case hex digits.
impl fmt::Display for BlsSignatureShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for BlsSignatureShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSignatureShare")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}
