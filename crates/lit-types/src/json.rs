use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny},
};
use serde_json::{Value, value::RawValue};

use crate::strict_json;

/// A JSON value as compact text that keeps the order of its members.
///
/// Session signatures sign JSON text, so the order of the members of a caller's object must survive. `serde_json::Value`
/// sorts them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CompactJson(String);

impl CompactJson {
    /// Parses JSON and drops the white space between tokens.
    ///
    /// # Errors
    /// [`CompactJsonError`] when the text is not JSON, is nested deeper than 128 levels, or has an object with the same member twice.
    pub fn parse(json: &str) -> Result<Self, CompactJsonError> {
        // Only checked: a value loses the order of members.
        strict_json::from_str::<IgnoredAny>(json)
            .map_err(|error| CompactJsonError(error.to_string()))?;
        Ok(Self(strip_white_space(json)))
    }

    /// Wraps the output of a serializer.
    pub(crate) const fn from_compact(json: String) -> Self {
        Self(json)
    }

    /// The compact text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the value. The members of objects are sorted.
    #[must_use]
    pub fn to_value(&self) -> Value {
        // The text was parsed before, or written by a serializer.
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

/// Fails for a value nested deeper than 128 levels.
impl TryFrom<&Value> for CompactJson {
    type Error = CompactJsonError;

    fn try_from(value: &Value) -> Result<Self, Self::Error> {
        Self::parse(&value.to_string())
    }
}

fn strip_white_space(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            if in_string {
                in_string = escaped || c != '"';
                escaped = c == '\\' && !escaped;
                return true;
            }
            in_string = c == '"';
            !matches!(c, ' ' | '\t' | '\n' | '\r')
        })
        .collect()
}

impl fmt::Debug for CompactJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CompactJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CompactJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(D::Error::custom)
    }
}

/// Malformed JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON: {0}")]
pub struct CompactJsonError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_strings() {
        let json = CompactJson::parse(
            "{ \"b\" : [ 1 , 2 ],\n \"a b\\\" \" : \" x\\\\\" , \"c\":\" \\\" \"}",
        )
        .unwrap();
        assert_eq!(json.as_str(), r#"{"b":[1,2],"a b\" ":" x\\","c":" \" "}"#);
        assert_eq!(serde_json::to_string(&json).unwrap(), json.as_str());
    }

    #[test]
    fn refuses_what_is_not_json() {
        let error = |text: &str| CompactJson::parse(text).unwrap_err().to_string();
        assert!(error("{a:1}").contains("key must be a string"));
        assert!(error(r#"{"a":1,"a":1}"#).contains("duplicate field `a`"));
        assert!(error(&"[".repeat(100_000)).contains("recursion limit exceeded"));
    }
}
