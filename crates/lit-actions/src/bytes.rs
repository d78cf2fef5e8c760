//! Texts and bytes between JavaScript and Rust.
//!
//! rquickjs cannot read typed arrays safely, so bytes come in as strings with one character per byte. They are returned as arrays in
//! the JavaScript heap, so that the memory limit covers them.

use std::{ops::Deref, str};

use rquickjs::{CString, Ctx, Error, FromJs, String as JsString, TypedArray, Value};

use crate::memory::{Memory, Room};

pub(crate) type Bytes<'js> = TypedArray<'js, u8>;

/// A string argument. It stays in the JavaScript heap.
pub(crate) struct Text<'js>(CString<'js>);

impl<'js> FromJs<'js> for Text<'js> {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Self> {
        let text = match JsString::from_value(value)?.to_cstring() {
            Ok(text) => text,
            // The heap is full, and the engine has thrown already.
            Err(_) if ctx.has_exception() => return Err(Error::Exception),
            Err(error) => return Err(error),
        };
        // Surrogates without partners are passed on as they are, and are not UTF-8.
        let bytes: &[u8] = text.as_ref();
        str::from_utf8(bytes)?;
        Ok(Self(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_str()
    }
}

/// The bytes of an argument, with room for a result of the same length.
pub(crate) struct Input<'js> {
    bytes: Vec<u8>,
    _room: Room<'js>,
}

impl<'js> Input<'js> {
    /// Converts a string with one character per byte.
    pub(crate) fn read(
        ctx: &Ctx<'js>,
        memory: &Memory,
        binary: Text<'js>,
    ) -> rquickjs::Result<Self> {
        let length = binary.chars().count();
        let room = memory.room(ctx, length.saturating_mul(2))?;
        let bytes = bytes_of(&binary, length);
        // The engine may hold the text in a second form.
        drop(binary);
        Ok(Self { bytes, _room: room })
    }
}

impl Deref for Input<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Converts a string with one character per byte to bytes.
pub(crate) fn bytes_of(binary: &str, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(binary.chars().filter_map(|byte| u8::try_from(byte).ok()));
    bytes
}

/// Converts bytes to a string with one character per byte.
pub(crate) fn binary_of(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Copies bytes into the JavaScript heap.
pub(crate) fn bytes<'js>(ctx: Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<Bytes<'js>> {
    TypedArray::new_copy(ctx, bytes)
}
