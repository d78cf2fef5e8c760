//! JSON from outside, in which no object has the same member twice.
//!
//! [`serde_json::Value`] and maps keep the last of doubled members, other programs the first. Whoever checks a text and whoever
//! uses it must not read two things, so these functions refuse it, at any depth, in members that the type ignores too.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
};

/// Parses JSON. No object in it may have the same member twice.
///
/// ```
/// use lit_types::strict_json;
/// use serde_json::Value;
///
/// let error = strict_json::from_str::<Value>(r#"{"uses":"1","uses":"9"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "duplicate field `uses` at line 1 column 18");
/// ```
///
/// # Errors
/// As [`serde_json::from_str`], and for a doubled member.
pub fn from_str<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Unique.deserialize(&mut deserializer)?;
    serde_json::from_str(json)
}

/// As [`from_str`], for bytes.
///
/// # Errors
/// As [`serde_json::from_slice`], and for a doubled member.
pub fn from_slice<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Unique.deserialize(&mut deserializer)?;
    serde_json::from_slice(json)
}

/// How much of a doubled name an error shows.
const SHOWN_NAME: usize = 60;

/// Reads any JSON and keeps only the names of the objects that it is in.
#[derive(Clone, Copy)]
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(name) = map.next_key_seed(Name)? {
            if known.contains(&name) {
                let shown: String = name.chars().take(SHOWN_NAME).collect();
                return Err(A::Error::custom(format_args!(
                    "duplicate field `{}`",
                    shown.escape_debug()
                )));
            }
            known.insert(name);
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// The name of a member, borrowed if it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::JsonProblem;

    #[test]
    fn doubled_members_are_refused_at_any_depth() {
        for doubled in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":3}"#,
            r#"[0,{"b":[{"a":1,"a":2}]}]"#,
            // The same name in another spelling.
            r#"{"a":1,"\u0061":2}"#,
        ] {
            for error in [
                from_str::<Value>(doubled).unwrap_err(),
                from_slice::<Value>(doubled.as_bytes()).unwrap_err(),
            ] {
                let problem = JsonProblem::from(error).to_string();
                assert!(
                    problem.starts_with("duplicate field `a` (line 1"),
                    "{problem}"
                );
            }
        }
        #[derive(Debug, Deserialize)]
        struct OnlyA {
            #[allow(dead_code, reason = "only parsed")]
            a: u8,
        }
        // Of a member that the type ignores.
        let error = from_str::<OnlyA>(r#"{"a":1,"x":1,"x":2}"#).unwrap_err();
        assert!(error.to_string().starts_with("duplicate field `x`"));
    }

    #[test]
    fn all_else_is_read_as_by_serde_json() {
        for json in [
            r#"{"a":{"a":[{"a":1},{"a":2}]},"b":"a","A":-0.5e3}"#,
            "[]",
            "null",
            " 18446744073709551615 ",
            r#""\ud83d\ude00""#,
        ] {
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(from_str::<Value>(json).unwrap(), expected);
            assert_eq!(from_slice::<Value>(json.as_bytes()).unwrap(), expected);
        }
        let deep = "[".repeat(100_000);
        for bad in ["", "{", "1 2", r#"{"a":1}}"#, r#"{1:2}"#, &deep] {
            let expected = serde_json::from_str::<Value>(bad).unwrap_err();
            let error = from_str::<Value>(bad).unwrap_err();
            assert_eq!(error.classify(), expected.classify(), "{bad:.20}");
        }
    }

    #[test]
    fn errors_show_names_escaped_and_cut() {
        let name = format!("\\n\\u001b[31m{}", "x".repeat(1000));
        let json = format!(r#"{{"{name}":1,"{name}":2}}"#);
        let text = from_str::<Value>(&json).unwrap_err().to_string();
        assert!(
            text.starts_with("duplicate field `\\n\\u{1b}[31mxxx"),
            "{text}"
        );
        assert!(text.len() < 150, "{text}");
    }
}
