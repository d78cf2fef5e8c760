//! The curve of Ethereum, as the `ethers` of actions needs it.
//!
//! Points are in SEC1 form: 33 or 65 bytes that begin with 2, 3 or 4. Private keys are reduced by the order of the curve. The result is
//! `None` for what is malformed or out of range.

use k256::{
    PublicKey, Scalar, SecretKey, U256,
    ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey},
    elliptic_curve::{PrimeField, ops::Reduce, point::AffineCoordinates, sec1::ToEncodedPoint},
};

/// The public key of a private key.
pub(crate) fn public_key(private: &[u8], compressed: bool) -> Option<Vec<u8>> {
    Some(encoded(&secret(private)?.public_key(), compressed))
}

/// A point in the other or the same form.
pub(crate) fn point(point: &[u8], compressed: bool) -> Option<Vec<u8>> {
    Some(encoded(&decoded(point)?, compressed))
}

/// The sum of two points, compressed; `None` also at infinity.
pub(crate) fn add(one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let sum = decoded(one)?.to_projective() + decoded(other)?.to_projective();
    let sum = PublicKey::from_affine(sum.to_affine()).ok()?;
    Some(encoded(&sum, true))
}

/// The x coordinate of the product of a private key and a point.
pub(crate) fn shared_secret(private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let product = decoded(point)?.to_projective() * *secret(private)?.to_nonzero_scalar();
    Some(product.to_affine().x().to_vec())
}

/// A deterministic signature (RFC 6979 with SHA-256) with low s: r, s and the recovery id.
///
/// `None` also for a digest that is not below the order of the curve: k256 does not reduce it before it derives the nonce, as RFC 6979 and
/// ethers do.
pub(crate) fn sign(private: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
    let digest: [u8; 32] = digest.try_into().ok()?;
    let _canonical: Scalar = Option::from(Scalar::from_repr(digest.into()))?;
    let key = SigningKey::from(secret(private)?);
    let (signature, recovery) = key.sign_prehash_recoverable(&digest).ok()?;
    let mut bytes = signature.to_vec();
    bytes.push(recovery.to_byte());
    Some(bytes)
}

/// The public key, uncompressed, that made a signature of r and s. s may be high.
pub(crate) fn recover(digest: &[u8], signature: &[u8], recovery: u8) -> Option<Vec<u8>> {
    let digest: [u8; 32] = digest.try_into().ok()?;
    let mut signature = Signature::from_slice(signature).ok()?;
    let mut recovery = RecoveryId::from_byte(recovery)?;
    // The signature with n - s and the negated point is of the same key.
    if let Some(low) = signature.normalize_s() {
        signature = low;
        recovery = RecoveryId::new(!recovery.is_y_odd(), recovery.is_x_reduced());
    }
    let key = VerifyingKey::recover_from_prehash(&digest, &signature, recovery).ok()?;
    Some(encoded(&key.into(), false))
}

fn secret(private: &[u8]) -> Option<SecretKey> {
    let private: [u8; 32] = private.try_into().ok()?;
    let scalar = <Scalar as Reduce<U256>>::reduce_bytes(&private.into());
    SecretKey::from_bytes(&scalar.to_bytes()).ok()
}

fn decoded(point: &[u8]) -> Option<PublicKey> {
    // SEC1 also has a compact form, which ethers does not know.
    if !matches!(point.first(), Some(2..=4)) {
        return None;
    }
    PublicKey::from_sec1_bytes(point).ok()
}

fn encoded(key: &PublicKey, compressed: bool) -> Vec<u8> {
    key.to_encoded_point(compressed).as_bytes().to_vec()
}
