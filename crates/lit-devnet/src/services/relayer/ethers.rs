//! JSON values in the form of ethers v5, which the official clients use.

use alloy_primitives::{U256, hex};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

/// A number: a JSON number, a text in decimal or hex with `0x`, or a BigNumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Number(pub(super) U256);

impl Number {
    /// `{"type":"BigNumber","hex":"0x…"}` with whole bytes.
    pub(super) fn to_big_number(self) -> Value {
        let bytes = self.0.to_be_bytes_trimmed_vec();
        let digits = if bytes.is_empty() {
            "00".to_owned()
        } else {
            hex::encode(bytes)
        };
        json!({ "type": "BigNumber", "hex": format!("0x{digits}") })
    }
}

const PROBLEM: &str = "expected a number or a BigNumber";

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
            BigNumber {
                #[serde(alias = "_hex")]
                hex: String,
            },
        }
        let form = Form::deserialize(deserializer).map_err(|_| D::Error::custom(PROBLEM))?;
        let number = match form {
            Form::Number(number) => Some(U256::from(number)),
            Form::Text(text) | Form::BigNumber { hex: text } => {
                let (digits, radix) = match text.strip_prefix("0x") {
                    Some(digits) => (digits, 16),
                    None => (&text[..], 10),
                };
                // `U256` would also parse underscores and the empty text.
                let is_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                is_digits
                    .then(|| U256::from_str_radix(digits, radix).ok())
                    .flatten()
            }
        };
        number.map(Self).ok_or_else(|| D::Error::custom(PROBLEM))
    }
}

pub(super) fn numbers(list: &[Number]) -> Vec<U256> {
    list.iter().map(|number| number.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_all_their_forms() {
        for form in [
            "256",
            r#""256""#,
            r#""0x100""#,
            r#"{"type":"BigNumber","hex":"0x0100"}"#,
            r#"{"_hex":"0x0100","_isBigNumber":true}"#,
        ] {
            let number: Number = serde_json::from_str(form).unwrap();
            assert_eq!(number.0, U256::from(256), "{form}");
            assert_eq!(number.to_big_number()["hex"], "0x0100");
        }
        assert_eq!(Number::default().to_big_number()["hex"], "0x00");
        let refused = |json: &str| {
            let error = serde_json::from_str::<Number>(json).unwrap_err();
            let text = error.to_string();
            text.split(" at line").next().unwrap().to_owned()
        };
        for bad in [
            "-1", "1.5", "null", "[]", "{}", r#""""#, r#""0x""#, r#""ff""#, r#""1_0""#, "true",
        ] {
            assert_eq!(refused(bad), PROBLEM, "{bad}");
        }
        let too_large = format!(r#""0x1{}""#, "0".repeat(64));
        assert_eq!(refused(&too_large), PROBLEM);
    }
}
