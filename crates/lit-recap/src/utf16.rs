use std::cmp::Ordering;

/// JavaScript sorts by UTF-16 code units, which differs from byte order outside the basic plane.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}
