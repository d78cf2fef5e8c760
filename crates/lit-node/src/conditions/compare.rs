//! Comparisons of answers with the value of a condition. Each kind of condition knows other comparators for other types; one that
//! is unknown is not met.

use std::cmp::Ordering;

use alloy_primitives::{Address, U256};
use lit_types::access_control::Comparator;

use super::ConditionError;

/// Compares by an order; `None` for a comparator that is about parts.
pub(super) fn ordered(comparator: Comparator, order: Ordering) -> Option<bool> {
    match comparator {
        Comparator::Equal => Some(order.is_eq()),
        Comparator::NotEqual => Some(order.is_ne()),
        Comparator::Greater => Some(order.is_gt()),
        Comparator::GreaterOrEqual => Some(order.is_ge()),
        Comparator::Less => Some(order.is_lt()),
        Comparator::LessOrEqual => Some(order.is_le()),
        Comparator::Contains | Comparator::NotContains => None,
    }
}

/// Compares values of one type. Comparators about parts are not met.
pub(super) fn values<T: Ord>(comparator: Comparator, answer: &T, value: &T) -> bool {
    ordered(comparator, answer.cmp(value)).unwrap_or(false)
}

/// Compares texts: in order of their bytes, or whether the answer contains the value.
pub(super) fn texts(comparator: Comparator, answer: &str, value: &str) -> bool {
    ordered(comparator, answer.cmp(value)).unwrap_or_else(|| {
        let wanted = comparator == Comparator::Contains;
        answer.contains(value) == wanted
    })
}

/// A number in decimal digits. Without any it is 0, as on Lit's nodes.
pub(super) fn number(text: &str) -> Result<U256, ConditionError> {
    let bad = || ConditionError::Test(format!("{text:?} is not a number in decimal"));
    if text.is_empty() {
        return Ok(U256::ZERO);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    U256::from_str_radix(text, 10).map_err(|_| bad())
}

/// An address, with or without `0x`.
pub(super) fn address(text: &str) -> Result<Address, ConditionError> {
    let parsed = text.parse();
    parsed.map_err(|_| ConditionError::Address(text.to_owned()))
}

/// Bytes in hex, with or without `0x`.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_comparator_of_texts() {
        for (comparator, expected) in [
            ("=", [true, false, false]),
            ("!=", [false, true, true]),
            (">", [false, false, true]),
            (">=", [true, false, true]),
            ("<", [false, true, false]),
            ("<=", [true, true, false]),
            ("contains", [true, false, true]),
            ("!contains", [false, true, false]),
        ] {
            let comparator = comparator.parse().unwrap();
            let met = ["b", "a", "cb"].map(|answer| texts(comparator, answer, "b"));
            assert_eq!(met, expected, "{comparator}");
        }
    }

    #[test]
    fn values_have_no_parts() {
        assert!(!values(Comparator::Contains, &true, &true));
        assert!(!values(Comparator::NotContains, &true, &false));
        assert!(values(Comparator::NotEqual, &true, &false));
    }

    #[test]
    fn forms_of_numbers_and_addresses() {
        assert_eq!(number("").unwrap(), U256::ZERO);
        assert_eq!(number("0010").unwrap(), U256::from(10));
        let most = U256::MAX.to_string();
        assert_eq!(number(&most).unwrap(), U256::MAX);
        for bad in ["0xff", "-1", "1e3", "1 ", "+1", &format!("{most}0")] {
            assert!(matches!(number(bad), Err(ConditionError::Test(_))), "{bad}");
        }
        let text = "0x5ff8dcd750422e5e6bee5d32752e178f725b0cbd";
        let both = [text, &text[2..], &text.to_uppercase().replace('X', "x")];
        let both = both.map(|text| address(text).unwrap());
        assert_eq!(both, [both[0]; 3]);
        assert!(matches!(
            address(&text[4..]),
            Err(ConditionError::Address(_))
        ));
    }

    proptest! {
        #[test]
        fn numbers_compare_as_numbers(left in any::<u128>(), right in any::<u128>()) {
            let compared = |comparator: &str| {
                let numbers = [left, right].map(|one| number(&one.to_string()).unwrap());
                values(comparator.parse().unwrap(), &numbers[0], &numbers[1])
            };
            prop_assert_eq!(compared(">"), left > right);
            prop_assert_eq!(compared(">="), left >= right);
            prop_assert_eq!(compared("<"), left < right);
            prop_assert_eq!(compared("<="), left <= right);
            prop_assert_eq!(compared("="), left == right);
            prop_assert_eq!(compared("!="), left != right);
        }
    }
}
