//! The part of CBOR (RFC 8949) that finding an item needs: definite lengths, with tags ignored.

/// Reads items one after another.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// The head of an item, with the content of items that contain no others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Bytes(&'a [u8]),
    Text(&'a [u8]),
    /// An array of this many items.
    Array(u64),
    /// A map of this many pairs.
    Map(u64),
    /// A number, a boolean or null.
    Simple,
}

/// The nesting limit of arrays and maps. COSE keys have one level.
const MAX_DEPTH: usize = 16;

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads one head. `None` for malformed CBOR, and for indefinite lengths, which WebAuthn does not use.
    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        loop {
            let first = self.take(1)?[0];
            let argument = match first & 0x1f {
                small @ 0..=23 => u64::from(small),
                24 => self.number(1)?,
                25 => self.number(2)?,
                26 => self.number(4)?,
                27 => self.number(8)?,
                _ => return None,
            };
            return Some(match first >> 5 {
                2 => Item::Bytes(self.take(usize::try_from(argument).ok()?)?),
                3 => Item::Text(self.take(usize::try_from(argument).ok()?)?),
                4 => Item::Array(argument),
                5 => Item::Map(argument),
                6 => continue,
                _ => Item::Simple,
            });
        }
    }

    /// Reads one item with everything inside it.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.skip_within(MAX_DEPTH)
    }

    fn skip_within(&mut self, depth: usize) -> Option<()> {
        let inside = match self.item()? {
            Item::Array(items) => items,
            Item::Map(pairs) => pairs.checked_mul(2)?,
            _ => 0,
        };
        // Every item has at least one byte, so the loop ends with the input.
        for _ in 0..inside {
            self.skip_within(depth.checked_sub(1)?)?;
        }
        Some(())
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        let digits = self.take(bytes)?;
        Some(
            digits
                .iter()
                .fold(0, |number, digit| number << 8 | u64::from(*digit)),
        )
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_skipped_whole() {
        for whole in [
            &[0x18, 0x64][..],
            &[0x1b, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0x82, 0x01, 0x82, 0x20, 0x43, 1, 2, 3],
            &[0xa1, 0x61, b'a', 0xd8, 0x40, 0x41, 0],
            &[0xf5],
        ] {
            let mut reader = Reader::new(whole);
            assert_eq!(reader.skip(), Some(()), "{whole:02x?}");
            assert!(reader.rest().is_empty(), "{whole:02x?}");
            for end in 0..whole.len() {
                assert_eq!(
                    Reader::new(&whole[..end]).skip(),
                    None,
                    "{whole:02x?} {end}"
                );
            }
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        assert_eq!(Reader::new(&[0x81; 1000]).skip(), None);
        assert_eq!(
            Reader::new(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]).skip(),
            None
        );
        assert_eq!(
            Reader::new(&[0xbb, 255, 255, 255, 255, 255, 255, 255, 255]).skip(),
            None
        );
        assert_eq!(
            Reader::new(&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]).skip(),
            None
        );
        // Of indefinite length.
        assert_eq!(Reader::new(&[0x9f, 0xff]).skip(), None);
    }
}
