//! The size of parsed JSON.

/// An element of an array: its value, in an array that grows to twice the size.
const ELEMENT: usize = 64;
/// An array that is not empty has room for four elements.
const ARRAY: usize = 160;
/// An object that is not empty has room for eleven members.
const OBJECT: usize = 720;
/// A member of an object, in a tree that may be half full, and its key.
const MEMBER: usize = 160;

/// The most memory that [`serde_json::Value`] takes for this text, in bytes, with one copy of its strings.
pub(crate) fn parsed_size(json: &str) -> usize {
    let mut size = json.len().saturating_mul(2);
    let mut in_string = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => drop(bytes.next()),
            _ if in_string => {}
            b',' => size = size.saturating_add(ELEMENT),
            b'[' => size = size.saturating_add(ARRAY),
            b'{' => size = size.saturating_add(OBJECT),
            b':' => size = size.saturating_add(MEMBER),
            _ => {}
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_outside_of_strings_is_counted() {
        for (json, more) in [
            (r#""a,\\\",[{:""#, 0),
            ("[0,0]", ARRAY + ELEMENT),
            (r#"{"a\\":[]}"#, OBJECT + MEMBER + ARRAY),
        ] {
            assert_eq!(parsed_size(json), 2 * json.len() + more, "{json}");
        }
    }
}
