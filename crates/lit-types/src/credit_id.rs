use std::{fmt, str::FromStr};

use alloy_primitives::U256;

/// The id of a capacity credit's NFT: a small number, counted from 1. Its text is decimal.
#[doc(alias("capacityTokenId", "capacityTokenIdStr"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreditId(U256);

impl CreditId {
    /// The number itself.
    #[must_use]
    pub const fn new(id: U256) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn as_u256(self) -> U256 {
        self.0
    }
}

impl From<U256> for CreditId {
    fn from(id: U256) -> Self {
        Self(id)
    }
}

/// Decimal digits.
impl fmt::Display for CreditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for CreditId {
    type Err = CreditIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // 2^256 has 78 digits.
        if text.is_empty() || text.len() > 78 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CreditIdError(()));
        }
        U256::from_str_radix(text, 10)
            .map(Self)
            .map_err(|_| CreditIdError(()))
    }
}

/// The text is not a decimal number of 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed capacity credit id: expected a decimal number of at most 256 bits")]
pub struct CreditIdError(());
