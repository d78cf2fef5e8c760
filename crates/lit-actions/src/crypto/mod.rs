//! Cryptography behind `jwt`, `crypto.subtle` and `Lit.Actions.aesDecrypt`, as native functions.
//!
//! They are a separate object, created on first use, because most actions do not need it. Bytes, including keys, are strings with one
//! character per byte, as in the other [natives](crate::natives).
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]

mod aes;
pub(crate) mod derivation;
mod keys;
pub(crate) mod secp256k1;
mod signatures;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use rquickjs::{Ctx, Function, Object};

pub(crate) use self::signatures::{digest, hmac};

use self::keys::Key;
use crate::{
    bytes::{Bytes, binary_of, bytes, bytes_of},
    deadline::Deadline,
};

/// Base64url: encodes without padding, decodes with or without.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The object returned by `host.crypto()`.
pub(crate) fn functions<'js>(ctx: Ctx<'js>, deadline: &Deadline) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let deadline = deadline.clone();
    object.set(
        "pbkdf2",
        Function::new(
            ctx.clone(),
            move |ctx, hash: String, password: String, salt: String, iterations, length| {
                pbkdf2(ctx, &deadline, &hash, [password, salt], iterations, length)
            },
        )?,
    )?;
    object.set("hkdf", Function::new(ctx.clone(), hkdf)?)?;
    object.set("ecdh", Function::new(ctx.clone(), ecdh)?)?;
    object.set(
        "base64UrlEncode",
        Function::new(ctx.clone(), base64_url_encode)?,
    )?;
    object.set(
        "base64UrlDecode",
        Function::new(ctx.clone(), base64_url_decode)?,
    )?;
    object.set(
        "aesCbcEncrypt",
        Function::new(ctx.clone(), aes_cbc_encrypt)?,
    )?;
    object.set(
        "aesCbcDecrypt",
        Function::new(ctx.clone(), aes_cbc_decrypt)?,
    )?;
    object.set(
        "aesGcmEncrypt",
        Function::new(ctx.clone(), aes_gcm_encrypt)?,
    )?;
    object.set(
        "aesGcmDecrypt",
        Function::new(ctx.clone(), aes_gcm_decrypt)?,
    )?;
    object.set("isPem", Function::new(ctx.clone(), is_pem)?)?;
    object.set("readKey", Function::new(ctx.clone(), read_key)?)?;
    object.set("publicKey", Function::new(ctx.clone(), public_key)?)?;
    object.set("sign", Function::new(ctx.clone(), sign)?)?;
    object.set("verify", Function::new(ctx.clone(), verify)?)?;
    Ok(object)
}

fn base64_url_encode(binary: String) -> String {
    BASE64_URL.encode(bytes_of(&binary))
}

fn base64_url_decode(text: String) -> Option<String> {
    // A single left-over digit is ignored.
    let digits = text.len() - usize::from(text.len() % 4 == 1);
    Some(binary_of(&BASE64_URL.decode(text.get(..digits)?).ok()?))
}

fn aes_cbc_encrypt<'js>(
    ctx: Ctx<'js>,
    key: String,
    iv: String,
    plaintext: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [key, iv, plaintext] = [key, iv, plaintext].map(|text| bytes_of(&text));
    optional(ctx, aes::cbc_encrypt(&key, &iv, &plaintext))
}

fn aes_cbc_decrypt<'js>(
    ctx: Ctx<'js>,
    key: String,
    iv: String,
    ciphertext: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [key, iv, ciphertext] = [key, iv, ciphertext].map(|text| bytes_of(&text));
    optional(ctx, aes::cbc_decrypt(&key, &iv, &ciphertext))
}

fn aes_gcm_encrypt<'js>(
    ctx: Ctx<'js>,
    key: String,
    nonce: String,
    more: String,
    plaintext: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [key, nonce, more, plaintext] = [key, nonce, more, plaintext].map(|text| bytes_of(&text));
    optional(ctx, aes::gcm_encrypt(&key, &nonce, &more, &plaintext))
}

