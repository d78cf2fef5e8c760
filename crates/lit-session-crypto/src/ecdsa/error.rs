use std::num::NonZeroU8;

/// Why shares are no shares, or add up to no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaError {
    /// A share is of a type that this library does not combine.
    #[error("signature type {0:?} is not supported; there are K256 and ECDSA_CAIT_SITH")]
    SigType(String),
    /// A member of a share is not hex of the right length in quotes, no number below the order of the curve, or no point.
    #[error("the member {member} of a signature share is not {expected}")]
    Member {
        /// The member by its camel case name.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// No group of shares that belong together is large enough.
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
    #[error("none of {given} signature shares is for the {what} that was asked for")]
    Foreign {
        /// All shares that were given.
        given: usize,
        /// `public key` or `digest`.
        what: &'static str,
    },
}

/// Why keys cannot be dealt, or a holder of shares cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaDealerError {
    /// A key cannot be shared in this way.
    #[error(
        "cannot share keys {threshold} of {shares}: the threshold is at least 2 and at most the number of shares"
    )]
    Threshold {
        /// How many shares are to be needed.
        threshold: u8,
        /// How many there are to be.
        shares: u8,
    },
    /// Fewer than two root keys. With one, all PKPs would have the same key.
    #[error("{0} root keys; at least 2 are needed")]
    RootKeys(usize),
    /// Bytes that are no secret key.
    #[error("root key {0} is zero, or not below the order of the curve")]
    NotASecretKey(usize),
    /// The keys cancel each other out for this PKP.
    #[error("no key can be derived: {0}")]
    Derivation(#[from] crate::HdKeyError),
    /// A holder is twice in a signing set, or the set is empty.
    #[error("a signing set has at least one holder, and each once")]
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
