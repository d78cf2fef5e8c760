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
use rquickjs::{Ctx, Function, Object, String as JsString};

pub(crate) use self::signatures::{digest, hmac};

use self::keys::Key;
use crate::{
    bytes::{Bytes, Input, Text, binary_of, bytes},
    deadline::Deadline,
    memory::Memory,
};

/// Base64url: encodes without padding, decodes with or without.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A function of two strings of bytes besides the key.
type Cipher = fn(&[u8], &[u8], &[u8]) -> Option<Vec<u8>>;
/// A function of three strings of bytes besides the key.
type AuthenticatedCipher = fn(&[u8], &[u8], &[u8], &[u8]) -> Option<Vec<u8>>;

/// The object returned by `host.crypto()`.
pub(crate) fn functions<'js>(
    ctx: &Ctx<'js>,
    deadline: &Deadline,
    memory: &Memory,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "pbkdf2",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, hash: Text<'js>, password, salt, iterations, length: usize| {
                let _room = room.room(&ctx, length.saturating_mul(2))?;
                let password = Input::read(&ctx, &room, password)?;
                let salt = Input::read(&ctx, &room, salt)?;
                let check = || checked.check(&ctx);
                let key = derivation::pbkdf2(&hash, &password, &salt, iterations, length, check)?;
                optional(ctx.clone(), key)
            },
        )?,
    )?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "hkdf",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, hash: Text<'js>, secret, salt, info, length: usize| {
                let _room = room.room(&ctx, length.saturating_mul(2))?;
                let secret = Input::read(&ctx, &room, secret)?;
                let salt = Input::read(&ctx, &room, salt)?;
                let info = Input::read(&ctx, &room, info)?;
                let check = || checked.check(&ctx);
                let key = derivation::hkdf(&hash, &secret, &salt, &info, length, check)?;
                optional(ctx.clone(), key)
            },
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "ecdh",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, private, point| {
            let private = Input::read(&ctx, &room, private)?;
            let point = Input::read(&ctx, &room, point)?;
            optional(ctx.clone(), derivation::ecdh(&private, &point))
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "base64UrlEncode",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, binary| {
            // Has room for a result of the same length; base64 is longer by a third.
            let bytes = Input::read(&ctx, &room, binary)?;
            let _room = room.room(&ctx, bytes.len() / 2)?;
            JsString::from_str(ctx.clone(), &BASE64_URL.encode(&*bytes))
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "base64UrlDecode",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, text: Text<'js>| {
            // Bytes, and the same as a string of up to two bytes for each, whose buffer doubles.
            let _room = room.room(&ctx, text.len().saturating_mul(4))?;
            rquickjs::Result::Ok(base64_url_decode(&text))
        })?,
    )?;
    let ciphers: [(&str, Cipher); 2] = [
        ("aesCbcEncrypt", aes::cbc_encrypt),
        ("aesCbcDecrypt", aes::cbc_decrypt),
    ];
    for (name, cipher) in ciphers {
        let room = memory.clone();
        let function = move |ctx: Ctx<'js>, key, iv, text| {
            let key = Input::read(&ctx, &room, key)?;
            let iv = Input::read(&ctx, &room, iv)?;
            let text = Input::read(&ctx, &room, text)?;
            optional(ctx.clone(), cipher(&key, &iv, &text))
        };
        object.set(name, Function::new(ctx.clone(), function)?)?;
    }
    let ciphers: [(&str, AuthenticatedCipher); 2] = [
        ("aesGcmEncrypt", aes::gcm_encrypt),
        ("aesGcmDecrypt", aes::gcm_decrypt),
    ];
    for (name, cipher) in ciphers {
        let room = memory.clone();
        let function = move |ctx: Ctx<'js>, key, nonce, more, text| {
            let key = Input::read(&ctx, &room, key)?;
            let nonce = Input::read(&ctx, &room, nonce)?;
            let more = Input::read(&ctx, &room, more)?;
            let text = Input::read(&ctx, &room, text)?;
            // A decrypted text is copied once more.
            let _room = room.room(&ctx, text.len())?;
            optional(ctx.clone(), cipher(&key, &nonce, &more, &text))
        };
        object.set(name, Function::new(ctx.clone(), function)?)?;
    }
    object.set("isPem", Function::new(ctx.clone(), is_pem)?)?;
    let room = memory.clone();
    object.set(
        "readKey",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, form: Text<'js>, text| {
            read_key(&ctx, &room, &form, text)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "publicKey",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, kind: Text<'js>, private| {
                let key = Key::public_of(&kind, &Input::read(&ctx, &room, private)?);
                key.map(|key| described(&ctx, &key)).transpose()
            },
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "sign",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, scheme: Text<'js>, hash: Text<'js>, key, data| {
                let key = Input::read(&ctx, &room, key)?;
                let data = Input::read(&ctx, &room, data)?;
                optional(ctx.clone(), signatures::sign(&scheme, &hash, &key, &data))
            },
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "verify",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, scheme: Text<'js>, hash: Text<'js>, key, data, signature| {
                let key = Input::read(&ctx, &room, key)?;
                let data = Input::read(&ctx, &room, data)?;
                let signature = Input::read(&ctx, &room, signature)?;
                // `None` if the scheme is unknown.
                let is_valid = signatures::verify(&scheme, &hash, &key, &data, &signature);
                rquickjs::Result::Ok(is_valid)
            },
        )?,
    )?;
    Ok(object)
}

fn base64_url_decode(text: &str) -> Option<String> {
    // A single left-over digit is ignored.
    let digits = text.len() - usize::from(text.len() % 4 == 1);
    Some(binary_of(&BASE64_URL.decode(text.get(..digits)?).ok()?))
}

fn optional<'js>(ctx: Ctx<'js>, found: Option<Vec<u8>>) -> rquickjs::Result<Option<Bytes<'js>>> {
    found.map(|found| bytes(ctx, found)).transpose()
}

/// Whether a text contains a PEM block of any type.
fn is_pem(text: Text<'_>) -> bool {
    text.contains("-----BEGIN ")
}

/// Parses a key in PEM, DER or JWK; `None` if it is malformed or unsupported.
fn read_key<'js>(
    ctx: &Ctx<'js>,
    memory: &Memory,
    form: &str,
    text: Text<'js>,
) -> rquickjs::Result<Option<Object<'js>>> {
    // Digits, bytes and the key.
    let _room = memory.room(ctx, text.len().saturating_mul(4))?;
    let read = |text| Input::read(ctx, memory, text);
    let key = match form {
        "pem" => Key::from_pem(&text),
        "jwk" => Key::from_jwk(&text),
        "spki" => Key::from_spki(&read(text)?),
        "pkcs8" => Key::from_pkcs8(&read(text)?),
        "P-256" => Key::p256_public(&read(text)?),
        "Ed25519" => Key::ed25519(&read(text)?, false),
        _ => None,
    };
    key.map(|key| described(ctx, &key)).transpose()
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
