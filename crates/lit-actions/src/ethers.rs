//! The native functions behind the `ethers` of actions.
//!
//! Bytes come as strings with one character per byte, as in the other [natives](crate::natives), and are returned as hex digits, which is
//! how ethers writes bytes.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]

use rquickjs::{Ctx, Function, Object};
use sha3::{Digest, Keccak256};

use crate::{
    bytes::{Input, Text},
    crypto::{derivation, digest, hmac, secp256k1},
    deadline::Deadline,
    memory::Memory,
};

/// The longest key that scrypt derives here, in bytes.
const MAX_SCRYPT_KEY: usize = 1024 * 1024;
/// The bytes of a hash of scrypt.
const SCRYPT_HASH: usize = 32;

/// A function of the curve that takes two strings of bytes.
type Binary = fn(&[u8], &[u8]) -> Option<Vec<u8>>;
/// A function of the curve that takes bytes, and whether the result is compressed.
type Encoding = fn(&[u8], bool) -> Option<Vec<u8>>;

/// The object that `ethers.js` calls `native`.
pub(crate) fn functions<'js>(
    ctx: &Ctx<'js>,
    deadline: &Deadline,
    memory: &Memory,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "keccak256",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, data| {
            checked.check(&ctx)?;
            let data = Input::read(&ctx, &room, data)?;
            rquickjs::Result::Ok(hex::encode(Keccak256::digest(&*data)))
        })?,
    )?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "digest",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: Text<'js>, data| {
            checked.check(&ctx)?;
            let data = Input::read(&ctx, &room, data)?;
            rquickjs::Result::Ok(digest(&name, &data).map(hex::encode))
        })?,
    )?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "hmac",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, name: Text<'js>, key, data| {
                checked.check(&ctx)?;
                let key = Input::read(&ctx, &room, key)?;
                let data = Input::read(&ctx, &room, data)?;
                rquickjs::Result::Ok(hmac(&name, &key, &data).map(hex::encode))
            },
        )?,
    )?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "pbkdf2",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, name: Text<'js>, password, salt, iterations, length: usize| {
                // Bytes and hex digits.
                let _room = room.room(&ctx, length.saturating_mul(4))?;
                let password = Input::read(&ctx, &room, password)?;
                let salt = Input::read(&ctx, &room, salt)?;
                let check = || checked.check(&ctx);
                let key = derivation::pbkdf2(&name, &password, &salt, iterations, length, check)?;
                rquickjs::Result::Ok(key.map(hex::encode))
            },
        )?,
    )?;
    let (checked, room) = (deadline.clone(), memory.clone());
    object.set(
        "scrypt",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, password, salt, n: u32, r: u32, p: u32, length: usize| {
                checked.check(&ctx)?;
                let product = |factors: &[u32]| {
                    factors.iter().try_fold(128_usize, |product, &factor| {
                        product.checked_mul(factor.try_into().ok()?)
                    })
                };
                // The table and a block for each lane, which JavaScript would need too.
                let bytes = [product(&[n, r]), product(&[r, p])];
                let bytes = bytes
                    .iter()
                    .try_fold(0_usize, |sum, bytes| sum.checked_add((*bytes)?));
                let _room = room.room(&ctx, bytes.unwrap_or(usize::MAX))?;
                let password = Input::read(&ctx, &room, password)?;
                let salt = Input::read(&ctx, &room, salt)?;
                let hashes = |bytes: usize| {
                    (bytes / SCRYPT_HASH)
                        .try_into()
                        .map_or(u32::MAX, |it: u32| it.max(1))
                };
                // The lanes are mixed `n` times, hashed for each part of the key, and made of hashes of the salt. More work than this is
                // done in JavaScript, which is slower and can be interrupted.
                let is_short = [n, hashes(length), hashes(salt.len())]
                    .iter()
                    .all(|&times| product(&[r, p, times]).is_some_and(|work| work <= room.limit()));
                if !is_short || length > MAX_SCRYPT_KEY {
                    return Ok(None);
                }
                let key = derivation::scrypt(&password, &salt, (n, r, p), length);
                rquickjs::Result::Ok(key.map(hex::encode))
            },
        )?,
    )?;
    let encodings: [(&str, Encoding); 2] = [
        ("publicKey", secp256k1::public_key),
        ("point", secp256k1::point),
    ];
    for (name, encode) in encodings {
        let room = memory.clone();
        let function = move |ctx: Ctx<'js>, bytes, compressed| {
            let bytes = Input::read(&ctx, &room, bytes)?;
            rquickjs::Result::Ok(encode(&bytes, compressed).map(hex::encode))
        };
        object.set(name, Function::new(ctx.clone(), function)?)?;
    }
    let binaries: [(&str, Binary); 3] = [
        ("add", secp256k1::add),
        ("sharedSecret", secp256k1::shared_secret),
        ("sign", secp256k1::sign),
    ];
    for (name, calculate) in binaries {
        let room = memory.clone();
        let function = move |ctx: Ctx<'js>, one, other| {
            let one = Input::read(&ctx, &room, one)?;
            let other = Input::read(&ctx, &room, other)?;
            rquickjs::Result::Ok(calculate(&one, &other).map(hex::encode))
        };
        object.set(name, Function::new(ctx.clone(), function)?)?;
    }
    let room = memory.clone();
    object.set(
        "recover",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, digest, signature, recovery: u8| {
                let digest = Input::read(&ctx, &room, digest)?;
                let signature = Input::read(&ctx, &room, signature)?;
                let key = secp256k1::recover(&digest, &signature, recovery);
                rquickjs::Result::Ok(key.map(hex::encode))
            },
        )?,
    )?;
    Ok(object)
}
