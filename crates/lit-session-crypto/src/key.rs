use std::{fmt, str::FromStr};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use lit_types::{constants::SESSION_KEY_URI_PREFIX, strict_json};
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// An ed25519 session key pair.
///
/// The holder of the key acts as the user until the session ends. It is wiped from memory on drop, `Debug` shows only the
/// public key, and it has no `Serialize`. [`SessionKeyPair::expose_secret_key`] and [`SessionKeyPair::expose_stored_json`]
/// return the secret.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SessionKeyPair(SigningKey);

impl SessionKeyPair {
    /// Generates a key with a cryptographic random generator.
    #[doc(alias = "generateSessionKeyPair")]
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// Derives the key of a 32-byte seed (RFC 8032).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads the secret key in one of its two hex forms.
    ///
    /// 64 digits are the seed; 128 digits are seed and public key, as the official client stores them.
    ///
    /// # Errors
    /// [`SessionKeyError::Encoding`] for anything else, [`SessionKeyError::Mismatch`] if the public half does not match the seed.
    pub fn from_secret_hex(text: &str) -> Result<Self, SessionKeyError> {
        let mut bytes = Zeroizing::new([0; 64]);
        match text.len() {
            64 => {
                hex::decode_to_slice(text, &mut bytes[..32])
                    .map_err(|_| SessionKeyError::Encoding)?;
                let mut seed = Zeroizing::new([0; 32]);
                seed.copy_from_slice(&bytes[..32]);
                Ok(Self::from_seed(&seed))
            }
            128 => {
                hex::decode_to_slice(text, bytes.as_mut())
                    .map_err(|_| SessionKeyError::Encoding)?;
                SigningKey::from_keypair_bytes(&bytes)
                    .map(Self)
                    .map_err(|_| SessionKeyError::Mismatch)
            }
            _ => Err(SessionKeyError::Encoding),
        }
    }

    /// Reads `{"publicKey":"…","secretKey":"…"}`, as the official client stores a pair.
    ///
    /// # Errors
    /// [`SessionKeyError`]; also [`SessionKeyError::Mismatch`] if the two halves do not match.
    #[doc(alias = "isSessionKeyPair")]
    pub fn from_stored_json(json: &str) -> Result<Self, SessionKeyError> {
        let mut stored: Stored = strict_json::from_str(json).map_err(|_| SessionKeyError::Json)?;
        let pair = Self::from_secret_hex(&stored.secret_key);
        stored.secret_key.zeroize();
        let pair = pair?;
        if pair.public_key().to_string() != stored.public_key {
            return Err(SessionKeyError::Mismatch);
        }
        Ok(pair)
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> SessionPublicKey {
        SessionPublicKey(self.0.verifying_key().to_bytes())
    }

    /// The secret: 128 hex digits of seed and public key. Keep it out of logs.
    #[must_use]
    pub fn expose_secret_key(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.0.to_keypair_bytes());
        Zeroizing::new(hex::encode(bytes.as_ref()))
    }

    /// The pair as the official client stores it. Contains the secret.
    #[must_use]
    pub fn expose_stored_json(&self) -> Zeroizing<String> {
        let secret = self.expose_secret_key();
        Zeroizing::new(format!(
            r#"{{"publicKey":"{}","secretKey":"{}"}}"#,
            self.public_key(),
            secret.as_str()
        ))
    }

    /// Signs bytes. Deterministic (RFC 8032).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SessionKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKeyPair")
            .field("public_key", &self.public_key())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    public_key: String,
    secret_key: String,
}

/// The public half of a session key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionPublicKey([u8; 32]);

impl SessionPublicKey {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `lit:session:` and the key in hex: the URI of a root message.
    #[doc(alias = "getSessionKeyUri")]
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{SESSION_KEY_URI_PREFIX}{self}")
    }

    /// Verifies a signature strictly, without small-order keys and malleable encodings.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| is_signed_by(&key, message, signature))
    }

    /// Whether a text names this key. The same as to parse it and compare, without another look for a point on the curve.
    pub(crate) fn is_named_by(&self, text: &str) -> bool {
        decode(text) == Ok(self.0)
    }
}

