/// Bytes of an element in a list that grows by doubling: the size of a `serde_json::Value`, twice.
const ELEMENT: usize = 64;
/// Bytes of an object: a node of a B-tree, which has room for eleven members.
const OBJECT: usize = 640;
/// Bytes of a further member: its key and its value in a node that is half full.
const MEMBER: usize = 128;

/// Estimates how many bytes JSON text takes once it is parsed into a tree of values; rather too many than too few.
///
/// A list of zeros takes 32 times its text, and a list of small objects 90 times. Servers check this before they parse. The text need
/// not be JSON.
///
/// ```
/// use lit_types::json_memory;
///
/// assert_eq!(json_memory(br#""a long text""#), 76);
/// assert_eq!(json_memory(b"[0,0,0]"), 256);
/// assert!(json_memory(br#"[{"a":0},{"a":0}]"#) > 90 * 17);
/// ```
#[must_use]
pub fn json_memory(text: &[u8]) -> usize {
    let (mut bytes, mut in_text, mut is_escaped) = (ELEMENT, false, false);
    for byte in text {
        if in_text {
            bytes += 1;
            in_text = is_escaped || *byte != b'"';
            is_escaped = *byte == b'\\' && !is_escaped;
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' => bytes += OBJECT,
            b':' => bytes += MEMBER,
            b',' | b'[' => bytes += ELEMENT,
            _ => {}
        }
    }
    bytes
}
