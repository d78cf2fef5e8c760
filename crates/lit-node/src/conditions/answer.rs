use std::cmp::Ordering;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, I256, U256};
use lit_types::access_control::Comparator;

use super::ConditionError;

/// A value under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A single value; numbers are in decimal.
    One(String),
    Many(Vec<Answer>),
    /// Alternatives: the test passes if one of them passes.
    Any(Vec<Answer>),
}

impl Answer {
    /// # Errors
    /// [`ConditionError::Test`] for meaningless comparisons, such as a text with `>`.
    pub(super) fn passes(
        &self,
        comparator: Comparator,
        value: &str,
    ) -> Result<bool, ConditionError> {
        let impossible = |what: &str| {
            ConditionError::Test(format!(
                "{what} cannot be compared by {comparator} with {value:?}"
            ))
        };
        match (self, comparator) {
            (Self::Any(answers), _) => answers.iter().try_fold(false, |any, answer| {
                Ok(answer.passes(comparator, value)? || any)
            }),
            (Self::Many(answers), Comparator::Contains) => Ok(answers
                .iter()
                .any(|answer| matches!(answer, Self::One(text) if are_equal(text, value)))),
            (Self::Many(_), _) => Err(impossible("a list")),
            (Self::One(text), Comparator::Contains) => Ok(text.contains(value)),
            (Self::One(text), Comparator::Equal) => Ok(are_equal(text, value)),
            (Self::One(text), _) => {
                let (Some(left), Some(right)) = (number(text), number(value)) else {
                    return Err(impossible("a text"));
                };
                let order = compare(left, right);
                Ok(match comparator {
                    Comparator::Greater => order.is_gt(),
                    Comparator::GreaterOrEqual => order.is_ge(),
                    Comparator::Less => order.is_lt(),
                    _ => order.is_le(),
                })
            }
        }
    }
}

/// Compares addresses regardless of case, numbers regardless of form, and texts exactly.
fn are_equal(text: &str, value: &str) -> bool {
    if text == value {
        return true;
    }
    match (address(text), address(value)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => match (number(text), number(value)) {
            (Some(left), Some(right)) => compare(left, right).is_eq(),
            _ => false,
        },
        _ => false,
    }
}

/// 20 bytes of hex with `0x` are an address, not a number.
fn address(text: &str) -> Option<Address> {
    text.strip_prefix("0x")?.parse().ok()
}

/// A number as sign and magnitude, from decimal, or hex with `0x`.
fn number(text: &str) -> Option<(bool, U256)> {
    if address(text).is_some() {
        return None;
    }
    let digits = text.strip_prefix('-');
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let magnitude: U256 = digits
        .or(Some(text))
        .filter(|digits| is_number(digits))?
        .parse()
        .ok()?;
    Some((digits.is_some() && !magnitude.is_zero(), magnitude))
}

fn compare(left: (bool, U256), right: (bool, U256)) -> Ordering {
    match (left, right) {
        ((false, left), (false, right)) => left.cmp(&right),
        ((true, left), (true, right)) => right.cmp(&left),
        ((true, _), (false, _)) => Ordering::Less,
        ((false, _), (true, _)) => Ordering::Greater,
    }
}

impl From<U256> for Answer {
    fn from(number: U256) -> Self {
        Self::One(number.to_string())
    }
}

impl From<I256> for Answer {
    fn from(number: I256) -> Self {
        Self::One(number.to_string())
    }
}

impl From<DynSolValue> for Answer {
    fn from(value: DynSolValue) -> Self {
        match value {
            DynSolValue::Bool(flag) => Self::One(flag.to_string()),
            DynSolValue::Uint(number, _) => number.into(),
            DynSolValue::Int(number, _) => number.into(),
            DynSolValue::Address(address) => Self::One(address.to_string()),
            DynSolValue::String(text) => Self::One(text),
            DynSolValue::FixedBytes(word, size) => {
                Self::One(format!("0x{}", hex::encode(&word[..size])))
            }
            DynSolValue::Bytes(bytes) => Self::One(format!("0x{}", hex::encode(bytes))),
            DynSolValue::Function(function) => {
                Self::One(format!("0x{}", hex::encode(function.as_slice())))
            }
            // Arrays and tuples, and structs if another crate enables alloy's feature `eip712`.
            several => {
                let values = several.as_array().or_else(|| several.as_fixed_seq());
                let values = values.unwrap_or_default().iter().cloned();
                Self::Many(values.map(Self::from).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use proptest::prelude::*;

    use super::*;

    fn passes(answer: &str, comparator: &str, value: &str) -> Option<bool> {
        let comparator = comparator.parse().unwrap();
        Answer::One(answer.to_owned())
            .passes(comparator, value)
            .ok()
    }

    #[test]
    fn forms_of_values() {
        let address = "0x5ff8dcd750422e5e6bee5d32752e178f725b0cbd";
        assert_eq!(passes("255", "=", "0xff"), Some(true));
        assert_eq!(passes("true", "=", "true"), Some(true));
        assert_eq!(passes("1", "=", "true"), Some(false));
        assert_eq!(
            passes(address, "=", &address.to_uppercase().replace('X', "x")),
            Some(true)
        );
        assert_eq!(passes(address, "=", &address[2..]), Some(false));
        assert_eq!(passes("a text", "contains", "tex"), Some(true));
        assert_eq!(passes("a text", ">", "1"), None);
        assert_eq!(passes("-", "<", "1"), None);
        assert_eq!(passes(address, ">", "1"), None);
    }

    #[test]
    fn lists() {
        let many = Answer::Many(vec![
            Answer::One("7".to_owned()),
            Answer::One("8".to_owned()),
        ]);
        assert!(many.passes(Comparator::Contains, "8").unwrap());
        assert!(!many.passes(Comparator::Contains, "78").unwrap());
        assert!(matches!(
            many.passes(Comparator::Equal, "7"),
            Err(ConditionError::Test(_))
        ));
        let Answer::Many(balances) = many else {
            unreachable!()
        };
        let any = Answer::Any(balances);
        assert!(any.passes(Comparator::Greater, "7").unwrap());
        assert!(!any.passes(Comparator::Greater, "8").unwrap());
    }

    proptest! {
        #[test]
        fn numbers_compare_as_numbers(left in any::<i128>(), right in any::<i128>()) {
            let (one, other) = (left.to_string(), right.to_string());
            prop_assert_eq!(passes(&one, ">", &other), Some(left > right));
            prop_assert_eq!(passes(&one, ">=", &other), Some(left >= right));
            prop_assert_eq!(passes(&one, "<", &other), Some(left < right));
            prop_assert_eq!(passes(&one, "<=", &other), Some(left <= right));
            prop_assert_eq!(passes(&one, "=", &other), Some(left == right));
        }
    }
}
