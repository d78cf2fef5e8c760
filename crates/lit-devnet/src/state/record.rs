//! What a state file contains, as RLP.

use alloy_primitives::{B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use lit_node::DelegationUse;
use time::OffsetDateTime;

use super::{Identity, at};
use crate::clock;

#[derive(Debug, RlpEncodable, RlpDecodable)]
pub(super) struct IdentityRecord {
    pub(super) seed_hash: B256,
    pub(super) nodes: u64,
}

impl From<Identity> for IdentityRecord {
    fn from(identity: Identity) -> Self {
        Self {
            seed_hash: identity.seed_hash.into(),
            nodes: identity.nodes as u64,
        }
    }
}

/// What changed, or everything.
#[derive(Debug, Clone, RlpEncodable, RlpDecodable)]
pub(super) struct Frame {
    /// The changes of the chain; empty if there were none.
    pub(super) chain: Bytes,
    pub(super) clock: ClockRecord,
    /// New code on IPFS.
    pub(super) code: Vec<Bytes>,
    /// The size of all uploads.
    pub(super) uploaded: u64,
    pub(super) uses: Vec<UseRecord>,
    /// New block hashes of other chains, oldest first.
    pub(super) foreign: Vec<ForeignRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct ClockRecord {
    stopped: bool,
    /// The time of a stopped clock, otherwise how much it is ahead of the system; in two's complement.
    seconds: u64,
    nanoseconds: u32,
}

impl From<clock::State> for ClockRecord {
    fn from(state: clock::State) -> Self {
        match state {
            clock::State::Running { ahead } => Self {
                stopped: false,
                seconds: ahead.whole_seconds().cast_unsigned(),
                nanoseconds: ahead.subsec_nanoseconds().unsigned_abs(),
            },
            clock::State::Stopped { at } => Self {
                stopped: true,
                seconds: at.unix_timestamp().cast_unsigned(),
                nanoseconds: at.nanosecond(),
            },
        }
    }
}

impl ClockRecord {
    pub(super) fn state(self) -> clock::State {
        let seconds = self.seconds.cast_signed();
        let nanoseconds = time::Duration::nanoseconds(self.nanoseconds.into());
        if self.stopped {
            let at = at(seconds).saturating_add(nanoseconds);
            clock::State::Stopped { at }
        } else {
            let ahead = time::Duration::seconds(seconds).saturating_add(nanoseconds);
            clock::State::Running { ahead }
        }
    }
}

#[derive(Debug, Clone, RlpEncodable, RlpDecodable)]
pub(super) struct UseRecord {
    /// The index of the node that counted.
    pub(super) node: u64,
    delegation: B256,
    times: u64,
    /// The expiration in Unix seconds, if there is one.
    until: Vec<u64>,
}

impl UseRecord {
    pub(super) fn new(node: usize, used: &DelegationUse) -> Self {
        // Rounded up: a delegation is not forgotten while it is valid.
        let until = used
            .until
            .map(|until| until.unix_timestamp().saturating_add(1));
        Self {
            node: node as u64,
            delegation: used.delegation.into(),
            times: used.times,
            until: until.map(i64::cast_unsigned).into_iter().collect(),
        }
    }
}

impl From<UseRecord> for DelegationUse {
    fn from(record: UseRecord) -> Self {
        let until = record.until.first();
        Self {
            delegation: record.delegation.0,
            times: record.times,
            until: until.map(|until| at(until.cast_signed())),
        }
    }
}

#[derive(Debug, Clone, RlpEncodable, RlpDecodable)]
pub(super) struct ForeignRecord {
    pub(super) hash: B256,
    seconds: u64,
}

impl ForeignRecord {
    pub(super) fn new(hash: [u8; 32], time: OffsetDateTime) -> Self {
        Self {
            hash: hash.into(),
            seconds: time.unix_timestamp().cast_unsigned(),
        }
    }

    /// When the hash was first seen.
    pub(super) fn time(&self) -> OffsetDateTime {
        at(self.seconds.cast_signed())
    }
}