/// Parses a key, and returns its point too, so that a verification does not compute it again.
pub(crate) fn parse_point(text: &str) -> Result<(SessionPublicKey, VerifyingKey), SessionKeyError> {
    let bytes = decode(text)?;
    let point = VerifyingKey::from_bytes(&bytes).map_err(|_| SessionKeyError::NotOnCurve)?;
    Ok((SessionPublicKey(bytes), point))
}

/// Strict: see [`SessionPublicKey::verify`].
pub(crate) fn is_signed_by(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature).is_ok()
}

fn decode(text: &str) -> Result<[u8; 32], SessionKeyError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
        .map_err(|_| SessionKeyError::Encoding)?;
    Ok(bytes)
}

/// Reads 64 hex digits of a point on the curve. A leading `0x` is tolerated, as nodes do.
impl FromStr for SessionPublicKey {
    type Err = SessionKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_point(text).map(|(key, _)| key)
    }
}

/// 64 lower-case hex digits.
impl fmt::Display for SessionPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SessionPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionPublicKey({self})")
    }
}

impl Serialize for SessionPublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a session key is malformed. It never contains the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionKeyError {
    /// Not hex, or of another length.
    #[error(
        "malformed session key: expected 64 hex digits for a public key or seed, 128 for a secret key"
    )]
    Encoding,
    /// The public half does not match the secret half.
    #[error("invalid session key: the public and secret halves do not match")]
    Mismatch,
    /// The public key is not a point on the curve.
    #[error("invalid session public key: not a point on the curve")]
    NotOnCurve,
    /// The stored form is not JSON with both members.
    #[error("malformed stored session key: expected JSON with publicKey and secretKey")]
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_secret_forms() {
        let pair = SessionKeyPair::from_seed(&[7; 32]);
        let secret = pair.expose_secret_key();
        for form in [&secret[..], &secret[..64]] {
            assert_eq!(
                SessionKeyPair::from_secret_hex(form).unwrap().public_key(),
                pair.public_key()
            );
        }
        let stored = pair.expose_stored_json();
        assert_eq!(
            SessionKeyPair::from_stored_json(&stored)
                .unwrap()
                .public_key(),
            pair.public_key()
        );
    }

    #[test]
    fn refuses_the_rest_without_telling_the_secret() {
        let secret = SessionKeyPair::from_seed(&[7; 32]).expose_secret_key();
        let other = SessionKeyPair::from_seed(&[8; 32]).public_key();
        let mixed = format!("{}{other}", &secret[..64]);
        assert_eq!(
            SessionKeyPair::from_secret_hex(&mixed).unwrap_err(),
            SessionKeyError::Mismatch
        );
        let stored = format!(
            r#"{{"publicKey":"{other}","secretKey":"{}"}}"#,
            secret.as_str()
        );
        let error = SessionKeyPair::from_stored_json(&stored).unwrap_err();
        assert_eq!(error, SessionKeyError::Mismatch);
        assert!(!error.to_string().contains(&secret[..16]));
        for bad in ["", "zz", &"zz".repeat(32), &secret[..66]] {
            assert_eq!(
                SessionKeyPair::from_secret_hex(bad).unwrap_err(),
                SessionKeyError::Encoding
            );
        }
        for bad in ["", "null", "[]", r#"{"publicKey":1,"secretKey":"a"}"#] {
            assert_eq!(
                SessionKeyPair::from_stored_json(bad).unwrap_err(),
                SessionKeyError::Json
            );
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let pair = SessionKeyPair::from_seed(&[7; 32]);
        let shown = format!("{pair:?}");
        assert!(shown.contains(&pair.public_key().to_string()));
        assert!(!shown.contains(&pair.expose_secret_key()[..64]), "{shown}");
    }
}
