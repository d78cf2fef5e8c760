use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use lit_types::constants::MAX_SESSION_LIFETIME;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// A new block every so many seconds, as on Ethereum's main net.
pub(crate) const SECONDS_PER_BLOCK: i64 = 12;
/// How many blocks back a WebAuthn challenge may be.
const RECENT_BLOCKS: i64 = 10;
/// How many foreign hashes are remembered: more than main net makes in the 30 days for which that is done. While there is no
/// space, new ones are unknown. An old one would be a recent one again if it were forgotten.
const MAX_FOREIGN: usize = 250_000;

/// The blocks that stand for Ethereum's main net, whose hashes are the nonces of SIWE messages.
///
/// There are no such blocks: hash and time follow from the seed and the number. All nodes share one value, because the time
/// of a block is part of what they sign together.
#[derive(Debug)]
pub(crate) struct Blocks {
    seed: [u8; 32],
    foreign: Option<Mutex<Foreign>>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) number: i64,
    /// `0x` and 64 hex digits.
    pub(crate) hash: String,
    /// When it was made, in whole seconds.
    pub(crate) time: OffsetDateTime,
}

/// Why a nonce has no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownBlock {
    #[error("the nonce is not the hash of a block this network knows")]
    Unknown,
    #[error("the nonce is the hash of a block that is older than 30 days")]
    TooOld,
}

/// Hashes of blocks that others made up, each with the time at which it was first seen.
#[derive(Debug, Default)]
struct Foreign {
    times: HashMap<[u8; 32], OffsetDateTime>,
    /// The oldest first.
    order: VecDeque<[u8; 32]>,
}

impl Foreign {
    /// The time of a hash, if it is known or there is space for it.
    fn time_of(&mut self, hash: [u8; 32], now: OffsetDateTime) -> Option<OffsetDateTime> {
        if let Some(time) = self.times.get(&hash) {
            return Some(*time);
        }
        while let Some(oldest) = self.order.front()
            && self
                .times
                .get(oldest)
                .is_none_or(|seen| now - *seen > MAX_SESSION_LIFETIME)
        {
            self.times.remove(oldest);
            self.order.pop_front();
        }
        if self.order.len() == MAX_FOREIGN {
            return None;
        }
        self.times.insert(hash, now);
        self.order.push_back(hash);
        Some(now)
    }
}

impl Blocks {
    /// With `accept_foreign`, hashes of other chains are taken too, as those of blocks that were made shortly before they are
    /// first seen.
    pub(crate) fn new(seed: [u8; 32], accept_foreign: bool) -> Self {
        Self {
            seed,
            foreign: accept_foreign.then(Mutex::default),
        }
    }

    /// The latest block at an instant.
    pub(crate) fn latest(&self, now: OffsetDateTime) -> Block {
        self.block(now.unix_timestamp().div_euclid(SECONDS_PER_BLOCK))
    }

