//! Arguments that an action passes to a host function.

use std::str::FromStr;

use alloy_primitives::U256;
use lit_actions::HostError;
use serde_json::{Map, Value};

/// The members of a function's argument object.
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(super) fn new(parameters: Value) -> Result<Self, HostError> {
        match parameters {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(HostError::wrong_type("expected an object")),
        }
    }

    /// A non-blank string.
    pub(super) fn text(&self, name: &str) -> Result<&str, HostError> {
        let text = self.string(name)?;
        if text.trim().is_empty() {
            return Err(HostError::range(format_args!("{name} must not be blank")));
        }
        Ok(text)
    }

    /// A string, possibly blank.
    pub(super) fn string(&self, name: &str) -> Result<&str, HostError> {
        let value = self.0.get(name).and_then(Value::as_str);
        value.ok_or_else(|| HostError::wrong_type(format_args!("{name} must be a string")))
    }

    /// A string of at most `limit` bytes, possibly blank.
    pub(super) fn short(&self, name: &str, limit: usize) -> Result<&str, HostError> {
        let text = self.string(name)?;
        if text.len() > limit {
            return Err(HostError::range(format_args!(
                "{name} has {} bytes, more than the limit of {limit}",
                text.len()
            )));
        }
        Ok(text)
    }

    /// A string parsed as `T`; `form` describes the expected form.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, form: &str) -> Result<T, HostError> {
        self.text(name)?
            .parse()
            .map_err(|_| HostError::range(format_args!("{name} must be {form}")))
    }

    /// A number in a string: decimal, or hex with `0x`.
    pub(super) fn number(&self, name: &str) -> Result<U256, HostError> {
        self.parsed(
            name,
            "a number below 2^256, in decimal or in hex with 0x, as a string",
        )
    }

    /// Bytes, at least one.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, HostError> {
        let wrong = || HostError::wrong_type(format_args!("{name} must be bytes"));
        let Some(Value::Array(values)) = self.0.get(name) else {
            return Err(wrong());
        };
        if values.is_empty() {
            return Err(HostError::range(format_args!("{name} must not be empty")));
        }
        let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
        values
            .iter()
            .map(byte)
            .collect::<Option<_>>()
            .ok_or_else(wrong)
    }

    /// A text, as UTF-8, or bytes.
    pub(super) fn text_or_bytes(&self, name: &str) -> Result<Vec<u8>, HostError> {
        match self.value(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone().into_bytes()),
            Some(Value::Array(_)) => self.bytes(name),
            _ => Err(HostError::wrong_type(format_args!(
                "{name} must be a string that is not empty, or bytes"
            ))),
        }
    }

    /// Any value but null.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// An integer up to `max`, or `default` if it is missing.
    pub(super) fn small(&self, name: &str, default: u64, max: u64) -> Result<u64, HostError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value.as_u64().filter(|n| *n <= max).ok_or_else(|| {
                HostError::range(format_args!("{name} must be a whole number up to {max}"))
            }),
        }
    }

    /// The members of an object; empty if it is missing.
    pub(super) fn members(&mut self, name: &str) -> Result<Map<String, Value>, HostError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(members)) => Ok(members),
            Some(_) => Err(HostError::wrong_type(format_args!(
                "{name} must be an object"
            ))),
        }
    }
}
