use std::collections::{HashMap, HashSet};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Secrets that must not show anywhere, and a search for them in every form that programs write bytes in.
///
/// It looks for pieces of 16 bytes, so that it also finds a secret that was cut off: raw, in hex of either case, in base64 and
/// base64url at any position of a longer text, and as a list of numbers as JSON and `Debug` write it.
#[derive(Default)]
pub struct Secrets {
    /// The forms by their first bytes.
    forms: HashMap<[u8; START], Vec<Form>>,
    names: HashSet<String>,
}

struct Form {
    name: String,
    form: &'static str,
    bytes: Vec<u8>,
}

const START: usize = 8;
const PIECE: usize = 16;

impl Secrets {
    /// Adds a secret.
    ///
    /// # Panics
    /// For less than 16 bytes, which other texts could contain by chance.
    pub fn add(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        let secret = secret.as_ref();
        assert!(secret.len() >= PIECE, "{name} is too short to search for");
        self.names.insert(name.to_owned());
        let (pieces, rest) = secret.as_chunks::<PIECE>();
        let last = (!rest.is_empty()).then(|| &secret[secret.len() - PIECE..]);
        for piece in pieces.iter().map(<[u8; PIECE]>::as_slice).chain(last) {
            self.add_piece(name, piece);
        }
    }

    /// Adds what a text says in hex, as text and as bytes. Everything else in it may show.
    ///
    /// # Panics
    /// For a text without 16 bytes in hex.
    pub fn add_hex(&mut self, name: &str, text: &str) {
        let runs = text.split(|character: char| !character.is_ascii_hexdigit());
        let mut added = false;
        for run in runs.filter(|run| run.len() >= 2 * PIECE) {
            let digits = run.as_bytes().as_chunks::<2>().0;
            let byte = |digits: &[u8; 2]| {
                let digits = std::str::from_utf8(digits).expect("hex digits are ASCII");
                u8::from_str_radix(digits, 16).expect("only hex digits are left")
            };
            self.add(name, digits.iter().map(byte).collect::<Vec<_>>());
            self.add(name, run);
            added = true;
        }
        assert!(added, "{name} is not in hex");
    }

    /// How many secrets there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The secrets that show in a text, with their forms and what is around them.
    #[must_use]
    pub fn found_in(&self, text: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, start) in text.array_windows::<START>().enumerate() {
            let Some(forms) = self.forms.get(start) else {
                continue;
            };
            for form in forms {
                if text[at..].starts_with(&form.bytes) {
                    let around = &text[at.saturating_sub(200)..(at + 200).min(text.len())];
                    let around = String::from_utf8_lossy(around);
                    found.push(format!("{} in {}: …{around}…", form.name, form.form));
                }
            }
        }
        found
    }

    fn add_piece(&mut self, name: &str, piece: &[u8]) {
        let numbers = |comma: &str| {
            let numbers: Vec<String> = piece.iter().map(u8::to_string).collect();
            numbers.join(comma)
        };
        let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add_form(name, "bytes", piece);
        self.add_form(name, "hex", hex.to_uppercase().as_bytes());
        self.add_form(name, "hex", hex.as_bytes());
        self.add_form(name, "JSON", numbers(",").as_bytes());
        self.add_form(name, "Debug", numbers(", ").as_bytes());
        for before in 0..3 {
            // What is before and after a piece changes the characters that it shares with them.
            let padded = [&vec![0; before], piece].concat();
            let shared = (before * 8).div_ceil(6);
            let whole = padded.len() * 8 / 6;
            for (form, engine) in [("base64", STANDARD_NO_PAD), ("base64url", URL_SAFE_NO_PAD)] {
                let text = engine.encode(&padded);
                self.add_form(name, form, &text.as_bytes()[shared..whole]);
            }
        }
    }

    fn add_form(&mut self, name: &str, form: &'static str, bytes: &[u8]) {
        let start = bytes.first_chunk::<START>().expect("16 bytes make as many");
        self.forms.entry(*start).or_default().push(Form {
            name: name.to_owned(),
            form,
            bytes: bytes.to_vec(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"\x00\xff a secret of thirty-five byt\x7f\x80\x0a";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add("the secret", SECRET);
        secrets
    }

    #[test]
    fn it_is_found_in_every_form() {
        let hex: String = SECRET.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut texts = vec![
            SECRET.to_vec(),
            hex.clone().into_bytes(),
            format!("0x{}", hex.to_uppercase()).into_bytes(),
            serde_json::to_vec(SECRET).unwrap(),
            format!("Key({SECRET:?})").into_bytes(),
        ];
        for before in 0..4 {
            let longer = [&vec![b'x'; before], SECRET, b"after"].concat();
            texts.push(STANDARD_NO_PAD.encode(&longer).into_bytes());
            texts.push(URL_SAFE_NO_PAD.encode(&longer).into_bytes());
        }
        for text in texts {
            let text = [b"before ".as_slice(), &text, b" after"].concat();
            let found = secrets().found_in(&text);
            assert!(!found.is_empty(), "{}", String::from_utf8_lossy(&text));
            assert!(found[0].starts_with("the secret in "), "{}", found[0]);
        }
    }

    #[test]
    fn what_is_in_hex_is_found_as_such_and_as_bytes() {
        let bytes: Vec<u8> = (100..132).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut secrets = Secrets::default();
        secrets.add_hex(
            "signature",
            &format!(r#"{{"ProofOfPossession":"0x{hex}"}}"#),
        );
        for text in [
            hex.clone().into_bytes(),
            bytes,
            STANDARD_NO_PAD.encode(hex).into_bytes(),
        ] {
            assert!(!secrets.found_in(&text).is_empty());
        }
        assert!(
            secrets
                .found_in(br#"{"ProofOfPossession":"0x"}"#)
                .is_empty()
        );
    }

    #[test]
    fn a_part_of_it_is_found() {
        let cut = [b"before", &SECRET[..16], b"..."].concat();
        assert_eq!(secrets().found_in(&cut).len(), 1);
        let end = &SECRET[SECRET.len() - 16..];
        assert_eq!(secrets().found_in(end).len(), 1);
        assert!(secrets().found_in(&SECRET[1..16]).is_empty());
        assert!(secrets().found_in(b"").is_empty());
    }
}