    /// When the block with this hash was made.
    pub(crate) fn time_of(
        &self,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<OffsetDateTime, UnknownBlock> {
        let Some(block) = self.find(hash, now) else {
            return self.foreign_time(hash, now).ok_or(UnknownBlock::Unknown);
        };
        if now - block.time > MAX_SESSION_LIFETIME {
            return Err(UnknownBlock::TooOld);
        }
        Ok(block.time)
    }

    /// Whether the block with this hash is one of the latest ten.
    pub(crate) fn is_recent(&self, hash: &str, now: OffsetDateTime) -> bool {
        let latest = self.latest(now);
        match self.find(hash, now) {
            Some(block) => latest.number - block.number < RECENT_BLOCKS,
            None => self.foreign_time(hash, now).is_some_and(|time| {
                now - time <= time::Duration::seconds(RECENT_BLOCKS * SECONDS_PER_BLOCK)
            }),
        }
    }

    fn block(&self, number: i64) -> Block {
        let head = self.digest(&format!("block {number}"));
        let masked = number ^ self.mask(&head[..24]);
        let hash = hex::encode([&head[..24], &masked.to_be_bytes()].concat());
        let time = OffsetDateTime::from_unix_timestamp(number.saturating_mul(SECONDS_PER_BLOCK));
        Block {
            number,
            hash: format!("0x{hash}"),
            time: time.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// A hash ends with the number of its block under a mask, so it need not be searched for.
    fn find(&self, hash: &str, now: OffsetDateTime) -> Option<Block> {
        let bytes = hash_bytes(hash)?;
        let masked = i64::from_be_bytes(bytes[24..].try_into().ok()?);
        let number = masked ^ self.mask(&bytes[..24]);
        // Others than these are no blocks, and their time may be none either.
        (0..=self.latest(now).number)
            .contains(&number)
            .then(|| self.block(number))
            .filter(|block| block.hash == hash)
    }

    fn foreign_time(&self, hash: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let hash = hash_bytes(hash)?;
        let foreign = self.foreign.as_ref()?;
        let mut foreign = foreign.lock().unwrap_or_else(PoisonError::into_inner);
        foreign.time_of(hash, self.latest(now).time)
    }

    fn mask(&self, head: &[u8]) -> i64 {
        let digest = self.digest(&format!("block number {}", hex::encode(head)));
        digest[..8]
            .iter()
            .fold(0, |mask, byte| mask << 8 | i64::from(*byte))
    }

    fn digest(&self, label: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.seed)
            .chain_update(label)
            .finalize()
            .into()
    }
}

fn hash_bytes(hash: &str) -> Option<[u8; 32]> {
    let digits = hash.strip_prefix("0x").filter(|hex| hex.len() == 64)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn a_hash_leads_back_to_its_block() {
        let blocks = Blocks::new([7; 32], false);
        let now = at(1_763_620_007);
        let latest = blocks.latest(now);
        assert_eq!(latest.time, at(1_763_619_996));
        assert_eq!(blocks.time_of(&latest.hash, now), Ok(latest.time));
        let later = now + Duration::days(30);
        assert_eq!(
            blocks.time_of(&latest.hash, later),
            Err(UnknownBlock::TooOld)
        );
        let earlier = latest.time - Duration::SECOND;
        assert_eq!(
            blocks.time_of(&latest.hash, earlier),
            Err(UnknownBlock::Unknown)
        );
        assert_ne!(latest.hash, Blocks::new([8; 32], false).latest(now).hash);
    }

    #[test]
    fn other_hashes_are_unknown() {
        let blocks = Blocks::new([7; 32], false);
        let now = at(1_763_620_007);
        let hash = blocks.latest(now).hash;
        let other_case = hash.to_uppercase().replace("0X", "0x");
        let changed = format!("{}{}", &hash[..65], if hash.ends_with('0') { 1 } else { 0 });
        for bad in ["", "0x", "0x12", &hash[2..], &changed, &other_case] {
            assert_eq!(
                blocks.time_of(bad, now),
                Err(UnknownBlock::Unknown),
                "{bad}"
            );
        }
    }

    #[test]
    fn foreign_hashes_keep_the_time_they_were_first_seen() {
        let blocks = Blocks::new([7; 32], true);
        let (now, hash) = (at(1_763_620_007), format!("0x{}", "1f".repeat(32)));
        let first = blocks.time_of(&hash, now).unwrap();
        assert!(first <= now);
        let later = now + Duration::days(2);
        assert_eq!(blocks.time_of(&hash, later), Ok(first));
        assert!(blocks.is_recent(&hash, now) && !blocks.is_recent(&hash, later));
        assert_eq!(blocks.time_of("0xabc", now), Err(UnknownBlock::Unknown));
    }

    #[test]
    fn no_foreign_hash_is_forgotten_for_others() {
        let mut foreign = Foreign::default();
        let now = at(1_763_620_008);
        let hash = |n: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&n.to_be_bytes());
            hash
        };
        for n in 0..MAX_FOREIGN {
            assert_eq!(foreign.time_of(hash(n), now), Some(now));
        }
        let later = now + Duration::days(30);
        assert_eq!(foreign.time_of(hash(MAX_FOREIGN), later), None);
        assert_eq!(foreign.time_of(hash(0), later), Some(now));
        let later = later + Duration::SECOND;
        assert_eq!(foreign.time_of(hash(MAX_FOREIGN), later), Some(later));
        assert_eq!((foreign.times.len(), foreign.order.len()), (1, 1));
    }

    #[test]
    fn ten_blocks_are_recent() {
        let blocks = Blocks::new([7; 32], false);
        let now = at(1_763_620_007);
        let back = |n: i64| {
            blocks
                .latest(now - Duration::seconds(n * SECONDS_PER_BLOCK))
                .hash
        };
        assert!(blocks.is_recent(&back(9), now));
        assert!(!blocks.is_recent(&back(10), now));
    }
}
