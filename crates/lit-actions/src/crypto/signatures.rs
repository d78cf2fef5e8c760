//! Signatures and MACs, by their Web Cryptography names. An ECDSA scheme is named after its curve.
//!
//! Keys have the forms of [`Key`](super::keys::Key), secrets are raw bytes. ECDSA signatures are r and s, concatenated.

use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::hazmat::{PrehashSigner, PrehashVerifier},
};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P384_SHA384_FIXED, ED25519, Ed25519KeyPair,
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
        RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Whether a signature is valid; `None` for an unsupported scheme.
pub(super) fn verify(
    scheme: &str,
    hash: &str,
    key: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let algorithm: &dyn VerificationAlgorithm = match (scheme, hash) {
        ("HMAC", _) => return Some(hmac::verify(&hmac_key(hash, key)?, data, signature).is_ok()),
        ("P-256", _) => return verify_p256(hash, key, data, signature),
        ("P-384", "SHA-384") => &ECDSA_P384_SHA384_FIXED,
        ("Ed25519", _) => &ED25519,
        ("RSASSA-PKCS1-v1_5", "SHA-1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        ("RSASSA-PKCS1-v1_5", "SHA-256") => &RSA_PKCS1_2048_8192_SHA256,
        ("RSASSA-PKCS1-v1_5", "SHA-384") => &RSA_PKCS1_2048_8192_SHA384,
        ("RSASSA-PKCS1-v1_5", "SHA-512") => &RSA_PKCS1_2048_8192_SHA512,
        ("RSA-PSS", "SHA-256") => &RSA_PSS_2048_8192_SHA256,
        ("RSA-PSS", "SHA-384") => &RSA_PSS_2048_8192_SHA384,
        ("RSA-PSS", "SHA-512") => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    };
    let key = UnparsedPublicKey::new(algorithm, key);
    Some(key.verify(data, signature).is_ok())
}

/// The HMAC of data; `None` for an unknown hash.
pub(crate) fn hmac(hash: &str, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    Some(hmac::sign(&hmac_key(hash, key)?, data).as_ref().to_vec())
}

/// Signs; `None` for an unsupported scheme, or a key of another type.
pub(super) fn sign(scheme: &str, hash: &str, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let encoding: &dyn RsaEncoding = match (scheme, hash) {
        ("HMAC", _) => return hmac(hash, key, data),
        ("P-256", _) => return sign_p256(hash, key, data),
        ("Ed25519", _) => {
            let pair = Ed25519KeyPair::from_seed_unchecked(key).ok()?;
            return Some(pair.sign(data).as_ref().to_vec());
        }
        ("RSASSA-PKCS1-v1_5", "SHA-256") => &RSA_PKCS1_SHA256,
        ("RSASSA-PKCS1-v1_5", "SHA-384") => &RSA_PKCS1_SHA384,
        ("RSASSA-PKCS1-v1_5", "SHA-512") => &RSA_PKCS1_SHA512,
        ("RSA-PSS", "SHA-256") => &RSA_PSS_SHA256,
        ("RSA-PSS", "SHA-384") => &RSA_PSS_SHA384,
        ("RSA-PSS", "SHA-512") => &RSA_PSS_SHA512,
        _ => return None,
    };
    let pair = RsaKeyPair::from_der(key).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), data, &mut signature)
        .ok()?;
    Some(signature)
}

pub(super) fn hmac_key(hash: &str, secret: &[u8]) -> Option<hmac::Key> {
    let algorithm = match hash {
        "SHA-1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => hmac::HMAC_SHA256,
        "SHA-384" => hmac::HMAC_SHA384,
        "SHA-512" => hmac::HMAC_SHA512,
        _ => return None,
    };
    Some(hmac::Key::new(algorithm, secret))
}

fn verify_p256(hash: &str, key: &[u8], data: &[u8], signature: &[u8]) -> Option<bool> {
    let digest = digest(hash, data)?;
    let key = VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = Signature::from_slice(signature);
    Some(signature.is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()))
}

/// Deterministic (RFC 6979), so that all nodes make the same signature.
fn sign_p256(hash: &str, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let digest = digest(hash, data)?;
    let key = SigningKey::from_slice(key).ok()?;
    let signature: Signature = key.sign_prehash(&digest).ok()?;
    Some(signature.to_vec())
}

/// A hash by the Web Cryptography name of its function; `None` if the name is unknown.
pub(crate) fn digest(hash: &str, data: &[u8]) -> Option<Vec<u8>> {
    Some(match hash {
        "SHA-1" => Sha1::digest(data).to_vec(),
        "SHA-256" => Sha256::digest(data).to_vec(),
        "SHA-384" => Sha384::digest(data).to_vec(),
        "SHA-512" => Sha512::digest(data).to_vec(),
        _ => return None,
    })
}
