//! Encrypts bundles and the entries of remote stores.

use std::fmt;

use chacha20poly1305::{AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{BundleError, SessionBundle};

/// A 32-byte key that seals sessions (XChaCha20-Poly1305).
///
/// Wiped on drop; `Debug` hides it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// Creates a key from bytes that the caller keeps.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Generates a random key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// The bytes. Keep them out of logs.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Identifies the key without revealing it.
    fn id(&self) -> [u8; ID] {
        let hash = Sha256::new_with_prefix(b"lit-sealing-key/1").chain_update(self.0);
        let mut id = [0; ID];
        id.copy_from_slice(&hash.finalize()[..ID]);
        id
    }

    /// Returns a keyed 32-byte name for `data`. Making or checking it needs this key.
    #[must_use]
    pub fn name_of(&self, data: &[u8]) -> [u8; 32] {
        let keyed = || Sha256::new_with_prefix(b"lit-sealed-name/1").chain_update(self.0);
        // Hashed twice, so that no name tells that of longer data.
        let inner = keyed().chain_update(data).finalize();
        keyed().chain_update(inner).finalize().into()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

/// The current sealing key, and previous keys that still open.
///
/// To rotate, make a new key current, reseal the old data, then drop the old keys.
#[derive(Debug, Clone)]
pub struct SealingKeys {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

impl SealingKeys {
    /// One key.
    #[must_use]
    pub const fn new(current: SealingKey) -> Self {
        Self {
            current,
            previous: Vec::new(),
        }
    }

    /// Adds previous keys. Default: none.
    #[must_use]
    pub fn with_previous(mut self, previous: impl IntoIterator<Item = SealingKey>) -> Self {
        self.previous.extend(previous);
        self
    }

    /// The key that seals.
    #[must_use]
    pub const fn current(&self) -> &SealingKey {
        &self.current
    }

    /// The keys that only open.
    #[must_use]
    pub fn previous(&self) -> &[SealingKey] {
        &self.previous
    }

    /// Seals `secret` for a `context`. Opening needs the same context.
    ///
    /// The output is version, key id, nonce, ciphertext and tag.
    ///
    /// # Panics
    /// If the secret is larger than 256 GiB.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "XChaCha20-Poly1305 fails only for texts above 256 GiB"
    )]
    pub fn seal(&self, secret: &[u8], context: &[u8], rng: &mut impl CryptoRngCore) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HEAD + secret.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.current.id());
        let mut nonce = XNonce::default();
        rng.fill_bytes(&mut nonce);
        sealed.extend_from_slice(&nonce);
        let associated = associated(&sealed[..1 + ID], context);
        sealed.extend_from_slice(secret);
        let cipher = XChaCha20Poly1305::new((&self.current.0).into());
        let tag = cipher
            .encrypt_in_place_detached(&nonce, &associated, &mut sealed[HEAD..])
            .expect("the secret is below 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens sealed data with the key that sealed it.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Opened, SealError> {
        if sealed.len() < HEAD + TAG || sealed[0] != VERSION {
            return Err(SealError::Form);
        }
        let (head, rest) = sealed.split_at(HEAD);
        let (text, tag) = rest.split_at(rest.len() - TAG);
        let (id, nonce) = head[1..].split_at(ID);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Form)?;
        let tag: [u8; TAG] = tag.try_into().map_err(|_| SealError::Form)?;
        let (key, current) = if self.current.id() == id {
            (&self.current, true)
        } else {
            let found = self.previous.iter().find(|key| key.id() == id);
            (found.ok_or(SealError::UnknownKey)?, false)
        };
        let mut secret = Zeroizing::new(text.to_vec());
        XChaCha20Poly1305::new((&key.0).into())
            .decrypt_in_place_detached(
                &nonce.into(),
                &associated(&head[..1 + ID], context),
                &mut secret,
                &tag.into(),
            )
            .map_err(|_| SealError::Damaged)?;
        Ok(Opened { secret, current })
    }
}

const VERSION: u8 = 1;
const ID: usize = 8;
const NONCE: usize = 24;
const HEAD: usize = 1 + ID + NONCE;
const TAG: usize = 16;

/// The associated data: the head, which has a fixed length, and the context.
fn associated(head: &[u8], context: &[u8]) -> Vec<u8> {
    [head, context].concat()
}

/// Opened data.
#[derive(Clone)]
#[must_use]
pub struct Opened {
    /// The text, wiped on drop.
    pub secret: Zeroizing<Vec<u8>>,
    /// Whether it was sealed under the current key. Otherwise seal it again.
    pub current: bool,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

impl SessionBundle {
    /// Seals the bundle for a context such as the receiver's name.
    #[must_use]
    pub fn seal(
        &self,
        keys: &SealingKeys,
        context: &[u8],
        rng: &mut impl CryptoRngCore,
    ) -> Vec<u8> {
        keys.seal(self.expose_json().as_bytes(), context, rng)
    }

    /// Opens the seal of a bundle. Nothing is verified before [`SessionBundle::open`].
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::Bundle`] for a malformed bundle.
    pub fn from_sealed(
        sealed: &[u8],
        keys: &SealingKeys,
        context: &[u8],
    ) -> Result<Self, SealError> {
        let opened = keys.open(sealed, context)?;
        let json = std::str::from_utf8(&opened.secret).map_err(|_| SealError::Form)?;
        Ok(Self::from_json(json)?)
    }
}

/// Why sealed data cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Too short, or an unknown version.
    #[error("unsupported seal format")]
    Form,
    /// Sealed under an unknown key.
    #[error("unknown sealing key")]
    UnknownKey,
    /// Changed, or sealed for another context.
    #[error("invalid seal: damaged, or made for another context")]
    Damaged,
    /// The content is not a valid bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

#[cfg(test)]
mod tests {
    use lit_test_fakes::TestRng;

    use super::*;

    fn keys(seed: u8) -> SealingKeys {
        SealingKeys::new(SealingKey::new([seed; 32]))
    }

    #[test]
    fn opens_only_what_was_sealed_for_the_context() {
        let sealed = keys(1).seal(b"secret", b"here", &mut TestRng);
        assert_ne!(sealed, keys(1).seal(b"secret", b"here", &mut TestRng));
        let opened = keys(1).open(&sealed, b"here").unwrap();
        assert_eq!(
            (opened.secret.as_slice(), opened.current),
            (&b"secret"[..], true)
        );
        let open = |sealed: &[u8], context: &[u8]| keys(1).open(sealed, context).unwrap_err();
        assert_eq!(open(&sealed, b"there"), SealError::Damaged);
        assert_eq!(
            keys(2).open(&sealed, b"here").unwrap_err(),
            SealError::UnknownKey
        );
        for position in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[position] ^= 1;
            open(&damaged, b"here");
            open(&sealed[..position], b"here");
        }
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn old_keys_open_and_do_not_seal() {
        let old = keys(1).seal(b"secret", b"", &mut TestRng);
        let rotated = keys(2).with_previous([SealingKey::new([1; 32])]);
        assert!(!rotated.open(&old, b"").unwrap().current);
        let new = rotated.seal(b"secret", b"", &mut TestRng);
        assert_eq!(keys(1).open(&new, b"").unwrap_err(), SealError::UnknownKey);
        assert!(keys(2).open(&new, b"").unwrap().current);
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?} {:?}", keys(7), SealingKey::new([7; 32]).name_of(b"x"));
        assert!(!shown.contains("7, 7"), "{shown}");
    }
}
