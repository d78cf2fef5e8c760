//! Keys from passwords and from other keys.

use p256::{PublicKey, SecretKey, elliptic_curve::point::AffineCoordinates};
use ring::hmac;

use super::signatures::hmac_key;

/// How many iterations run between two checks of the deadline: a fraction of a millisecond.
const ITERATIONS_PER_CHECK: u32 = 256;

/// PBKDF2 with HMAC. `check` is called now and then, and ends the derivation by an error.
///
/// ring's own function cannot be interrupted, and the number of iterations comes from the action.
pub(crate) fn pbkdf2<E>(
    hash: &str,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
    check: impl Fn() -> Result<(), E>,
) -> Result<Option<Vec<u8>>, E> {
    let Some(key) = hmac_key(hash, password).filter(|_| iterations > 0) else {
        return Ok(None);
    };
    let mut derived = Vec::new();
    for number in 1_u32.. {
        if derived.len() >= length {
            break;
        }
        check()?;
        let mut context = hmac::Context::with_key(&key);
        context.update(salt);
        context.update(&number.to_be_bytes());
        let mut last = context.sign();
        let mut block = last.as_ref().to_vec();
        for iteration in 1..iterations {
            if iteration % ITERATIONS_PER_CHECK == 0 {
                check()?;
            }
            last = hmac::sign(&key, last.as_ref());
            for (sum, byte) in block.iter_mut().zip(last.as_ref()) {
                *sum ^= byte;
            }
        }
        derived.extend_from_slice(&block);
    }
    derived.truncate(length);
    Ok(Some(derived))
}

/// scrypt; `None` for parameters that it does not allow.
///
/// It needs 128 * `n` * `r` bytes and cannot be interrupted: the caller bounds 128 * `r` * `p` times `n`, and times the
/// number of hashes as long as the key and the salt.
pub(crate) fn scrypt(
    password: &[u8],
    salt: &[u8],
    (n, r, p): (u32, u32, u32),
    length: usize,
) -> Option<Vec<u8>> {
    let log_n = n.is_power_of_two().then(|| n.ilog2())?;
    let params = scrypt::Params::new(
        u8::try_from(log_n).ok()?,
        r,
        p,
        scrypt::Params::RECOMMENDED_LEN,
    );
    let mut derived = vec![0; length];
    scrypt::scrypt(password, salt, &params.ok()?, &mut derived).ok()?;
    Some(derived)
}

/// HKDF; `None` for an unknown hash, and for more bytes than 255 times those of the hash. `check` is called between hashes, and ends
/// the derivation by an error.
///
/// ring's own function cannot be interrupted, and each of up to 255 hashes is one of the whole `info`.
pub(super) fn hkdf<E>(
    hash: &str,
    secret: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
    check: impl Fn() -> Result<(), E>,
) -> Result<Option<Vec<u8>>, E> {
    let Some(salt) = hmac_key(hash, salt) else {
        return Ok(None);
    };
    let key = hmac::Key::new(salt.algorithm(), hmac::sign(&salt, secret).as_ref());
    let mut derived = Vec::new();
    let mut last = None;
    for number in 1..=u8::MAX {
        if derived.len() >= length {
            break;
        }
        check()?;
        let mut context = hmac::Context::with_key(&key);
        context.update(last.as_ref().map_or(&[], hmac::Tag::as_ref));
        context.update(info);
        context.update(&[number]);
        let block = context.sign();
        derived.extend_from_slice(block.as_ref());
        last = Some(block);
    }
    if derived.len() < length {
        return Ok(None);
    }
    derived.truncate(length);
    Ok(Some(derived))
}

/// ECDH on P-256: the x coordinate of the product of a private key and a point.
pub(super) fn ecdh(private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let private = SecretKey::from_slice(private).ok()?;
    let point = PublicKey::from_sec1_bytes(point).ok()?;
    let product = point.to_projective() * *private.to_nonzero_scalar();
    Some(product.to_affine().x().to_vec())
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible, num::NonZeroU32};

    use ring::{hkdf as hkdf_reference, pbkdf2 as reference};

    use super::*;

    #[test]
    fn pbkdf2_is_that_of_ring() {
        let never = || Ok::<_, Infallible>(());
        for (iterations, length) in [(1, 1), (1, 20), (3, 64), (255, 65), (256, 64), (600, 200)] {
            let Ok(found) = pbkdf2("SHA-512", b"password", b"salt", iterations, length, never);
            let mut expected = vec![0; length];
            reference::derive(
                reference::PBKDF2_HMAC_SHA512,
                NonZeroU32::new(iterations).unwrap(),
                b"salt",
                b"password",
                &mut expected,
            );
            assert_eq!(found, Some(expected), "{iterations} {length}");
        }
        let stopped = pbkdf2("SHA-256", b"", b"", 1_000_000, 32, || Err("stop"));
        assert_eq!(stopped, Err("stop"));
    }

    #[test]
    fn hkdf_is_that_of_ring() {
        struct Length(usize);
        impl hkdf_reference::KeyType for Length {
            fn len(&self) -> usize {
                self.0
            }
        }
        let never = || Ok::<_, Infallible>(());
        for (salt, length) in [("", 1), ("salt", 32), ("salt", 33), ("", 255 * 32)] {
            let Ok(found) = hkdf(
                "SHA-256",
                b"secret",
                salt.as_bytes(),
                b"info",
                length,
                never,
            );
            let salt = hkdf_reference::Salt::new(hkdf_reference::HKDF_SHA256, salt.as_bytes());
            let extracted = salt.extract(b"secret");
            let mut expected = vec![0; length];
            let expanded = extracted.expand(&[b"info"], Length(length)).unwrap();
            expanded.fill(&mut expected).unwrap();
            assert_eq!(found, Some(expected), "{length}");
        }
        assert_eq!(
            hkdf("SHA-256", b"", b"", b"", 255 * 32 + 1, never),
            Ok(None)
        );
        let checked = Cell::new(0);
        let check = || match checked.replace(checked.get() + 1) {
            2 => Err("stop"),
            _ => Ok(()),
        };
        assert_eq!(hkdf("SHA-256", b"", b"", b"", 255 * 32, check), Err("stop"));
    }
}
