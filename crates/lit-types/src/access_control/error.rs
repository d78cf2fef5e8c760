use crate::JsonProblem;

/// Why access control conditions are malformed or unsafe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessControlError {
    /// Malformed JSON, or a member of the wrong type.
    #[error("malformed access control conditions: {0}")]
    Json(JsonProblem),
    /// An empty list or group.
    #[error("empty list or group of access control conditions; give at least one condition")]
    Empty,
    /// Conditions and operators do not alternate, or an operator stands first or last.
    ///
    /// Two conditions in a row are refused as well: write the operator between them.
    #[error(
        "malformed list or group at item {item} (from 0): expected conditions with an operator between every two"
    )]
    Structure {
        /// The index in the innermost list.
        item: usize,
    },
    /// An unknown operator.
    #[error("unknown operator {0:?}: expected \"and\" or \"or\"")]
    Operator(String),
    /// An unknown comparator.
    #[error("unknown comparator {0:?}: expected contains, !contains, =, !=, >, >=, < or <=")]
    Comparator(String),
    /// Neither an operator nor an object with a `returnValueTest`.
    #[error("malformed access control condition: missing returnValueTest")]
    NotACondition,
    /// A condition in a unified list has a missing or unknown type.
    #[error(
        "invalid conditionType of a unified condition: {}; expected evmBasic, evmContract, solRpc or cosmos",
        found.as_ref().map_or("missing".to_owned(), |found| format!("{found:?}"))
    )]
    ConditionType {
        /// The type it names.
        found: Option<String>,
    },
    /// A member that nodes need is missing.
    #[error("malformed {condition} condition: missing {member}, which nodes need")]
    Missing {
        /// The type of the condition.
        condition: &'static str,
        /// The missing member.
        member: &'static str,
    },
    /// More conditions than nodes accept.
    #[error("too many access control conditions: {0}, nodes accept at most {max}", max = super::MAX_CONDITIONS)]
    TooMany(usize),
    /// Nodes hash it differently from clients, so data encrypted under it could never be decrypted.
    #[error("nodes hash this condition differently from clients: {0}")]
    HashedDifferently(&'static str),
}
