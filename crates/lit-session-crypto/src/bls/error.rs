use std::num::NonZeroU8;

/// Why a BLS value is invalid, or shares cannot be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlsError {
    /// Not hex, or of another length.
    #[error("malformed hex: expected {bytes} bytes without 0x")]
    Encoding {
        /// The expected number of bytes.
        bytes: usize,
    },
    /// Not `{"ProofOfPossession":"…"}`.
    #[error("malformed signature JSON: expected one member, ProofOfPossession")]
    Json,
    /// Not a point of the group: not on the curve, outside the subgroup, or not compressed.
    #[error("invalid point: not a compressed point of the group")]
    NotAPoint,
    /// The identity point, which is neither a key nor a signature.
    #[error("invalid point: the identity is neither a key nor a signature")]
    Identity,
    /// The identifier of a share is zero, where the secret itself would be.
    #[error("invalid share identifier: expected a number from 1 to 255")]
    ZeroIdentifier,
    /// Fewer than two shares.
    #[error("too few shares: {0}, at least 2 are needed")]
    TooFewShares(usize),
    /// Two shares have the same identifier.
    #[error("duplicate share identifier {0}")]
    DuplicateIdentifier(NonZeroU8),
}
