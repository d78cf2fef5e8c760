//! Native functions that need nothing but their arguments.
//!
//! rquickjs has no safe way to read a typed array, so bytes come in as strings with one character a byte. They go out as
//! arrays in the JavaScript heap, so that the memory limit covers them.

use alloy_primitives::keccak256;
use rquickjs::{Ctx, Exception, Function, Object, TypedArray};

type Bytes<'js> = rquickjs::Result<TypedArray<'js, u8>>;

/// Adds the functions to the object that the prelude calls `host`.
pub(super) fn install<'js>(object: &Object<'js>) -> rquickjs::Result<()> {
    let ctx = object.ctx().clone();
    object.set("random", Function::new(ctx.clone(), random)?)?;
    object.set("utf8Encode", Function::new(ctx.clone(), utf8_encode)?)?;
    object.set("utf8Decode", Function::new(ctx.clone(), utf8_decode)?)?;
    object.set("keccak256", Function::new(ctx, keccak)?)
}

fn random<'js>(ctx: Ctx<'js>, length: usize) -> Bytes<'js> {
    let mut bytes = vec![0; length];
    getrandom::getrandom(&mut bytes)
        .map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    TypedArray::new_copy(ctx, bytes)
}

fn utf8_encode<'js>(ctx: Ctx<'js>, text: String) -> Bytes<'js> {
    TypedArray::new_copy(ctx, text.into_bytes())
}

/// Decodes UTF-8, with U+FFFD for what is malformed, or to nothing for malformed bytes if they are
/// `fatal`.
#[allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]
fn utf8_decode(binary: String, fatal: bool) -> Option<String> {
    match String::from_utf8(bytes_of(&binary)) {
        Ok(text) => Some(text),
        Err(_) if fatal => None,
        Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]
fn keccak<'js>(ctx: Ctx<'js>, binary: String) -> Bytes<'js> {
    TypedArray::new_copy(ctx, keccak256(bytes_of(&binary)))
}

/// The bytes of a string with one character a byte.
pub(super) fn bytes_of(binary: &str) -> Vec<u8> {
    binary
        .chars()
        .filter_map(|byte| u8::try_from(byte).ok())
        .collect()
}
