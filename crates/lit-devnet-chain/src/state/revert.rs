//! Snapshots, and reverting to them.

use std::sync::Arc;

use super::{State, snapshots::Snapshot, unsaved::Unsaved};

impl State {
    pub(crate) fn snapshot(&mut self) -> u64 {
        let snapshot = Snapshot {
            db: Arc::clone(&self.db),
            number: self.number(),
            queued: self.queued.clone(),
            time: self.time,
        };
        self.snapshots.add(snapshot)
    }

    /// Reverts to a snapshot, which removes it and all later ones. Returns false if the snapshot is unknown.
    pub(crate) fn revert(&mut self, id: u64) -> bool {
        let Some(snapshot) = self.snapshots.take(id) else {
            return false;
        };
        for block in self.blocks.drain(snapshot.number as usize + 1..) {
            self.numbers.remove(&block.hash);
            if let Some(hash) = block.transaction_hash() {
                self.transactions.remove(&hash);
            }
        }
        self.db = snapshot.db;
        self.queued = snapshot.queued;
        self.time = snapshot.time;
        self.filters.rewind(snapshot.number);
        self.unsaved = Unsaved::All;
        self.head.send_replace(snapshot.number);
        true
    }
}
