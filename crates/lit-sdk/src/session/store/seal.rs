//! Encrypts bundles and the entries of remote stores.

use std::fmt;

use chacha20poly1305::{AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use lit_session_crypto::{BundleError, SessionBundle};
use rand_core::CryptoRngCore;
use serde::de::Error;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A 32-byte key that seals sessions.
///
/// It is used only to derive keys (HKDF with SHA-256, RFC 5869): one that encrypts with XChaCha20-Poly1305, one that makes names
/// with HMAC-SHA-256, and the id of the key. Wiped on drop; `Debug` hides it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SealingKey([u8; 32]);

/// What a derived key is for.
#[derive(Clone, Copy)]
enum Purpose {
    Encryption,
    Names,
    Id,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Encryption => b"lit-seal/2 encryption",
            Self::Names => b"lit-seal/2 names",
            Self::Id => b"lit-seal/2 id",
        }
    }
}

impl SealingKey {
    /// Creates a key from bytes that the caller keeps.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[allow(clippy::expect_used, reason = "HKDF makes up to 8,160 bytes")]
    fn derived(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.info(), &mut *key)
            .expect("32 bytes are not too long");
        key
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
        let mut id = [0; ID];
        id.copy_from_slice(&self.derived(Purpose::Id)[..ID]);
        id
    }

    /// Returns a keyed 32-byte name for `data`. Making or checking it needs this key.
    #[must_use]
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn name_of(&self, data: &[u8]) -> [u8; 32] {
        let key = self.derived(Purpose::Names);
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&*key).expect("any key length is valid");
        mac.update(data);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

/// The current sealing key, and previous keys that still open.
///
/// To rotate, make a new key current, reseal the old data, then drop the old keys:
///
/// ```
/// use lit_sdk::store::{SealingKey, SealingKeys};
/// use rand_core::OsRng;
///
/// let old = SealingKey::generate(&mut OsRng);
/// let sealed = SealingKeys::new(old.clone()).seal(b"secret", b"for alice", &mut OsRng);
///
/// let keys = SealingKeys::new(SealingKey::generate(&mut OsRng)).with_previous([old]);
/// let opened = keys.open(&sealed, b"for alice")?;
/// assert!(!opened.current);
/// let resealed = keys.seal(&opened.secret, b"for alice", &mut OsRng);
/// assert!(keys.open(&resealed, b"for alice")?.current);
/// # Ok::<(), lit_sdk::store::SealError>(())
/// ```
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
        let cipher = XChaCha20Poly1305::new((&*self.current.derived(Purpose::Encryption)).into());
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
    #[allow(clippy::expect_used, reason = "the length is checked first")]
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Opened, SealError> {
        if sealed.len() < HEAD + TAG || sealed[0] != VERSION {
            return Err(SealError::UnsupportedFormat);
        }
        let (head, rest) = sealed.split_at(HEAD);
        let (text, tag) = rest.split_at(rest.len() - TAG);
        let (id, nonce) = head[1..].split_at(ID);
        let nonce: [u8; NONCE] = nonce.try_into().expect("the length was checked");
        let tag: [u8; TAG] = tag.try_into().expect("the length was checked");
        let (key, current) = if self.current.id() == id {
            (&self.current, true)
        } else {
            let found = self.previous.iter().find(|key| key.id() == id);
            (found.ok_or(SealError::UnknownKey)?, false)
        };
        let mut secret = Zeroizing::new(text.to_vec());
        XChaCha20Poly1305::new((&*key.derived(Purpose::Encryption)).into())
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

/// Version 1 encrypted with the raw key and named entries by nested SHA-256. It was never released.
const VERSION: u8 = 2;
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
#[non_exhaustive]
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

impl SealingKeys {
    /// Seals a bundle for a context such as the receiver's name.
    #[must_use]
    pub fn seal_bundle(
        &self,
        bundle: &SessionBundle,
        context: &[u8],
        rng: &mut impl CryptoRngCore,
    ) -> Vec<u8> {
        self.seal(bundle.expose_json().as_bytes(), context, rng)
    }

    /// Opens the seal of a bundle. Nothing is verified before [`SessionBundle::open`].
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::Bundle`] for a malformed bundle.
    pub fn open_bundle(&self, sealed: &[u8], context: &[u8]) -> Result<SessionBundle, SealError> {
        let opened = self.open(sealed, context)?;
        let json = std::str::from_utf8(&opened.secret)
            .map_err(|error| BundleError::Json(serde_json::Error::custom(error).into()))?;
        Ok(SessionBundle::from_json(json)?)
    }
}

/// Why sealed data cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Too short, or an unknown version.
    #[error("unsupported seal format")]
    UnsupportedFormat,
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
    use alloy_primitives::hex::encode as hex;
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

    /// Computed with Python's `hmac` and the definition of HKDF in RFC 5869, from the key of 32 bytes 0x07.
    #[test]
    fn names_and_ids_are_derived_as_documented() {
        let key = SealingKey::new([7; 32]);
        assert_eq!(hex(key.id()), "5bd79ac3b09da5a3");
        assert_eq!(
            hex(key.name_of(b"name")),
            "6be722dd28d453b12ed5fdce9514745617fb0c415d1647ed5c28f10b5b511c15"
        );
        assert_eq!(
            hex(*key.derived(Purpose::Encryption)),
            "a52b093d2968f1b6d88537ba2560386411fed37df267d1781068244a5cabb1bb"
        );
    }

    #[test]
    fn other_versions_are_refused() {
        let mut sealed = keys(1).seal(b"secret", b"", &mut TestRng);
        assert_eq!(sealed[0], 2);
        for version in [0, 1, 3] {
            sealed[0] = version;
            assert_eq!(
                keys(1).open(&sealed, b"").unwrap_err(),
                SealError::UnsupportedFormat
            );
        }
    }

    #[test]
    fn what_is_no_bundle_is_refused_as_such() {
        for text in [&b"{}"[..], b"\xff"] {
            let sealed = keys(1).seal(text, b"", &mut TestRng);
            let error = keys(1).open_bundle(&sealed, b"").unwrap_err();
            assert!(matches!(error, SealError::Bundle(_)), "{error:?}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?} {:?}", keys(7), SealingKey::new([7; 32]).name_of(b"x"));
        assert!(!shown.contains("7, 7"), "{shown}");
    }
}
