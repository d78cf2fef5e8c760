use std::{collections::VecDeque, sync::Arc};

use super::{queue::Queue, time::Time};
use crate::evm::ChainDb;

/// The number of snapshots kept; the oldest is evicted.
const MAX_SNAPSHOTS: usize = 1_000;
/// The memory of snapshots kept, in bytes; the oldest are evicted, but never the latest.
const MAX_BYTES: usize = 1024 * 1024 * 1024;
/// The memory of an account or a storage slot, in bytes.
const ENTRY_BYTES: usize = 200;

/// What a snapshot restores.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) db: Arc<ChainDb>,
    pub(super) number: u64,
    pub(super) queued: Queue,
    pub(super) time: Time,
}

impl Snapshot {
    /// The memory that it keeps from being freed once the chain goes on.
    fn bytes(&self) -> usize {
        let accounts = self.db.cache.accounts.values();
        let entries: usize = accounts.map(|account| 1 + account.storage.len()).sum();
        entries * ENTRY_BYTES + self.queued.bytes()
    }
}

/// The snapshots taken so far, oldest first, each with its id.
#[derive(Debug)]
pub(super) struct Snapshots {
    max_bytes: usize,
    taken: VecDeque<Taken>,
    /// The memory of all of them, in bytes.
    bytes: usize,
    last_id: u64,
}

#[derive(Debug)]
struct Taken {
    id: u64,
    bytes: usize,
    snapshot: Snapshot,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self {
            max_bytes: MAX_BYTES,
            taken: VecDeque::new(),
            bytes: 0,
            last_id: 0,
        }
    }
}

impl Snapshots {
    pub(super) fn add(&mut self, snapshot: Snapshot) -> u64 {
        self.last_id += 1;
        let bytes = snapshot.bytes();
        self.bytes += bytes;
        while (self.taken.len() >= MAX_SNAPSHOTS || self.bytes > self.max_bytes)
            && let Some(oldest) = self.taken.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
        self.taken.push_back(Taken {
            id: self.last_id,
            bytes,
            snapshot,
        });
        self.last_id
    }

    /// Removes a snapshot and all later ones.
    pub(super) fn take(&mut self, id: u64) -> Option<Snapshot> {
        let index = self.taken.iter().position(|taken| taken.id == id)?;
        let mut removed = self.taken.split_off(index);
        self.bytes -= removed.iter().map(|taken| taken.bytes).sum::<usize>();
        Some(removed.pop_front()?.snapshot)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let mut db = ChainDb::default();
        db.insert_account_info(Address::ZERO, Default::default());
        let snapshot = || Snapshot {
            db: Arc::new(db.clone()),
            number: 0,
            queued: Queue::default(),
            time: Time::default(),
        };
        let each = snapshot().bytes();
        let mut snapshots = Snapshots {
            max_bytes: 2 * each,
            ..Snapshots::default()
        };
        let ids = [(); 3].map(|()| snapshots.add(snapshot()));
        assert!(snapshots.take(ids[0]).is_none());
        assert!(snapshots.take(ids[1]).is_some());
        assert!(
            snapshots.take(ids[2]).is_none(),
            "reverted with the one before"
        );
        assert_eq!(snapshots.bytes, 0);
        snapshots.max_bytes = 0;
        let latest = snapshots.add(snapshot());
        assert!(snapshots.take(latest).is_some());
    }
}
