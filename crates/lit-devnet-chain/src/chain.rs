use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{Filter, Log, TransactionReceipt, TransactionRequest};
use tokio::sync::watch;

use crate::{ChainError, ChainView, evm, state::State};

/// An EVM chain in this process. Clones share it.
#[derive(Debug, Clone)]
pub struct Chain {
    state: Arc<Mutex<State>>,
    /// Held while a dump is loaded.
    loading: Arc<Mutex<()>>,
}

/// A state of the chain to revert to; see [`Chain::snapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotId(u64);

/// A part of a chain to save; see [`Chain::take_changes`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainChanges {
    /// Whether this is the whole chain, so that nothing saved earlier counts.
    pub whole: bool,
    /// The changes, in a form of this crate.
    pub bytes: Vec<u8>,
}

impl Chain {
    pub(crate) fn of(state: State) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
            loading: Arc::default(),
        }
    }

    /// The chain id (EIP-155).
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.lock().settings.chain_id
    }

    /// The number of the latest block; the genesis block is 0.
    #[must_use]
    pub fn block_number(&self) -> u64 {
        self.lock().number()
    }

    /// The hash of a block.
    #[must_use]
    pub fn block_hash(&self, number: u64) -> Option<B256> {
        self.lock().block(number).map(|block| block.hash)
    }

    /// The time of the latest block, in Unix seconds.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.lock().latest().header.timestamp
    }

    /// A watch on the number of the latest block. If blocks follow quickly, only the last one is reported.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.lock().subscribe()
    }

    /// The balance of an account, in wei.
    #[must_use]
    pub fn balance(&self, address: Address) -> U256 {
        self.lock().latest_account(address).balance
    }

    /// The next nonce of an account.
    #[must_use]
    pub fn nonce(&self, address: Address) -> u64 {
        self.lock().latest_account(address).nonce
    }

    /// Calls a contract without changing state. The sender is the zero address.
    ///
    /// # Errors
    /// [`ChainError::Revert`] with the contract's data, or [`ChainError::Halted`].
    pub fn call(&self, to: Address, data: Bytes) -> Result<Bytes, ChainError> {
        self.call_as_requested(&TransactionRequest::default().to(to).input(data.into()))
    }

    /// Calls a contract as requested, on the latest block (`eth_call`).
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub fn call_as_requested(&self, request: &TransactionRequest) -> Result<Bytes, ChainError> {
        self.view().call(request)
    }

    /// The state after the latest block, at the current time.
    #[must_use]
    pub fn view(&self) -> ChainView {
        ChainView(self.lock().latest_view())
    }

    /// Sends a transaction as any account, without its key and without a fee. If `to` is `None` it creates a contract.
    ///
    /// # Errors
    /// [`ChainError::Revert`], [`ChainError::Halted`] or [`ChainError::InsufficientFunds`]. A transaction that fails is
    /// not mined.
    #[allow(
        clippy::expect_used,
        reason = "the block was mined for the transaction"
    )]
    pub fn transact_as(
        &self,
        from: Address,
        to: Option<Address>,
        value: U256,
        data: Bytes,
    ) -> Result<TransactionReceipt, ChainError> {
        let block = self.lock().transact_as(from, to, value, data)?;
        Ok(block
            .to_rpc_receipt()
            .expect("a block mined for a transaction has its receipt"))
    }

    /// Sends a signed transaction (EIP-2718) and returns its hash. It is mined at once, or after the nonces before it.
    ///
    /// # Errors
    /// Any [`ChainError`] but a revert: a transaction that reverts is mined, and its receipt shows it.
    pub fn send_raw_transaction(&self, raw: &[u8]) -> Result<B256, ChainError> {
        self.lock().submit(raw)
    }

    /// The receipt of a mined transaction.
    #[must_use]
    pub fn receipt(&self, hash: &B256) -> Option<TransactionReceipt> {
        self.lock().block_of_transaction(hash)?.to_rpc_receipt()
    }

    /// The logs that a filter matches, in order.
    ///
    /// # Errors
    /// [`ChainError::NoSuchBlock`] if the filter names an unknown block hash.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        self.lock().logs(filter, usize::MAX)
    }

    /// All logs from a block on, in order.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the filter names no block hash")]
    pub fn logs_since(&self, block: u64) -> Vec<Log> {
        let filter = Filter::new().from_block(block);
        self.logs(&filter)
            .expect("a filter without a block hash names no unknown block")
    }

    /// Sets the balance of an account, in wei. No block is mined, and queries of earlier blocks may see the change.
    pub fn set_balance(&self, address: Address, balance: U256) {
        self.lock()
            .change_account(address, |info| info.balance = balance);
    }

    /// Sets the code of a contract.
    pub fn set_code(&self, address: Address, code: Bytes) {
        self.lock()
            .change_account(address, |info| evm::set_code(info, code));
    }

    /// Sets a storage slot of a contract.
    pub fn set_storage(&self, address: Address, slot: U256, value: U256) {
        self.lock().set_storage(address, slot, value);
    }

    /// Mines an empty block.
    pub fn mine(&self) {
        self.lock().mine_empty();
    }

    /// Moves the chain's time ahead of its clock, by whole seconds. If nodes share the clock, move the clock instead.
    pub fn increase_time(&self, duration: Duration) {
        self.lock().increase_time(duration.as_secs());
    }

    /// Takes a snapshot of the chain.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        SnapshotId(self.lock().snapshot())
    }

    /// Reverts to a snapshot, which removes it and all later ones. Returns false if the snapshot is unknown; the latest 1,000 are
    /// kept.
    pub fn revert(&self, snapshot: SnapshotId) -> bool {
        self.lock().revert(snapshot.0)
    }

    /// What changed since the last call, for [`ChainBuilder::restore`](crate::ChainBuilder::restore); `None` if nothing changed. The
    /// first call returns the whole chain, and so does the first one after [`Chain::revert`].
    ///
    /// Saved are accounts, blocks with their transactions, the state before each block, queued transactions and the chain's time.
    /// Snapshots and installed filters are not.
    #[must_use]
    pub fn take_changes(&self) -> Option<ChainChanges> {
        let changes = self.lock().take_changes()?;
        Some(ChainChanges {
            whole: changes.whole(),
            bytes: changes.encode(),
        })
    }

    /// Makes the next [`Chain::take_changes`] return the whole chain, because earlier changes were lost or are written anew.
    pub fn forget_changes(&self) {
        self.lock().forget_saved();
    }

    /// Waits until no other dump is loaded.
    pub(crate) fn loading(&self) -> MutexGuard<'_, ()> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ignores poisoning: every holder changes the state in its last step or not at all.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
