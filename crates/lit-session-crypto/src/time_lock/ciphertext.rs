use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use blstrs::G1Affine;
use group::prime::PrimeCurveAffine;

use super::{MAX_TIME_LOCK_PLAINTEXT, SHORTEST_MASKED, TimeLockError};

/// The scheme that clients write today.
pub(super) const SCHEME_PROOF_OF_POSSESSION: u8 = 2;
/// The lowest scheme that is read as proof of possession. Lower ones are Basic and Aug; old ciphertexts have 3.
const LEAST_PROOF_OF_POSSESSION: u8 = 2;

const POINT: usize = 48;
const SEED: usize = 32;
/// The length of the length: seven bits per byte, and [`MAX_TIME_LOCK_PLAINTEXT`] has fewer than 28 bits.
const LONGEST_LENGTH: usize = 4;

/// A ciphertext for an identity of a network. As text it is padded base64.
///
/// ```
/// use lit_key_shares::BlsSecretKey;
/// use lit_session_crypto::TimeLockCiphertext;
/// # use rand_core::OsRng as rng;
///
/// let network = BlsSecretKey::generate(&mut rng);
/// let public_key = network.public_key();
/// let identity = b"lit-accesscontrolcondition://...";
/// let ciphertext = TimeLockCiphertext::encrypt(&public_key, identity, b"hello world", &mut rng)?;
/// let ciphertext: TimeLockCiphertext = ciphertext.to_string().parse()?;
///
/// let plaintext = ciphertext.decrypt(&public_key, identity, &network.sign(identity))?;
/// assert_eq!(plaintext.as_slice(), b"hello world");
/// # Ok::<(), lit_session_crypto::TimeLockError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TimeLockCiphertext {
    /// The public half of the ciphertext's own key.
    pub(super) u: G1Affine,
    /// The mask of the plaintext, hidden by the pairing.
    pub(super) v: [u8; SEED],
    /// The masked plaintext.
    pub(super) w: Vec<u8>,
    pub(super) scheme: u8,
}

impl TimeLockCiphertext {
    /// Reads a ciphertext.
    ///
    /// # Errors
    /// [`TimeLockError::Encoding`], [`TimeLockError::NotAPoint`], [`TimeLockError::Scheme`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TimeLockError> {
        let encoding = TimeLockError::Encoding;
        let (u, bytes) = bytes.split_first_chunk::<POINT>().ok_or(encoding)?;
        let (v, bytes) = bytes.split_first_chunk::<SEED>().ok_or(encoding)?;
        let (length, start) = read_length(bytes).ok_or(encoding)?;
        let (w, end) = bytes[start..].split_at_checked(length).ok_or(encoding)?;
        let &[scheme] = end else {
            return Err(encoding);
        };
        if !(SHORTEST_MASKED..=MAX_TIME_LOCK_PLAINTEXT + LONGEST_LENGTH).contains(&length) {
            return Err(encoding);
        }
        if scheme < LEAST_PROOF_OF_POSSESSION {
            return Err(TimeLockError::Scheme(scheme));
        }
        // This checks the subgroup too.
        let u: Option<G1Affine> = G1Affine::from_compressed(u).into();
        Ok(Self {
            u: u.filter(|u| !bool::from(u.is_identity()))
                .ok_or(TimeLockError::NotAPoint)?,
            v: *v,
            w: w.to_vec(),
            scheme,
        })
    }

    /// The bytes: a point (48), the mask (32), the length of the rest (1 to 4), the rest (at least 32), and the scheme.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(POINT + SEED + LONGEST_LENGTH + self.w.len() + 1);
        bytes.extend_from_slice(&self.u.to_compressed());
        bytes.extend_from_slice(&self.v);
        write_length(self.w.len(), &mut bytes);
        bytes.extend_from_slice(&self.w);
        bytes.push(self.scheme);
        bytes
    }
}

/// Reads base64, padded.
impl FromStr for TimeLockCiphertext {
    type Err = TimeLockError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).map_err(|_| TimeLockError::Base64)?;
        Self::from_bytes(&bytes)
    }
}

/// Base64, padded.
impl fmt::Display for TimeLockCiphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.to_bytes()))
    }
}

impl fmt::Debug for TimeLockCiphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeLockCiphertext")
            .field("u", &hex::encode(self.u.to_compressed()))
            .field("bytes", &self.w.len())
            .field("scheme", &self.scheme)
            .finish()
    }
}

/// Writes a length as ULEB128: seven bits per byte, least significant first.
pub(super) fn write_length(mut length: usize, to: &mut Vec<u8>) {
    while length >= 0x80 {
        to.push(length as u8 | 0x80);
        length >>= 7;
    }
    to.push(length as u8);
}

/// Reads a length in its shortest form, and returns it with its size.
pub(super) fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (i, byte) in bytes.iter().take(LONGEST_LENGTH).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let is_shortest = *byte != 0 || i == 0;
            return is_shortest.then_some((length, i + 1));
        }
    }
    None
}