fn aes_gcm_decrypt<'js>(
    ctx: Ctx<'js>,
    key: String,
    nonce: String,
    more: String,
    ciphertext: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [key, nonce, more, ciphertext] = [key, nonce, more, ciphertext].map(|text| bytes_of(&text));
    optional(ctx, aes::gcm_decrypt(&key, &nonce, &more, &ciphertext))
}

fn pbkdf2<'js>(
    ctx: Ctx<'js>,
    deadline: &Deadline,
    hash: &str,
    texts: [String; 2],
    iterations: u32,
    length: usize,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [password, salt] = texts.map(|text| bytes_of(&text));
    let check = || deadline.check(&ctx);
    let key = derivation::pbkdf2(hash, &password, &salt, iterations, length, check)?;
    optional(ctx, key)
}

fn hkdf<'js>(
    ctx: Ctx<'js>,
    hash: String,
    secret: String,
    salt: String,
    info: String,
    length: usize,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let [secret, salt, info] = [secret, salt, info].map(|text| bytes_of(&text));
    optional(ctx, derivation::hkdf(&hash, &secret, &salt, &info, length))
}

fn ecdh<'js>(
    ctx: Ctx<'js>,
    private: String,
    point: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    optional(
        ctx,
        derivation::ecdh(&bytes_of(&private), &bytes_of(&point)),
    )
}

fn optional<'js>(ctx: Ctx<'js>, found: Option<Vec<u8>>) -> rquickjs::Result<Option<Bytes<'js>>> {
    found.map(|found| bytes(ctx, found)).transpose()
}

/// Whether a text contains a PEM block of any type.
fn is_pem(text: String) -> bool {
    text.contains("-----BEGIN ")
}

/// Parses a key in PEM, DER or JWK; `None` if it is malformed or unsupported.
fn read_key<'js>(
    ctx: Ctx<'js>,
    form: String,
    text: String,
) -> rquickjs::Result<Option<Object<'js>>> {
    let key = match &*form {
        "pem" => Key::from_pem(&text),
        "jwk" => Key::from_jwk(&text),
        "spki" => Key::from_spki(&bytes_of(&text)),
        "pkcs8" => Key::from_pkcs8(&bytes_of(&text)),
        "P-256" => Key::p256_public(&bytes_of(&text)),
        "Ed25519" => Key::ed25519(&bytes_of(&text), false),
        _ => None,
    };
    key.map(|key| described(&ctx, &key)).transpose()
}

/// The public key of a private key from [`read_key`].
fn public_key<'js>(
    ctx: Ctx<'js>,
    kind: String,
    private: String,
) -> rquickjs::Result<Option<Object<'js>>> {
    let key = Key::public_of(&kind, &bytes_of(&private));
    key.map(|key| described(&ctx, &key)).transpose()
}

fn described<'js>(ctx: &Ctx<'js>, key: &Key) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("type", if key.is_private { "private" } else { "public" })?;
    object.set("kind", key.kind.name())?;
    object.set("bits", key.bits)?;
    object.set("bytes", binary_of(&key.bytes))?;
    object.set("exponent", key.exponent().map(binary_of))?;
    Ok(object)
}

/// Signs; `None` if the scheme is unknown or the key is of another type.
fn sign<'js>(
    ctx: Ctx<'js>,
    scheme: String,
    hash: String,
    key: String,
    data: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let signature = signatures::sign(&scheme, &hash, &bytes_of(&key), &bytes_of(&data));
    optional(ctx, signature)
}

/// Whether a signature is valid; `None` if the scheme is unknown.
fn verify(
    scheme: String,
    hash: String,
    key: String,
    data: String,
    signature: String,
) -> Option<bool> {
    let [key, data, signature] = [key, data, signature].map(|text| bytes_of(&text));
    signatures::verify(&scheme, &hash, &key, &data, &signature)
}
