use crate::JsonProblem;

/// What is wrong with access control conditions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessControlError {
    /// No JSON, or a member is of another type than it should be.
    #[error("malformed access control conditions: {0}")]
    Json(JsonProblem),
    /// A list or a group has no condition.
    #[error("empty list or group of access control conditions; give at least one condition")]
    Empty,
    /// Conditions and operators do not alternate, or an operator stands first or last. Two conditions in a row are refused as
    /// well: write the operator between them.
    #[error(
        "conditions and operators do not alternate at item {item} (from 0) of a list or group: it starts and ends with a \
         condition, and has an operator between each two"
    )]
    Structure {
        /// Where, in the innermost list.
        item: usize,
    },
    /// An operator that is none of the two.
    #[error("unknown operator {0:?}: expected \"and\" and \"or\"")]
    Operator(String),
    /// A comparator that is none of the six.
    #[error("unknown comparator {0:?}: expected contains, =, >, >=, < or <=")]
    Comparator(String),
    /// Neither an operator nor something with a `returnValueTest`.
    #[error("malformed access control condition: missing returnValueTest")]
    NotACondition,
    /// A condition of a unified list does not say of which type it is, or names an unknown one.
    #[error(
        "the conditionType of a unified condition is {}; there are evmBasic, evmContract, solRpc and cosmos",
        found.as_ref().map_or("missing".to_owned(), |found| format!("{found:?}"))
    )]
    ConditionType {
        /// What it says.
        found: Option<String>,
    },
    /// A condition lacks a member without which nodes do not read it.
    #[error("malformed {condition} condition: missing {member}, which nodes need")]
    Missing {
        /// Its type.
        condition: &'static str,
        /// The member.
        member: &'static str,
    },
    /// More conditions than nodes accept.
    #[error("too many access control conditions: {0}, nodes accept at most {max}", max = super::MAX_CONDITIONS)]
    TooMany(usize),
    /// Nodes hash it differently from clients, so that what is encrypted under it stays encrypted.
    #[error("nodes hash this condition differently from clients: {0}")]
    HashedDifferently(&'static str),
}
