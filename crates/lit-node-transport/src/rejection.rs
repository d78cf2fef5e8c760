use lit_types::JsonProblem;

use crate::Cause;

/// Why the answer of a node is rejected, although the node answered with a success status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The body is not JSON of the expected form.
    #[error("malformed answer")]
    Malformed(#[source] JsonProblem),
    /// The body is not text in UTF-8.
    #[error("malformed answer: not UTF-8 text")]
    NotText,
    /// A member has a value of the wrong form.
    #[error("malformed {member}: expected {expected}")]
    MalformedMember {
        /// What the member is.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The answer has more parts than an honest one, and parsing each takes time.
    #[error("{given} {parts} in the answer, the limit is {limit}")]
    TooMany {
        /// What they are.
        parts: &'static str,
        /// How many there are.
        given: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// The answer itself says that the node did not do what was asked.
    #[error("the node reports that it did not succeed")]
    Unsuccessful,
    /// The node does not belong to the signing set of this request. Reported as
    /// [`Outcome::NotASigner`](crate::Outcome::NotASigner).
    #[error("the node is not in the signing set")]
    NotASigner,
    /// The node has not generated its keys yet.
    #[error("the node has no keys yet")]
    NoKeys,
    /// The three BLS keys of a handshake differ.
    #[error("the BLS keys of the handshake differ")]
    DifferentKeys,
    /// The answer does not name the key of the network.
    #[error("the network key is missing")]
    MissingNetworkKey,
    /// The share is for a curve that is not supported here.
    #[error("unsupported curve type, expected {expected}")]
    WrongCurve {
        /// The curve that the request asked for.
        expected: &'static str,
    },
    /// The share cannot be parsed.
    #[error("malformed signature share")]
    MalformedShare(#[source] Cause),
    /// The share is for another key than was asked for.
    #[error("the signature share is for another key")]
    WrongKey,
    /// The share is for another digest than was asked for, or than the signed message has.
    #[error("the signature share is for another digest")]
    WrongDigest,
    /// The share has the identifier of another node.
    #[error("the signature share has the identifier of another node")]
    WrongIdentifier,
    /// The share does not verify as part of the combined signature.
    #[error("the signature share is wrong")]
    WrongShare,
    /// The shares of the agreeing nodes do not combine to a signature. It is not known which of them is wrong.
    #[error("the signature shares do not combine")]
    CannotCombine(#[source] Cause),
    /// The message that the node signed cannot be parsed.
    #[error("malformed signed message")]
    MalformedMessage(#[source] Cause),
    /// The node signed another message than was sent.
    #[error("the node signed another message")]
    WrongMessage(#[source] Cause),
    /// The signature does not recover to an address.
    #[error("malformed signature")]
    MalformedSignature,
    /// The signature was made by a wallet that does not belong to a node.
    #[error("the signature is not from the wallet of a node")]
    WrongWallet,
}

impl From<JsonProblem> for Rejection {
    fn from(problem: JsonProblem) -> Self {
        Self::Malformed(problem)
    }
}

/// Keeps the place and the kind of the problem, never the text of the answer.
impl From<serde_json::Error> for Rejection {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.into())
    }
}
