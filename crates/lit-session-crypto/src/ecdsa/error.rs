use std::num::NonZeroU8;

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

/// Why dealing keys or signing with a share failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaDealerError {
    /// Invalid threshold or number of shares.
    #[error(
        "cannot share keys {threshold} of {shares}: the threshold is at least 2 and at most the number of shares"
    )]
    Threshold {
        /// The threshold.
        threshold: u8,
        /// The number of shares.
        shares: u8,
    },
    /// Fewer than two root keys. With one, all PKPs would have the same key.
    #[error("too few root keys: {0}, at least 2 are needed")]
    RootKeys(usize),
    /// Invalid secret key.
    #[error("invalid root key {0}: zero, or not below the curve order")]
    NotASecretKey(usize),
    /// The root keys cancel each other out for this PKP.
    #[error(transparent)]
    Derivation(#[from] crate::HdKeyError),
    /// The signing set is empty or has a duplicate holder.
    #[error("invalid signing set: expected at least one holder, each once")]
    SigningSet,
    /// The holder of the key share is not in the signing set.
    #[error("holder {0} is not in the signing set")]
    NotInSet(NonZeroU8),
    /// The presignature share belongs to another holder.
    #[error("presignature share of holder {found} does not match key share of holder {holder}")]
    Holder {
        /// The holder of the key share.
        holder: NonZeroU8,
        /// The holder of the presignature share.
        found: NonZeroU8,
    },
    /// The presignature belongs to another PKP.
    #[error("the presignature is for another public key")]
    OtherKey,
}
