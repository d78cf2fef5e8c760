//! Percent-encoding of URLs and forms.

/// Encodes text like `encodeURIComponent` in JavaScript.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Undoes [`encode`]. Malformed escapes stay.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| others.split_first_chunk::<2>())
            .flatten()
            .and_then(|(digits, after)| {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                let byte = digit(digits[0])? * 16 + digit(digits[1])?;
                Some((u8::try_from(byte).ok()?, after))
            });
        let (byte, after) = escaped.unwrap_or((first, others));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
