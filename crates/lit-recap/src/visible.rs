/// Whether a text is one line that a signer sees whole: no control characters, no line or paragraph separators, and no
/// characters without a shape, such as zero-width spaces and marks that turn the direction of the text.
///
/// EIP-4361 wants ASCII. The official client and nodes take any character but a line feed, and people sign in their language.
pub(crate) fn is_visible_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Separators of lines, annotations, and characters that Unicode calls ignorable by default, except variation selectors, which
/// choose the shape of the character before them.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_signer_sees() {
        for seen in [
            "",
            "Sign in to Example.",
            "日本語",
            "Größe €",
            "😀 ❤\u{fe0f}",
            "سلام",
        ] {
            assert!(is_visible_line(seen), "{seen}");
        }
        for hidden in [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2060}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert!(!is_visible_line(&format!("a{hidden}b")), "{hidden:?}");
        }
    }
}
