//! Bytes between JavaScript and Rust.
//!
//! rquickjs cannot read typed arrays safely, so bytes come in as strings with one character per byte. They are returned as arrays in
//! the JavaScript heap, so that the memory limit covers them.

use rquickjs::{Ctx, TypedArray};

pub(crate) type Bytes<'js> = TypedArray<'js, u8>;

/// Converts a string with one character per byte to bytes.
pub(crate) fn bytes_of(binary: &str) -> Vec<u8> {
    binary
        .chars()
        .filter_map(|byte| u8::try_from(byte).ok())
        .collect()
}

/// Converts bytes to a string with one character per byte.
pub(crate) fn binary_of(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Copies bytes into the JavaScript heap.
pub(crate) fn bytes<'js>(ctx: Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<Bytes<'js>> {
    TypedArray::new_copy(ctx, bytes)
}
