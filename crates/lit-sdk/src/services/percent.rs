//! Percent-encoding of URLs and forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `encodeURIComponent` in JavaScript encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Encodes text like `encodeURIComponent` in JavaScript.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Undoes [`encode`]. Malformed escapes stay.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The first value of a name in a query.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let form = |text: &str| decode(&text.replace('+', " "));
        (form(key) == name).then(|| form(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_text_is_decoded() {
        for text in [
            "",
            "a b",
            "https://a/b?c=d&e=f#g",
            "ü%41+",
            "%",
            "%4",
            "%zz",
        ] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("%zz%4%41"), "%zz%4A");
        assert_eq!(encode("a b/ü"), "a%20b%2F%C3%BC");
    }

    #[test]
    fn queries_are_forms() {
        let query = "a=1&b=x+y%26&a=2&c";
        assert_eq!(query_value(query, "a").as_deref(), Some("1"));
        assert_eq!(query_value(query, "b").as_deref(), Some("x y&"));
        assert_eq!(query_value(query, "c").as_deref(), Some(""));
        assert_eq!(query_value(query, "d"), None);
    }
}
