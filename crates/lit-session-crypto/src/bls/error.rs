use std::num::NonZeroU8;

/// Why something is no BLS key or signature, or shares cannot be dealt or combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlsError {
    /// Not hex, or of another length.
    #[error("expected {bytes} bytes of hex without 0x")]
    Encoding {
        /// How many bytes there should be.
        bytes: usize,
    },
    /// Not `{"ProofOfPossession":"…"}`.
    #[error("the JSON of a signature has one member, ProofOfPossession")]
    Json,
    /// The bytes are no point of the group: not on the curve, outside the subgroup, or not compressed.
    #[error("the bytes are no compressed point of the group")]
    NotAPoint,
    /// The identity, which is neither key nor signature of anybody.
    #[error("the identity point is neither a key nor a signature")]
    Identity,
    /// The secret key is zero, or not below the order of the group.
    #[error("the bytes are no secret key: zero, or not below the order of the group")]
    NotASecretKey,
    /// The identifier of a share is zero, where the secret itself would be.
    #[error("the identifier of a share is a number from 1 to 255")]
    ZeroIdentifier,
    /// A key cannot be shared in this way.
    #[error(
        "cannot share a key {threshold} of {shares}: the threshold is at least 2 and at most the number of shares"
    )]
    Threshold {
        /// How many shares are to be needed.
        threshold: u8,
        /// How many there are to be.
        shares: u8,
    },
    /// Fewer than two shares make no signature.
    #[error("{0} shares cannot be combined; at least 2 are needed")]
    TooFewShares(usize),
    /// Two shares have the same identifier.
    #[error("two shares have the identifier {0}")]
    DuplicateIdentifier(NonZeroU8),
}
