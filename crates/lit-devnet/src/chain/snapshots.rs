//! Snapshots of the chain.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{TxEnvelope, transaction::Recovered};
use alloy_primitives::Address;

use super::{
    evm::ChainDb,
    state::{State, Time},
};

/// The number of snapshots kept; the oldest is evicted.
const MAX_SNAPSHOTS: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Snapshot {
    id: u64,
    db: Arc<ChainDb>,
    number: u64,
    queued: BTreeMap<(Address, u64), Recovered<TxEnvelope>>,
    time: Time,
}

impl State {
    pub(crate) fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        if self.snapshots.len() == MAX_SNAPSHOTS {
            self.snapshots.remove(0);
        }
        self.snapshots.push(Snapshot {
            id,
            db: Arc::clone(&self.db),
            number: self.number(),
            queued: self.queued.clone(),
            time: self.time,
        });
        id
    }

    /// Reverts to a snapshot, which removes it and all later ones. Returns false if the snapshot is unknown.
    pub(crate) fn revert(&mut self, id: u64) -> bool {
        let Some(index) = self.snapshots.iter().position(|taken| taken.id == id) else {
            return false;
        };
        let Some(snapshot) = self.snapshots.drain(index..).next() else {
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
        self.head.send_replace(snapshot.number);
        true
    }
}
