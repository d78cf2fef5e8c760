use lit_types::is_default_ignorable;

/// Whether a text is one line that a signer sees whole: no control characters, no line or paragraph separators, and no
/// characters without a shape, such as zero-width spaces and marks that turn the direction of the text.
///
/// A joiner stands between two characters beyond ASCII, as Persian words and emoji need it. Elsewhere it changes nothing that is
/// seen.
///
/// EIP-4361 wants ASCII. The official client and nodes take any character but a line feed, and people sign in their language.
pub(crate) fn is_visible_line(text: &str) -> bool {
    // A variation selector chooses the shape of the character before it.
    let is_selector = |c| matches!(c, '\u{fe00}'..='\u{fe0f}');
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
            || is_default_ignorable(c) && !is_selector(c)
    };
    let is_joined = |c: char| !c.is_ascii() && !is_hidden(c);
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = matches!(c, '\u{200c}' | '\u{200d}')
            && before.is_some_and(is_joined)
            && rest
                .peek()
                .is_some_and(|next| is_joined(*next) && !is_selector(*next));
        if is_hidden(c) && !joins {
            return false;
        }
        before = Some(c);
    }
    true
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
            "می\u{200c}خواهم",
            "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥",
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
            '\u{200c}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0100}',
        ] {
            assert!(!is_visible_line(&format!("a{hidden}b")), "{hidden:?}");
        }
        for unjoined in [
            "م\u{200d}",
            "\u{200d}م",
            "م\u{200d}\u{200d}م",
            "a\u{200d}م",
            "م\u{200c}\u{fe0f}",
        ] {
            assert!(!is_visible_line(unjoined), "{unjoined:?}");
        }
    }
}
