use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{TxEnvelope, transaction::Recovered};
use alloy_primitives::Address;

use super::time::Time;
use crate::evm::ChainDb;

/// The number of snapshots kept; the oldest is evicted.
const MAX_SNAPSHOTS: usize = 1_000;

/// What a snapshot restores.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) db: Arc<ChainDb>,
    pub(super) number: u64,
    pub(super) queued: BTreeMap<(Address, u64), Recovered<TxEnvelope>>,
    pub(super) time: Time,
}

/// The snapshots taken so far, oldest first, each with its id.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    taken: Vec<(u64, Snapshot)>,
    last_id: u64,
}

impl Snapshots {
    pub(super) fn add(&mut self, snapshot: Snapshot) -> u64 {
        self.last_id += 1;
        if self.taken.len() == MAX_SNAPSHOTS {
            self.taken.remove(0);
        }
        self.taken.push((self.last_id, snapshot));
        self.last_id
    }

    /// Removes a snapshot and all later ones.
    pub(super) fn take(&mut self, id: u64) -> Option<Snapshot> {
        let index = self.taken.iter().position(|(taken, _)| *taken == id)?;
        let (_, snapshot) = self.taken.drain(index..).next()?;
        Some(snapshot)
    }
}
