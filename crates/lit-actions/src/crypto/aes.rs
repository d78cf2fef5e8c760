//! AES: CBC with PKCS #7 padding, and GCM with a nonce of 12 and a tag of 16 bytes.
//!
//! The length of the key selects the variant of AES. The result is `None` for an invalid key, nonce or ciphertext.

use ::aes::{Aes128, Aes192, Aes256, cipher::block_padding::Pkcs7};
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit},
};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

pub(super) fn cbc_encrypt(key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    fn encrypted(cipher: impl BlockEncryptMut, plaintext: &[u8]) -> Option<Vec<u8>> {
        Some(cipher.encrypt_padded_vec_mut::<Pkcs7>(plaintext))
    }
    match key.len() {
        16 => encrypted(
            Encryptor::<Aes128>::new_from_slices(key, iv).ok()?,
            plaintext,
        ),
        24 => encrypted(
            Encryptor::<Aes192>::new_from_slices(key, iv).ok()?,
            plaintext,
        ),
        32 => encrypted(
            Encryptor::<Aes256>::new_from_slices(key, iv).ok()?,
            plaintext,
        ),
        _ => None,
    }
}

pub(super) fn cbc_decrypt(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    fn decrypted(cipher: impl BlockDecryptMut, ciphertext: &[u8]) -> Option<Vec<u8>> {
        cipher.decrypt_padded_vec_mut::<Pkcs7>(ciphertext).ok()
    }
    match key.len() {
        16 => decrypted(
            Decryptor::<Aes128>::new_from_slices(key, iv).ok()?,
            ciphertext,
        ),
        24 => decrypted(
            Decryptor::<Aes192>::new_from_slices(key, iv).ok()?,
            ciphertext,
        ),
        32 => decrypted(
            Decryptor::<Aes256>::new_from_slices(key, iv).ok()?,
            ciphertext,
        ),
        _ => None,
    }
}

/// Ciphertext and tag.
pub(super) fn gcm_encrypt(
    key: &[u8],
    nonce: &[u8],
    more: &[u8],
    plaintext: &[u8],
) -> Option<Vec<u8>> {
    let mut text = plaintext.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    gcm_key(key)?
        .seal_in_place_append_tag(nonce, Aad::from(more), &mut text)
        .ok()?;
    Some(text)
}

pub(super) fn gcm_decrypt(
    key: &[u8],
    nonce: &[u8],
    more: &[u8],
    ciphertext: &[u8],
) -> Option<Vec<u8>> {
    let mut text = ciphertext.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = gcm_key(key)?
        .open_in_place(nonce, Aad::from(more), &mut text)
        .ok()?;
    Some(plain.to_vec())
}

fn gcm_key(key: &[u8]) -> Option<LessSafeKey> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        32 => &AES_256_GCM,
        _ => return None,
    };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}
