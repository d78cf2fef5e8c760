//! Identity-based encryption to a network ("time lock"): the network's signature of an identity decrypts what was
//! encrypted to that identity. Byte-compatible with the crate `blsful` 2.5.7.

mod ciphertext;
mod error;
mod pairing;

pub use ciphertext::TimeLockCiphertext;
pub use error::TimeLockError;

use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use sha3::{
    Shake128,
    digest::{ExtendableOutput, Update, XofReader},
};
use zeroize::Zeroizing;

use self::{
    ciphertext::{SCHEME_PROOF_OF_POSSESSION, read_length, write_length},
    pairing::{HashedScalar, hashed_pairing},
};
use crate::{BlsPublicKey, BlsSignature, bls::hash_to_g2};

/// The longest plaintext, in bytes: 64 MiB.
pub const MAX_TIME_LOCK_PLAINTEXT: usize = 64 << 20;

/// Shorter texts are padded to this length, their length field included.
const SHORTEST_MASKED: usize = 32;

impl TimeLockCiphertext {
    /// Encrypts to an identity.
    ///
    /// For Lit it is the [key](lit_types::LitResource::key) of the [resource](crate::encryption_resource) of the data.
    ///
    /// # Errors
    /// [`TimeLockError::TooLong`].
    #[doc(alias = "blsEncrypt")]
    pub fn encrypt(
        network: &BlsPublicKey,
        identity: &[u8],
        plaintext: &[u8],
        rng: &mut impl CryptoRngCore,
    ) -> Result<Self, TimeLockError> {
        if plaintext.len() > MAX_TIME_LOCK_PLAINTEXT {
            return Err(TimeLockError::TooLong(plaintext.len()));
        }
        let mut random = Zeroizing::new([0; 32]);
        rng.fill_bytes(random.as_mut());
        let alpha = HashedScalar::of(random.as_ref()).to_bytes_le();
        let nonce = nonce(&alpha, plaintext);
        let shared = hashed_pairing(
            &(network.point() * nonce.scalar()).into(),
            &hash_to_g2(identity).into(),
        );
        Ok(Self {
            u: nonce.public_point(),
            v: xor(&alpha, &shared),
            w: masked(&alpha, &padded(plaintext)),
            scheme: SCHEME_PROOF_OF_POSSESSION,
        })
    }

    /// Decrypts with the network's signature of the identity, which is verified first.
    ///
    /// # Errors
    /// [`TimeLockError::Signature`] if the network did not sign this identity, [`TimeLockError::Corrupt`] if the ciphertext was
    /// encrypted to another network or identity, or was modified.
    #[doc(alias = "blsDecrypt")]
    pub fn decrypt(
        &self,
        network: &BlsPublicKey,
        identity: &[u8],
        signature: &BlsSignature,
    ) -> Result<Zeroizing<Vec<u8>>, TimeLockError> {
        if !network.verify(identity, signature) {
            return Err(TimeLockError::Signature);
        }
        let shared = hashed_pairing(&self.u, signature.point());
        let alpha = Zeroizing::new(xor(&self.v, &shared));
        let text = Zeroizing::new(masked(&alpha, &self.w));
        let (length, start) = read_length(&text).ok_or(TimeLockError::Corrupt)?;
        let end = start.checked_add(length).ok_or(TimeLockError::Corrupt)?;
        let plaintext = text.get(start..end).ok_or(TimeLockError::Corrupt)?;
        let is_whole = padded(plaintext).as_slice() == text.as_slice();
        if !is_whole || nonce(&alpha, plaintext).public_point() != self.u {
            return Err(TimeLockError::Corrupt);
        }
        Ok(Zeroizing::new(plaintext.to_vec()))
    }
}

/// The secret of a ciphertext. It depends on the plaintext, so that decryption detects any change.
fn nonce(alpha: &[u8; 32], plaintext: &[u8]) -> HashedScalar {
    let mut seed = Zeroizing::new([0; 64]);
    seed[..32].copy_from_slice(alpha);
    seed[32..].copy_from_slice(&Sha256::digest(plaintext));
    HashedScalar::of(seed.as_ref())
}

/// The length, the text, and zeros.
fn padded(plaintext: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(plaintext.len() + SHORTEST_MASKED));
    write_length(plaintext.len(), &mut text);
    text.extend_from_slice(plaintext);
    if text.len() < SHORTEST_MASKED {
        text.resize(SHORTEST_MASKED, 0);
    }
    text
}

/// Masks a text, or unmasks it.
fn masked(alpha: &[u8; 32], text: &[u8]) -> Vec<u8> {
    let mut shake = Shake128::default();
    shake.update(alpha);
    let mut mask = vec![0; text.len()];
    shake.finalize_xof().read(&mut mask);
    mask.iter_mut()
        .zip(text)
        .for_each(|(mask, byte)| *mask ^= byte);
    mask
}

fn xor(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| one[i] ^ other[i])
}
