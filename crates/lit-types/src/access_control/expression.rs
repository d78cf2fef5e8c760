use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeSeq};

use self::sealed::Sealed;
use super::{
    AccessControlError,
    members::{Form, Item},
};
use crate::CompactJson;

/// Conditions joined by operators. Groups take the place of parentheses.
///
/// Operators have no precedence: nodes evaluate from left to right. Use groups where `and` and `or` meet. An expression has
/// at least one condition and an operator between every two; other lists do not parse.
///
/// ```
/// use lit_types::access_control::{ConditionExpression, EvmBasicCondition};
///
/// let owner = |address: &str| EvmBasicCondition::wallet_is("ethereum", address);
/// let both = ConditionExpression::new(owner("0x01")).and(owner("0x02"));
/// let expression = ConditionExpression::new(both).or(owner("0x03"));
/// assert_eq!(expression.conditions().count(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConditionExpression<C> {
    first: ConditionTerm<C>,
    rest: Vec<(BooleanOperator, ConditionTerm<C>)>,
    /// The operators are not written: nodes read a list of basic conditions without any operator as joined with `and`.
    is_and_implied: bool,
}

impl<C> ConditionExpression<C> {
    /// Starts with one condition or group.
    #[must_use]
    pub fn new(first: impl Into<ConditionTerm<C>>) -> Self {
        Self {
            first: first.into(),
            rest: Vec::new(),
            is_and_implied: false,
        }
    }

    /// Joins another condition or group with `and`.
    #[must_use]
    pub fn and(self, term: impl Into<ConditionTerm<C>>) -> Self {
        self.joined(BooleanOperator::And, term)
    }

    /// Joins another condition or group with `or`.
    #[must_use]
    pub fn or(self, term: impl Into<ConditionTerm<C>>) -> Self {
        self.joined(BooleanOperator::Or, term)
    }

    fn joined(mut self, operator: BooleanOperator, term: impl Into<ConditionTerm<C>>) -> Self {
        self.rest.push((operator, term.into()));
        self
    }

    /// The first condition or group.
    #[must_use]
    pub const fn first(&self) -> &ConditionTerm<C> {
        &self.first
    }

    /// The other terms, each with the operator before it.
    #[must_use]
    pub fn rest(&self) -> &[(BooleanOperator, ConditionTerm<C>)] {
        &self.rest
    }

    /// Iterates over all conditions, including those in groups.
    pub fn conditions(&self) -> impl Iterator<Item = &C> {
        let mut open: Vec<_> = self.terms().collect();
        open.reverse();
        std::iter::from_fn(move || {
            loop {
                match open.pop()?.1 {
                    ConditionTerm::Condition(condition) => return Some(condition),
                    ConditionTerm::Group(group) => {
                        let outside = open.len();
                        open.extend(group.terms());
                        open[outside..].reverse();
                    }
                }
            }
        })
    }

    /// The terms; each but the first has the operator before it.
    fn terms(&self) -> impl Iterator<Item = (Option<BooleanOperator>, &ConditionTerm<C>)> {
        let rest = self
            .rest
            .iter()
            .map(|(operator, term)| (Some(*operator), term));
        std::iter::once((None, &self.first)).chain(rest)
    }
}

