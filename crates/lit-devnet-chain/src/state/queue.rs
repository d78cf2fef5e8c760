use std::collections::BTreeMap;

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Address;

use crate::ChainError;

/// The number of queued transactions, of all senders together.
const MAX_QUEUED: usize = 10_000;
/// The bytes of queued transactions, of all senders together.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Transactions queued behind earlier nonces.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// By sender and nonce.
    waiting: BTreeMap<(Address, u64), Recovered<TxEnvelope>>,
    /// The bytes of all of them.
    bytes: usize,
}

impl Queue {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Recovered<TxEnvelope>> {
        self.waiting.values()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a transaction, if it pays more than one with the same nonce, and there is room.
    pub(super) fn add(&mut self, tx: Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let replaced = self.waiting.get(&key(&tx));
        match replaced {
            Some(waiting) if waiting.tx_hash() == tx.tx_hash() => {
                return Err(ChainError::AlreadyKnown);
            }
            Some(waiting) if waiting.max_fee_per_gas() >= tx.max_fee_per_gas() => {
                return Err(ChainError::Underpriced);
            }
            None if self.waiting.len() >= MAX_QUEUED => {
                return Err(ChainError::QueueFull(MAX_QUEUED));
            }
            _ => {}
        }
        let others = self.bytes - replaced.map_or(0, size);
        if others + size(&tx) > MAX_BYTES {
            return Err(ChainError::QueueTooLarge(MAX_BYTES));
        }
        self.insert(tx);
        Ok(())
    }

    /// Adds a transaction in place of one with the same nonce.
    pub(super) fn insert(&mut self, tx: Recovered<TxEnvelope>) {
        self.bytes += size(&tx);
        if let Some(replaced) = self.waiting.insert(key(&tx), tx) {
            self.bytes -= size(&replaced);
        }
    }

    pub(super) fn remove(&mut self, sender: Address, nonce: u64) -> Option<Recovered<TxEnvelope>> {
        let tx = self.waiting.remove(&(sender, nonce))?;
        self.bytes -= size(&tx);
        Some(tx)
    }
}

fn key(tx: &Recovered<TxEnvelope>) -> (Address, u64) {
    (tx.signer(), tx.nonce())
}

fn size(tx: &Recovered<TxEnvelope>) -> usize {
    tx.encode_2718_len()
}
