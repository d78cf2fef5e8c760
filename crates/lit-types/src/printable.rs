//! Text from outside, made fit to be printed.

use std::fmt::{self, Display, Write};

/// A value from outside as one line of printable text. Use it wherever such a value is shown: in errors, logs and tables.
///
/// Line feeds, tabs and other white space become spaces. Characters that move the cursor, change colors, reverse the direction of
/// text or show nothing become U+FFFD. So no value can pass for another line, or hide a part of one.
///
/// ```
/// use lit_types::Printable;
///
/// let forged = "NodeRpcError\n  http://127.0.0.1:7471  3 ms  valid answer\u{1b}[2K";
/// let shown = "NodeRpcError   http://127.0.0.1:7471  3 ms  valid answer\u{fffd}[2K";
/// assert_eq!(Printable(forged).to_string(), shown);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Printable<T>(pub T);

impl<T: Display> Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Cleaner { f, keep: "" }, "{}", self.0)
    }
}

/// A value from outside as printable text, like [`Printable`] but with its line feeds and tabs.
///
/// For output that its reader expects in several lines, such as what a Lit Action logged.
#[derive(Debug, Clone, Copy)]
pub struct PrintableLines<T>(pub T);

impl<T: Display> Display for PrintableLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Cleaner { f, keep: "\n\t" }, "{}", self.0)
    }
}

/// A text from outside as one printable line of at most so many characters.
#[must_use]
pub fn printable_line(text: &str, max_chars: usize) -> String {
    let clean = text.chars().take(max_chars).map(|c| clean(c, ""));
    clean.collect()
}

/// A text from outside as printable lines, with at most so many characters.
#[must_use]
pub fn printable_lines(text: &str, max_chars: usize) -> String {
    let clean = text.chars().take(max_chars).map(|c| clean(c, "\n\t"));
    clean.collect()
}

/// Whether a character does something else than being seen, such as moving the cursor, or is not seen at all.
#[must_use]
pub const fn is_unprintable(character: char) -> bool {
    match character {
        // Parts of words and emoji: joiners, and what chooses between text and emoji.
        '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => false,
        // Control characters, including the start of terminal sequences.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Line and paragraph separators.
        '\u{2028}' | '\u{2029}' => true,
        // Annotations.
        '\u{fff9}'..='\u{fffb}' => true,
        other => is_default_ignorable(other),
    }
}

/// Whether Unicode tells programs to show nothing for a character that they do not support, such as a mark of direction.
///
/// It is the property `Default_Ignorable_Code_Point` of Unicode 16 (`DerivedCoreProperties.txt`). It covers unassigned characters
/// that would have it.
#[must_use]
pub const fn is_default_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn clean(character: char, keep: &str) -> char {
    match character {
        kept if keep.contains(kept) => kept,
        '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        other if is_unprintable(other) => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

struct Cleaner<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    keep: &'static str,
}

impl Write for Cleaner<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        // Most texts are clean, and written in one piece.
        while let Some(at) = rest.find(|c| clean(c, self.keep) != c) {
            let (good, bad) = rest.split_at(at);
            self.f.write_str(good)?;
            let mut characters = bad.chars();
            if let Some(character) = characters.next() {
                self.f.write_char(clean(character, self.keep))?;
            }
            rest = characters.as_str();
        }
        self.f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_as_they_are() {
        for text in [
            "",
            "naïve café",
            "мир",
            "नमस्ते",
            "می‌خواهم",
            "👩‍👩‍👧",
            "⚠\u{fe0f}",
            "e\u{301}",
            "\u{fffd}",
        ] {
            assert_eq!(Printable(text).to_string(), text);
            assert_eq!(printable_line(text, 100), text);
        }
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        let text = "a\r\nb\tc\u{1b}[31md\u{9b}e\u{202e}f\u{2028}g\u{200b}h\u{7f}";
        let line = "a  b c\u{fffd}[31md\u{fffd}e\u{fffd}f g\u{fffd}h\u{fffd}";
        assert_eq!(Printable(text).to_string(), line);
        assert_eq!(printable_line(text, 6), "a  b c");
        let lines = "a \nb\tc\u{fffd}[31md\u{fffd}e\u{fffd}f g\u{fffd}h\u{fffd}";
        assert_eq!(PrintableLines(text).to_string(), lines);
        assert_eq!(printable_lines(text, 5), "a \nb\t");
    }

    /// The ends of each range of the property, and their neighbors.
    #[test]
    fn ignorable_characters_are_shown() {
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{17b5}',
            '\u{180b}',
            '\u{180f}',
            '\u{200b}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0d}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff0}',
            '\u{fffb}',
            '\u{1bca0}',
            '\u{1bca3}',
            '\u{1d173}',
            '\u{1d17a}',
            '\u{e0000}',
            '\u{e0100}',
            '\u{e01ef}',
            '\u{e0fff}',
        ] {
            assert_eq!(Printable(hidden).to_string(), "\u{fffd}", "{hidden:?}");
        }
        for seen in [
            '\u{ac}',
            '\u{ae}',
            '\u{34e}',
            '\u{350}',
            '\u{61b}',
            '\u{115e}',
            '\u{1161}',
            '\u{17b3}',
            '\u{17b6}',
            '\u{180a}',
            '\u{1810}',
            '\u{200a}',
            '\u{2010}',
            '\u{202f}',
            '\u{205f}',
            '\u{2070}',
            '\u{3163}',
            '\u{3165}',
            '\u{fdff}',
            '\u{fe10}',
            '\u{ff9f}',
            '\u{ffa1}',
            '\u{ffef}',
            '\u{fffc}',
            '\u{1bc9f}',
            '\u{1bca4}',
            '\u{1d172}',
            '\u{1d17b}',
            '\u{dffff}',
            '\u{e1000}',
        ] {
            assert_eq!(Printable(seen).to_string(), seen.to_string(), "{seen:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_printable(text: String) {
            let line = Printable(&text).to_string();
            prop_assert!(!line.contains(is_unprintable), "{line:?}");
            prop_assert_eq!(line.chars().count(), text.chars().count());
            prop_assert_eq!(&printable_line(&text, usize::MAX), &line);
            let lines = PrintableLines(&text).to_string();
            prop_assert!(!lines.contains(|c| is_unprintable(c) && !"\n\t".contains(c)));
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        }
    }
}