impl<C: Condition> ConditionExpression<C> {
    /// The text that is hashed and sent.
    #[allow(
        clippy::expect_used,
        reason = "JSON fails only for map keys that are not strings"
    )]
    pub(super) fn canonical(&self) -> CompactJson {
        let list = List {
            expression: self,
            canonical: true,
        };
        CompactJson::from_compact(
            serde_json::to_string(&list).expect("the keys of conditions are strings"),
        )
    }

    /// As [`Self::from_items`], and reads two or more terms without any operator as joined with `and`.
    pub(super) fn from_items_with_implied_and(
        items: Vec<Item>,
        form: Form,
    ) -> Result<Self, AccessControlError> {
        if items.len() < 2 || items.iter().any(Item::has_operator) {
            return Self::from_items(items, form);
        }
        let mut terms = items.into_iter().map(|item| match item {
            Item::Group(items) => Self::from_items(items, form).map(ConditionTerm::from),
            Item::Object(members) => C::from_members(*members, form).map(ConditionTerm::from),
        });
        let first = terms.next().ok_or(AccessControlError::Empty)??;
        let rest = terms.map(|term| Ok((BooleanOperator::And, term?)));
        Ok(Self {
            first,
            rest: rest.collect::<Result<_, AccessControlError>>()?,
            is_and_implied: true,
        })
    }

    pub(super) fn from_items(items: Vec<Item>, form: Form) -> Result<Self, AccessControlError> {
        let last = items
            .len()
            .checked_sub(1)
            .ok_or(AccessControlError::Empty)?;
        let mut expression: Option<Self> = None;
        let mut operator = None;
        for (at, item) in items.into_iter().enumerate() {
            let is_term = at % 2 == 0;
            let wrong_place = AccessControlError::Structure { item: at };
            let term = match item {
                Item::Group(items) => {
                    ConditionTerm::Group(Box::new(Self::from_items(items, form)?))
                }
                Item::Object(members) => match members.operator.0 {
                    Some(_) if is_term || at == last => return Err(wrong_place),
                    Some(text) => {
                        operator = Some(text.parse::<BooleanOperator>()?);
                        continue;
                    }
                    None => ConditionTerm::Condition(C::from_members(*members, form)?),
                },
            };
            if !is_term {
                return Err(wrong_place);
            }
            expression = Some(match (expression, operator.take()) {
                (Some(expression), Some(operator)) => expression.joined(operator, term),
                _ => Self::new(term),
            });
        }
        expression.ok_or(AccessControlError::Empty)
    }
}

impl<C: Condition> Serialize for ConditionExpression<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let list = List {
            expression: self,
            canonical: false,
        };
        list.serialize(serializer)
    }
}

impl<'de, C: Condition> Deserialize<'de> for ConditionExpression<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Item>::deserialize(deserializer)?;
        Self::from_items(items, Form::Written).map_err(D::Error::custom)
    }
}

/// A term of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConditionTerm<C> {
    /// A condition.
    Condition(C),
    /// A group.
    Group(Box<ConditionExpression<C>>),
}

impl<C> From<C> for ConditionTerm<C> {
    fn from(condition: C) -> Self {
        Self::Condition(condition)
    }
}

impl<C> From<ConditionExpression<C>> for ConditionTerm<C> {
    fn from(group: ConditionExpression<C>) -> Self {
        Self::Group(Box::new(group))
    }
}

/// An operator between two conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BooleanOperator {
    /// Both must hold.
    And,
    /// One must hold.
    Or,
}

impl FromStr for BooleanOperator {
    type Err = AccessControlError;

    /// Accepts lower case only, as nodes do.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "and" => Ok(Self::And),
            "or" => Ok(Self::Or),
            _ => Err(AccessControlError::Operator(text.to_owned())),
        }
    }
}

impl fmt::Display for BooleanOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::And => "and",
            Self::Or => "or",
        })
    }
}

/// A type of condition. Only this module implements it.
pub trait Condition: Sealed {}

pub(super) mod sealed {
    use serde::{Serialize, Serializer};

    use super::super::{
        AccessControlError,
        members::{Form, Members},
    };

    pub trait Sealed: Serialize + Sized {
        fn from_members(members: Members, form: Form) -> Result<Self, AccessControlError>;

        /// Serializes the form that is hashed and sent.
        fn serialize_canonical<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.serialize(serializer)
        }
    }
}

struct List<'a, C> {
    expression: &'a ConditionExpression<C>,
    canonical: bool,
}

impl<C: Condition> Serialize for List<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Operator {
            operator: BooleanOperator,
        }
        struct Canonical<'a, C>(&'a C);
        impl<C: Condition> Serialize for Canonical<'_, C> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize_canonical(serializer)
            }
        }

        let mut list = serializer.serialize_seq(Some(1 + 2 * self.expression.rest.len()))?;
        for (operator, term) in self.expression.terms() {
            if let Some(operator) = operator.filter(|_| !self.expression.is_and_implied) {
                list.serialize_element(&Operator { operator })?;
            }
            match term {
                ConditionTerm::Condition(condition) if self.canonical => {
                    list.serialize_element(&Canonical(condition))?;
                }
                ConditionTerm::Condition(condition) => list.serialize_element(condition)?,
                ConditionTerm::Group(expression) => list.serialize_element(&List {
                    expression,
                    canonical: self.canonical,
                })?,
            }
        }
        list.end()
    }
}
