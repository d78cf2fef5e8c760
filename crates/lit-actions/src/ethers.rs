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
    bytes::bytes_of,
    crypto::{derivation, digest, hmac, secp256k1},
    deadline::Deadline,
};

/// The longest key that scrypt derives here, in bytes.
const MAX_SCRYPT_KEY: usize = 1024 * 1024;

/// The object that `ethers.js` calls `native`. `memory` is the memory limit of the run in bytes.
pub(crate) fn functions<'js>(
    ctx: &Ctx<'js>,
    deadline: &Deadline,
    memory: usize,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let checked = deadline.clone();
    object.set(
        "keccak256",
        Function::new(ctx.clone(), move |ctx: Ctx<'_>, data: String| {
            checked.check(&ctx)?;
            rquickjs::Result::Ok(hex::encode(Keccak256::digest(bytes_of(&data))))
        })?,
    )?;
    let checked = deadline.clone();
    object.set(
        "digest",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'_>, name: String, data: String| {
                checked.check(&ctx)?;
                rquickjs::Result::Ok(digest(&name, &bytes_of(&data)).map(hex::encode))
            },
        )?,
    )?;
    let checked = deadline.clone();
    object.set(
        "hmac",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'_>, name: String, key: String, data: String| {
                checked.check(&ctx)?;
                rquickjs::Result::Ok(
                    hmac(&name, &bytes_of(&key), &bytes_of(&data)).map(hex::encode),
                )
            },
        )?,
    )?;
    let checked = deadline.clone();
    object.set(
        "pbkdf2",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'_>,
                  name: String,
                  password: String,
                  salt: String,
                  iterations,
                  length| {
                let [password, salt] = [password, salt].map(|text| bytes_of(&text));
                let check = || checked.check(&ctx);
                let key = derivation::pbkdf2(&name, &password, &salt, iterations, length, check)?;
                rquickjs::Result::Ok(key.map(hex::encode))
            },
        )?,
    )?;
    object.set(
        "scrypt",
        Function::new(
            ctx.clone(),
            move |password: String, salt: String, n: u32, r: u32, p: u32, length: usize| {
                let work = [n, r, p].iter().try_fold(128_usize, |work, &factor| {
                    work.checked_mul(factor.try_into().ok()?)
                })?;
                if work > memory || length > MAX_SCRYPT_KEY {
                    return None;
                }
                let [password, salt] = [password, salt].map(|text| bytes_of(&text));
                derivation::scrypt(&password, &salt, (n, r, p), length).map(hex::encode)
            },
        )?,
    )?;
    object.set("publicKey", Function::new(ctx.clone(), public_key)?)?;
    object.set("point", Function::new(ctx.clone(), point)?)?;
    object.set("add", Function::new(ctx.clone(), add)?)?;
    object.set("sharedSecret", Function::new(ctx.clone(), shared_secret)?)?;
    object.set("sign", Function::new(ctx.clone(), sign)?)?;
    object.set("recover", Function::new(ctx.clone(), recover)?)?;
    Ok(object)
}

fn public_key(private: String, compressed: bool) -> Option<String> {
    secp256k1::public_key(&bytes_of(&private), compressed).map(hex::encode)
}

fn point(point: String, compressed: bool) -> Option<String> {
    secp256k1::point(&bytes_of(&point), compressed).map(hex::encode)
}

fn add(one: String, other: String) -> Option<String> {
    secp256k1::add(&bytes_of(&one), &bytes_of(&other)).map(hex::encode)
}

fn shared_secret(private: String, point: String) -> Option<String> {
    secp256k1::shared_secret(&bytes_of(&private), &bytes_of(&point)).map(hex::encode)
}

fn sign(private: String, digest: String) -> Option<String> {
    secp256k1::sign(&bytes_of(&private), &bytes_of(&digest)).map(hex::encode)
}

fn recover(digest: String, signature: String, recovery: u8) -> Option<String> {
    let signature = bytes_of(&signature);
    secp256k1::recover(&bytes_of(&digest), &signature, recovery).map(hex::encode)
}
