use alloy_primitives::Address;
use lit_types::{NodeUrl, epoch_number_at};
use time::OffsetDateTime;

/// What a client needs to know about a network, read in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// The epoch on chain. Requests carry [`Epoch::number_at`].
    pub epoch: Epoch,
    /// The threshold: at least 1, at most [`ConnectionInfo::nodes`].
    #[doc(alias = "minNodeCount")]
    pub threshold: usize,
    /// The active nodes without kicked ones, in the order of the chain.
    #[doc(alias = "bootstrapUrls")]
    pub nodes: Vec<Validator>,
    /// Active nodes with an unusable address on chain (IP address or port is missing).
    pub unreachable: Vec<Address>,
}

/// A registered node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validator {
    /// The URL.
    pub url: NodeUrl,
    /// The address of its wallet, which signs key claims.
    pub node_address: Address,
}

/// A period with a fixed set of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Epoch {
    /// The number in every request to a node.
    pub number: u64,
    /// The planned length in seconds.
    pub length: u64,
    /// The planned end, in Unix seconds. The epoch lasts until the nodes advance it.
    pub end_time: u64,
    /// How often the transition to it was retried.
    pub retries: u64,
    /// The seconds after which a stuck transition may be unlocked.
    pub timeout: u64,
}

impl Epoch {
    /// The start, in Unix seconds.
    #[must_use]
    pub const fn start_time(&self) -> u64 {
        self.end_time.saturating_sub(self.length)
    }

    /// The number for requests at a time ([`epoch_number_at`]).
    ///
    /// It is the previous epoch in the first 45 seconds of every epoch from the third.
    #[doc(alias = "currentEpochNumber")]
    #[must_use]
    pub fn number_at(&self, now: OffsetDateTime) -> u64 {
        let start = i128::from(self.start_time()) * 1_000_000_000;
        epoch_number_at(self.number, start, now)
    }
}

/// The state of a network between two epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
#[repr(u8)]
#[non_exhaustive]
pub enum EpochState {
    /// The only state in which a client must act: the nodes may have changed.
    Active = 0,
    NextValidatorSetLocked = 1,
    ReadyForNextEpoch = 2,
    Unlocked = 3,
    Paused = 4,
    Restore = 5,
}

impl EpochState {
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Active,
            1 => Self::NextValidatorSetLocked,
            2 => Self::ReadyForNextEpoch,
            3 => Self::Unlocked,
            4 => Self::Paused,
            5 => Self::Restore,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_previous_number_for_45_seconds() {
        let epoch = Epoch {
            number: 3,
            length: 3600,
            end_time: 1_795_160_504,
            retries: 0,
            timeout: 60,
        };
        let start = OffsetDateTime::from_unix_timestamp(1_795_156_904).unwrap();
        let at = |epoch: Epoch, millis| epoch.number_at(start + Duration::from_millis(millis));
        assert_eq!(at(epoch, 0), 2);
        assert_eq!(at(epoch, 44_999), 2);
        assert_eq!(at(epoch, 45_000), 3);
        let second = Epoch { number: 2, ..epoch };
        assert_eq!(at(second, 0), 2);
        let absurd = Epoch {
            length: u64::MAX,
            number: u64::MAX,
            ..epoch
        };
        assert_eq!(absurd.start_time(), 0);
        assert_eq!(at(absurd, 0), u64::MAX);
        let far = Epoch {
            end_time: u64::MAX,
            ..epoch
        };
        assert_eq!(at(far, 0), 2);
    }
}
