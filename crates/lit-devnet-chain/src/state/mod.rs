//! The chain's state behind the lock: accounts, blocks, queued transactions, time.

mod block;
mod calls;
mod dump;
mod filters;
mod impersonated;
mod logs;
mod mining;
mod queue;
mod record;
mod revert;
mod save;
mod snapshots;
mod time;
mod unsaved;
mod view;

use std::{collections::HashMap, sync::Arc};

use alloy_consensus::{Header, TxEnvelope, transaction::Recovered};
use alloy_primitives::{Address, B256, U256};
use lit_types::Clock;
use revm::{context::BlockEnv, state::AccountInfo};
use tokio::sync::watch;

use self::{
    block::{Block, Mined, Undo, randomness},
    filters::Filters,
    queue::Queue,
    snapshots::Snapshots,
    time::Time,
    unsaved::Unsaved,
    view::account,
};
use crate::{ChainError, evm::ChainDb};

pub(crate) use self::{
    dump::Loaded,
    filters::{Changes, Kind},
    view::{Identity, Moment, View},
};

/// The number of block hashes that contracts see.
const VISIBLE_HASHES: u64 = 256;

/// Settings that do not change while a chain runs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) chain_id: u64,
    pub(crate) gas_limit: u64,
    /// Wei per gas; the same in every block.
    pub(crate) base_fee: u64,
    pub(crate) coinbase: Address,
    pub(crate) timeless_hashes: bool,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The state behind the lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    /// Shared with readers, and copied on write.
    db: Arc<ChainDb>,
    blocks: Vec<Arc<Block>>,
    numbers: HashMap<B256, u64>,
    transactions: HashMap<B256, u64>,
    queued: Queue,
    time: Time,
    snapshots: Snapshots,
    filters: Filters,
    head: watch::Sender<u64>,
    unsaved: Unsaved,
}

/// The block that a query refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// The latest state, at the current time.
    Latest,
    /// The latest state, in the next block.
    Pending,
    /// A block by its number.
    Number(u64),
}

impl State {
    pub(crate) fn new(settings: Settings, db: ChainDb, state_digest: B256) -> Self {
        let header = Header {
            number: 0,
            timestamp: clock_seconds(&*settings.clock),
            gas_limit: settings.gas_limit,
            base_fee_per_gas: Some(settings.base_fee),
            beneficiary: settings.coinbase,
            state_root: state_digest,
            ..Header::default()
        };
        let genesis = Block::seal(header, None, Undo::default(), settings.timeless_hashes);
        let mut state = Self::empty(settings);
        state.db = Arc::new(db);
        state.index(genesis);
        state
    }

    /// A chain that still lacks its genesis block.
    fn empty(settings: Settings) -> Self {
        Self {
            settings,
            db: Arc::default(),
            blocks: Vec::new(),
            numbers: HashMap::new(),
            transactions: HashMap::new(),
            queued: Queue::default(),
            time: Time::default(),
            snapshots: Snapshots::default(),
            filters: Filters::default(),
            head: watch::Sender::new(0),
            unsaved: Unsaved::default(),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    // Blocks.

    #[allow(
        clippy::indexing_slicing,
        reason = "the genesis block is never removed"
    )]
    pub(crate) fn latest(&self) -> &Arc<Block> {
        &self.blocks[self.blocks.len() - 1]
    }

    pub(crate) fn number(&self) -> u64 {
        self.latest().header.number
    }

    pub(crate) fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn number_of(&self, hash: &B256) -> Option<u64> {
        self.numbers.get(hash).copied()
    }

    pub(crate) fn block_of_transaction(&self, hash: &B256) -> Option<&Arc<Block>> {
        self.block(*self.transactions.get(hash)?)
    }

    pub(crate) fn queued(&self, hash: &B256) -> Option<&Recovered<TxEnvelope>> {
        self.queued.iter().find(|tx| tx.tx_hash() == hash)
    }

    /// The block that would be mined now if it were empty.
    pub(crate) fn pending(&self) -> Block {
        let timeless = self.settings.timeless_hashes;
        Block::seal(self.next_header(), None, Undo::default(), timeless)
    }

