use blst::{blst_fp12, min_pk::SecretKey};
use blstrs::{G1Affine, G1Projective, G2Affine, Scalar};
use group::Group;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const SALT: &[u8] = b"TIMELOCK_BLS12381_XOF:HKDF-SHA2-256_";
/// Bytes of a coefficient of the field.
const COEFFICIENT: usize = 48;

/// A secret number hashed from bytes. Wiped from memory on drop.
pub(super) struct HashedScalar(SecretKey);

impl HashedScalar {
    /// The number of 32 bytes or more. The hash is that by which BLS makes keys (KeyGen of draft-irtf-cfrg-bls-signature-05),
    /// with a salt of its own.
    #[allow(
        clippy::expect_used,
        reason = "KeyGen refuses only inputs below 32 bytes"
    )]
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(SecretKey::key_gen_v5(bytes, SALT, &[]).expect("the input has at least 32 bytes"))
    }

    pub(super) fn to_bytes_le(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new(self.0.to_bytes());
        bytes.reverse();
        bytes
    }

    #[allow(clippy::expect_used, reason = "blst keeps keys below the group order")]
    pub(super) fn scalar(&self) -> Scalar {
        Scalar::from_bytes_be(&Zeroizing::new(self.0.to_bytes()))
            .expect("a secret key is below the group order")
    }

    /// The number times the generator.
    pub(super) fn public_point(&self) -> G1Affine {
        (G1Projective::generator() * self.scalar()).into()
    }
}

/// SHA-256 of the pairing of two points, its twelve coefficients big-endian in the order of the tower: two of three of two.
pub(super) fn hashed_pairing(p: &G1Affine, q: &G2Affine) -> Zeroizing<[u8; 32]> {
    let pairing = blst_fp12::miller_loop(q.as_ref(), p.as_ref()).final_exp();
    let bytes = Zeroizing::new(pairing.to_bendian());
    let mut hash = Sha256::new();
    // blst writes three of two of two.
    for outer in 0..2 {
        for inner in 0..3 {
            let at = (inner * 2 + outer) * 2 * COEFFICIENT;
            hash.update(&bytes[at..at + 2 * COEFFICIENT]);
        }
    }
    Zeroizing::new(hash.finalize().into())
}
