use alloy_primitives::{Address, B256};
use k256::{
    AffinePoint, ProjectivePoint, PublicKey, Scalar, U256,
    ecdsa::Signature,
    elliptic_curve::{
        ops::{Invert, LinearCombination, Reduce},
        point::DecompressPoint,
        scalar::IsHigh,
        sec1::ToEncodedPoint,
    },
};

/// The signer of a hash; `None` for a signature that has none.
///
/// `signature` is `r`, `s`, and 27 or 28, or the bare recovery id 0 or 1.
///
/// [k256's recovery](k256::ecdsa::VerifyingKey::recover_from_prehash) verifies the signature with the key that it has found, which takes as
/// long again and always succeeds unless `s` is in the upper half of its range: it computes `R' = (1/s)(zG + rQ)` for the key
/// `Q = (1/r)(sR - zG)`, which is `R`. Here the upper half is refused first.
pub(crate) fn signer(hash: &B256, signature: &[u8; 65]) -> Option<Address> {
    let is_y_odd = match signature[64] {
        0 | 27 => 0,
        1 | 28 => 1,
        _ => return None,
    };
    let signature = Signature::from_slice(&signature[..64]).ok()?;
    let (r, s) = signature.split_scalars();
    if s.is_high().into() {
        return None;
    }
    let point =
        Option::<AffinePoint>::from(AffinePoint::decompress(&r.to_bytes(), is_y_odd.into()))?;
    let digest = <Scalar as Reduce<U256>>::reduce_bytes(&hash.0.into());
    let by_r = Option::<Scalar>::from(Invert::invert_vartime(&*r))?;
    let key = ProjectivePoint::lincomb(
        &ProjectivePoint::GENERATOR,
        &-(by_r * digest),
        &point.into(),
        &(by_r * *s),
    );
    let key = PublicKey::from_affine(key.to_affine()).ok()?;
    let key = key.to_encoded_point(false);
    // Without the first byte, which says that it is not compressed.
    key.as_bytes().get(1..).map(Address::from_raw_public_key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
    use proptest::prelude::*;

    use super::*;

    /// What k256 recovers.
    fn expected(hash: &B256, signature: &[u8; 65]) -> Option<Address> {
        let id = RecoveryId::from_byte(signature[64] % 27)?;
        let signature = Signature::from_slice(&signature[..64]).ok()?;
        let key = VerifyingKey::recover_from_prehash(&hash.0, &signature, id).ok()?;
        Some(address(&key))
    }

    fn address(key: &VerifyingKey) -> Address {
        Address::from_raw_public_key(&key.to_encoded_point(false).as_bytes()[1..])
    }

    fn signed(key: &[u8; 32], hash: &[u8; 32]) -> Option<[u8; 65]> {
        let key = SigningKey::from_slice(key).ok()?;
        let (signature, id) = key.sign_prehash_recoverable(hash).ok()?;
        let mut bytes = [27 + id.to_byte(); 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        Some(bytes)
    }

    proptest! {
        #[test]
        fn a_signature_gives_its_signer(key: [u8; 32], hash: [u8; 32]) {
            let own = SigningKey::from_slice(&key).ok();
            let own = own.map(|key| address(key.verifying_key()));
            let found = signed(&key, &hash).and_then(|bytes| signer(&hash.into(), &bytes));
            prop_assert_eq!(found, own);
        }

        #[test]
        fn anything_else_gives_the_same_as_k256(key: [u8; 32], hash: [u8; 32], at in 0..65_usize, byte: u8) {
            prop_assume!(signed(&key, &hash).is_some());
            let mut bytes = signed(&key, &hash).unwrap();
            bytes[at] = byte;
            prop_assume!(matches!(bytes[64], 0 | 1 | 27 | 28));
            prop_assert_eq!(signer(&hash.into(), &bytes), expected(&hash.into(), &bytes));
        }

        #[test]
        fn random_bytes_give_the_same_as_k256(hash: [u8; 32], r: [u8; 32], s: [u8; 32], id in 27..=28_u8) {
            let mut bytes = [id; 65];
            bytes[..32].copy_from_slice(&r);
            bytes[32..64].copy_from_slice(&s);
            prop_assert_eq!(signer(&hash.into(), &bytes), expected(&hash.into(), &bytes));
        }
    }

    #[test]
    fn the_upper_half_of_s_is_refused() {
        let hash = [9; 32];
        let mut bytes = signed(&[7; 32], &hash).unwrap();
        let s = Signature::from_slice(&bytes[..64])
            .unwrap()
            .split_scalars()
            .1;
        bytes[32..64].copy_from_slice(&(-*s).to_bytes());
        for id in [0, 1, 27, 28] {
            bytes[64] = id;
            assert_eq!(signer(&hash.into(), &bytes), None);
            assert_eq!(expected(&hash.into(), &bytes), None);
        }
    }

    /// The point at infinity is not a public key.
    #[test]
    fn a_signature_of_the_point_at_infinity_has_no_signer() {
        // With R = G and s = z, the key is (1/r)(zG - zG).
        let r = ProjectivePoint::GENERATOR
            .to_affine()
            .to_encoded_point(false);
        let mut bytes = [27; 65];
        bytes[..32].copy_from_slice(r.x().unwrap());
        let hash = [1; 32];
        bytes[32..64].copy_from_slice(&hash);
        // The y of G is even.
        assert_eq!(signer(&hash.into(), &bytes), None);
        assert_eq!(expected(&hash.into(), &bytes), None);
        bytes[64] = 28;
        assert!(signer(&hash.into(), &bytes).is_some());
    }
}