    fn next_header(&self) -> Header {
        let parent = self.latest();
        let number = parent.header.number + 1;
        Header {
            parent_hash: parent.hash,
            number,
            timestamp: self.time.next.unwrap_or_else(|| self.now()),
            mix_hash: randomness(parent.hash, number),
            gas_limit: self.settings.gas_limit,
            base_fee_per_gas: Some(self.settings.base_fee),
            beneficiary: self.settings.coinbase,
            ..Header::default()
        }
    }

    /// Adds a block. The changes of its transaction are already applied.
    fn push(&mut self, header: Header, mined: Option<Mined>, undo: Undo) {
        if let Some(next) = self.time.next.take() {
            let clock = clock_seconds(&*self.settings.clock);
            self.time.ahead =
                i64::try_from(i128::from(next) - i128::from(clock)).unwrap_or(i64::MAX);
        }
        let block = Block::seal(header, mined, undo, self.settings.timeless_hashes);
        self.unsaved.note();
        self.index(block);
    }

    /// Adds a complete block.
    fn index(&mut self, block: Block) {
        let number = block.header.number;
        let hashes = &mut Arc::make_mut(&mut self.db).cache.block_hashes;
        hashes.insert(U256::from(number), block.hash);
        if let Some(old) = number.checked_sub(VISIBLE_HASHES) {
            hashes.remove(&U256::from(old));
        }
        self.numbers.insert(block.hash, number);
        if let Some(hash) = block.transaction_hash() {
            self.transactions.insert(hash, number);
        }
        self.blocks.push(Arc::new(block));
        self.head.send_replace(number);
    }

    // Time.

    /// The current Unix time; never before the latest block.
    fn now(&self) -> u64 {
        clock_seconds(&*self.settings.clock)
            .saturating_add_signed(self.time.ahead)
            .max(self.latest().header.timestamp)
    }

    /// Moves the chain's time ahead of its clock, and returns the total offset.
    pub(crate) fn increase_time(&mut self, seconds: u64) -> i64 {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.time.ahead = self.time.ahead.saturating_add(seconds);
        self.unsaved.note();
        self.time.ahead
    }

    pub(crate) fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        let latest = self.latest().header.timestamp;
        if timestamp < latest {
            return Err(ChainError::TimeInThePast {
                asked: timestamp,
                latest,
            });
        }
        self.time.next = Some(timestamp);
        self.unsaved.note();
        Ok(())
    }

    // Accounts.

    /// What a view needs of the state after a block.
    pub(crate) fn moment(&self, at: At) -> Result<Moment, ChainError> {
        let number = match at {
            At::Latest => return Ok(self.latest_view().into()),
            At::Pending => {
                let block = Block::environment(&self.next_header());
                return Ok(self.view_of(block).into());
            }
            At::Number(number) if number == self.number() => return Ok(self.latest_view().into()),
            At::Number(number) => number,
        };
        let block = self
            .block(number)
            .ok_or_else(|| ChainError::NoSuchBlock(number.to_string()))?;
        Ok(Moment {
            view: self.view_of(Block::environment(&block.header)),
            later: self
                .blocks
                .iter()
                .skip(number as usize + 1)
                .cloned()
                .collect(),
        })
    }

    /// The state after the latest block. Blocks are only mined for transactions, but calls see the current time.
    pub(crate) fn latest_view(&self) -> View {
        let mut block = Block::environment(&self.latest().header);
        block.timestamp = U256::from(self.now());
        self.view_of(block)
    }

    fn view_of(&self, block: BlockEnv) -> View {
        View {
            db: Arc::clone(&self.db),
            block,
            chain_id: self.settings.chain_id,
            gas_limit: self.settings.gas_limit,
        }
    }

    pub(crate) fn latest_account(&self, address: Address) -> AccountInfo {
        account(&self.db, address)
    }

    /// Changes an account without a transaction.
    pub(crate) fn change_account(
        &mut self,
        address: Address,
        change: impl FnOnce(&mut AccountInfo),
    ) {
        let mut info = account(&self.db, address);
        change(&mut info);
        Arc::make_mut(&mut self.db).insert_account_info(address, info);
        self.unsaved.touch(address);
    }

    /// Changes a storage slot without a transaction.
    pub(crate) fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let db = Arc::make_mut(&mut self.db);
        let Ok(()) = db.insert_account_storage(address, slot, value);
        if let Some(touched) = self.unsaved.touch(address) {
            touched.slots.insert(slot);
        }
    }
}

fn clock_seconds(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.now().unix_timestamp()).unwrap_or_default()
}
