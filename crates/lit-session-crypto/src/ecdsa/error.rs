/// Why signature shares are malformed or do not combine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaError {
    /// A share has an unsupported type.
    #[error("unsupported signature type {0:?}: expected K256 or ECDSA_CAIT_SITH")]
    SigType(String),
    /// A member of a share is not quoted hex of the right length, not below the curve order, or not a point.
    #[error("malformed signature share: {member} is not {expected}")]
    Member {
        /// The member in camel case.
        member: &'static str,
        /// The expected form.
        expected: &'static str,
    },
    /// No group of matching shares reaches the threshold.
    #[error(
        "too few shares of one signature: {largest} of {given}, {needed} needed; shares of different signing sets do not combine"
    )]
    TooFewShares {
        /// The number of given shares.
        given: usize,
        /// The shares of the largest group.
        largest: usize,
        /// The threshold.
        needed: usize,
    },
    /// Matching shares do not add up to a signature: one of them is wrong, or one is missing.
    #[error(
        "{shares} signature shares of one signing set do not add up to a signature of {public_key}: one is wrong or missing; \
         sign again"
    )]
    NotASignature {
        /// The number of shares in the group.
        shares: usize,
        /// The key that they claim, in hex.
        public_key: String,
    },
    /// The shares are for another key or digest than requested.
    #[error("none of the {given} signature shares match the requested {what}")]
    Foreign {
        /// The number of given shares.
        given: usize,
        /// `public key` or `digest`.
        what: &'static str,
    },
}
