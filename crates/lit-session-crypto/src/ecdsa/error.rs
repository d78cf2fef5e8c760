use std::num::NonZeroU8;

/// Why signature shares are malformed or do not combine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaError {
    /// A share is of a type that this library does not combine.
    #[error("unsupported signature type {0:?}: expected K256 or ECDSA_CAIT_SITH")]
    SigType(String),
    /// A member of a share is not hex of the right length in quotes, no number below the order of the curve, or no point.
    #[error("malformed signature share: {member} is not {expected}")]
    Member {
        /// The member by its camel case name.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// No group of matching shares reaches the threshold.
    #[error(
        "of {given} signature shares at most {largest} belong to one signature, and {needed} are needed; shares of different \
         signing sets cannot be combined"
    )]
    TooFewShares {
        /// All shares that were given.
        given: usize,
        /// Shares of the largest group.
        largest: usize,
        /// The threshold.
        needed: usize,
    },
    /// Shares that belong together by what they say do not add up to a signature: one of them is wrong, or one is missing.
    #[error(
        "{shares} signature shares of one signing set do not add up to a signature of {public_key}; one of them is wrong, or \
         one is missing. Sign again"
    )]
    NotASignature {
        /// Shares of the group.
        shares: usize,
        /// The key they claim to be of, in hex.
        public_key: String,
    },
    /// The shares are of a signature by another key, or of other data, than was asked for.
    #[error("none of the {given} signature shares match the requested {what}")]
    Foreign {
        /// All shares that were given.
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
    /// The keys cancel each other out for this PKP.
    #[error("key derivation failed: {0}")]
    Derivation(#[from] crate::HdKeyError),
    /// A holder is twice in a signing set, or the set is empty.
    #[error("invalid signing set: expected at least one holder, each once")]
    SigningSet,
    /// The holder of the key share is not in the signing set.
    #[error("holder {0} is not in the signing set")]
    NotInSet(NonZeroU8),
    /// The presignature share was dealt to another holder.
    #[error(
        "the presignature share is that of holder {found}, the key share that of holder {holder}"
    )]
    Holder {
        /// Whose key share it is.
        holder: NonZeroU8,
        /// Whose presignature share it is.
        found: NonZeroU8,
    },
    /// The presignature was dealt for another PKP.
    #[error("the presignature is for another public key")]
    OtherKey,
}
