use std::num::NonZeroU8;

/// Why dealing keys or signing with a share failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyShareError {
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
    /// A secret key is zero, or not below the order of its group.
    #[error("invalid secret key: zero, or not below the order of the group")]
    NotASecretKey,
    /// The root keys cancel each other out for this PKP.
    #[error(transparent)]
    Derivation(#[from] lit_session_crypto::HdKeyError),
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
