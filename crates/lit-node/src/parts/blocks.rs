use std::fmt::Debug;

use time::OffsetDateTime;

/// Knows the blocks whose hashes are the nonces of SIWE messages.
///
/// All nodes of a network must agree on the time of a block: the message that they sign together contains it.
pub trait BlockHashes: Debug + Send + Sync + 'static {
    /// The hash of the latest block: `0x` and 64 hex digits.
    fn latest(&self, now: OffsetDateTime) -> String;

    /// The time of the block with this hash.
    ///
    /// # Errors
    /// [`UnknownBlock`] if there is no such block, or it is too old.
    fn time_of(&self, hash: &str, now: OffsetDateTime) -> Result<OffsetDateTime, UnknownBlock>;

    /// Whether the block with this hash is among the latest ten.
    fn is_recent(&self, hash: &str, now: OffsetDateTime) -> bool;
}

/// Why a nonce is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownBlock {
    /// No block has this hash.
    #[error("unknown nonce: not the hash of a block of this network")]
    Unknown,
    /// The block is older than a session may last.
    #[error("stale nonce: the block is older than 30 days")]
    TooOld,
}
