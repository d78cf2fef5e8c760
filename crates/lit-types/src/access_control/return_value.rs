use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::AccessControlError;

/// How an answer is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparator {
    /// `contains`
    Contains,
    /// `=`
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `!=`. Nodes know it for most conditions, the official client for none.
    NotEqual,
    /// `!contains`. Nodes know it for texts and lists of basic conditions, the official client for none.
    NotContains,
}

impl Comparator {
    /// All comparators.
    pub const ALL: [Self; 8] = [
        Self::Contains,
        Self::Equal,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::NotEqual,
        Self::NotContains,
    ];

    /// The text in conditions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Equal => "=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::NotEqual => "!=",
            Self::NotContains => "!contains",
        }
    }
}

impl FromStr for Comparator {
    type Err = AccessControlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| AccessControlError::Comparator(text.to_owned()))
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Comparator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The test that a basic condition makes on the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ReturnValueTest {
    /// The comparator.
    pub comparator: Comparator,
    /// The value. Numbers are decimal.
    pub value: String,
}

impl ReturnValueTest {
    /// Creates a test.
    #[must_use]
    pub fn new(comparator: Comparator, value: impl Into<String>) -> Self {
        Self {
            comparator,
            value: value.into(),
        }
    }
}

/// The test that other conditions make on the answer, or on a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct KeyedReturnValueTest {
    /// The part: the name of an output, or a path such as `$.amount`. Empty for the whole answer.
    pub key: String,
    /// The comparator.
    pub comparator: Comparator,
    /// The value. Numbers are decimal.
    pub value: String,
}

impl KeyedReturnValueTest {
    /// Creates a test of the whole answer.
    #[must_use]
    pub fn new(comparator: Comparator, value: impl Into<String>) -> Self {
        Self {
            key: String::new(),
            comparator,
            value: value.into(),
        }
    }

    /// Tests a part. Default: the whole answer.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }
}
