use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use lit_node::{BlockHashes, UnknownBlock};
use lit_types::constants::MAX_SESSION_LIFETIME;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// Seconds between blocks, as on Ethereum's main net.
pub(crate) const SECONDS_PER_BLOCK: i64 = 12;
/// The number of latest blocks that a WebAuthn challenge may name.
const RECENT_BLOCKS: i64 = 10;
/// The number of foreign hashes remembered: more than main net makes in 30 days, the time each is kept. When the table is full, new
/// hashes are unknown. Old hashes are never evicted early: a forgotten hash would count as new when it is seen again.
const MAX_FOREIGN: usize = 250_000;

/// Stand-ins for the blocks of Ethereum's main net. Their hashes are the nonces of SIWE messages.
///
/// Hash and time of a block are computed from the seed and the block number. All nodes share one value, because the message they
/// sign together contains the time of a block.
#[derive(Debug)]
pub(crate) struct Blocks {
    seed: [u8; 32],
    foreign: Option<Mutex<Foreign>>,
}

/// A made-up block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) number: i64,
    /// `0x` and 64 hex digits.
    pub(crate) hash: String,
    /// The block time, in whole seconds.
    pub(crate) time: OffsetDateTime,
}

/// Hashes of blocks of other chains, each with the time it was first seen.
#[derive(Debug, Default)]
struct Foreign {
    times: HashMap<[u8; 32], OffsetDateTime>,
    /// Oldest first.
    order: VecDeque<[u8; 32]>,
    /// The hashes first seen since the changes were taken; `None` before that.
    changed: Option<Vec<[u8; 32]>>,
}

impl Foreign {
    /// The time a hash was first seen: now for a new hash, `None` when the table is full.
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
        self.insert(hash, now);
        Some(now)
    }

    fn insert(&mut self, hash: [u8; 32], seen: OffsetDateTime) {
        self.times.insert(hash, seen);
        self.order.push_back(hash);
        if let Some(changed) = &mut self.changed {
            changed.push(hash);
        }
    }
}

impl Blocks {
    /// With `accept_foreign`, block hashes of other chains are accepted too. Such a block counts as made when its hash is first seen.
    pub(crate) fn new(seed: [u8; 32], accept_foreign: bool) -> Self {
        Self {
            seed,
            foreign: accept_foreign.then(Mutex::default),
        }
    }

    /// The latest block at `now`.
    pub(crate) fn latest(&self, now: OffsetDateTime) -> Block {
        self.block(now.unix_timestamp().div_euclid(SECONDS_PER_BLOCK))
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

    /// Finds a block by its hash, whose last 8 bytes are the masked block number.
    fn find(&self, hash: &str, now: OffsetDateTime) -> Option<Block> {
        let bytes = hash_bytes(hash)?;
        let masked = i64::from_be_bytes(bytes[24..].try_into().ok()?);
        let number = masked ^ self.mask(&bytes[..24]);
        // Other numbers are not blocks, and their time may be out of range.
        (0..=self.latest(now).number)
            .contains(&number)
            .then(|| self.block(number))
            .filter(|block| block.hash == hash)
    }

    fn foreign_time(&self, hash: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let hash = hash_bytes(hash)?;
        self.foreign()?.time_of(hash, self.latest(now).time)
    }

    fn foreign(&self) -> Option<MutexGuard<'_, Foreign>> {
        let foreign = self.foreign.as_ref()?.lock();
        Some(foreign.unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds foreign hashes that were saved earlier, oldest first, if they are accepted.
    pub(crate) fn restore(&self, saved: impl IntoIterator<Item = ([u8; 32], OffsetDateTime)>) {
        let Some(mut foreign) = self.foreign() else {
            return;
        };
        for (hash, seen) in saved {
            if foreign.order.len() < MAX_FOREIGN && !foreign.times.contains_key(&hash) {
                foreign.insert(hash, seen);
            }
        }
    }

    /// The foreign hashes first seen since the last call, oldest first. The first call returns all.
    pub(crate) fn take_changes(&self) -> Vec<([u8; 32], OffsetDateTime)> {
        let Some(mut foreign) = self.foreign() else {
            return Vec::new();
        };
        let changed = foreign.changed.replace(Vec::new());
        let changed = changed.unwrap_or_else(|| foreign.order.iter().copied().collect());
        let seen = |hash: [u8; 32]| Some((hash, *foreign.times.get(&hash)?));
        changed.into_iter().filter_map(seen).collect()
    }

    /// Makes the next changes all foreign hashes.
    pub(crate) fn forget_changes(&self) {
        if let Some(mut foreign) = self.foreign() {
            foreign.changed = None;
        }
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

impl BlockHashes for Blocks {
    fn latest(&self, now: OffsetDateTime) -> String {
        self.latest(now).hash
    }

    fn time_of(&self, hash: &str, now: OffsetDateTime) -> Result<OffsetDateTime, UnknownBlock> {
        let Some(block) = self.find(hash, now) else {
            return self.foreign_time(hash, now).ok_or(UnknownBlock::Unknown);
        };
        if now - block.time > MAX_SESSION_LIFETIME {
            return Err(UnknownBlock::TooOld);
        }
        Ok(block.time)
    }

    fn is_recent(&self, hash: &str, now: OffsetDateTime) -> bool {
        let latest = self.latest(now);
        match self.find(hash, now) {
            Some(block) => latest.number - block.number < RECENT_BLOCKS,
            None => self.foreign_time(hash, now).is_some_and(|time| {
                now - time <= time::Duration::seconds(RECENT_BLOCKS * SECONDS_PER_BLOCK)
            }),
        }
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
    fn saved_foreign_hashes_keep_their_times() {
        let blocks = Blocks::new([7; 32], true);
        let now = at(1_763_620_007);
        let hash = |byte: &str| format!("0x{}", byte.repeat(32));
        let first = blocks.time_of(&hash("1f"), now).unwrap();
        let mut saved = blocks.take_changes();
        let later = now + Duration::days(2);
        blocks.time_of(&hash("2f"), later).unwrap();
        saved.extend(blocks.take_changes());
        assert_eq!(blocks.take_changes(), []);
        let restored = Blocks::new([7; 32], true);
        restored.restore(saved.iter().copied());
        assert_eq!(restored.time_of(&hash("1f"), later), Ok(first));
        assert_eq!(restored.take_changes(), saved);
        let strict = Blocks::new([7; 32], false);
        strict.restore(saved);
        let unknown = strict.time_of(&hash("1f"), later);
        assert_eq!(unknown, Err(UnknownBlock::Unknown));
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
