use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use alloy_primitives::{Address, B256, Bytes, Keccak256, U256};
use lit_types::Clock;
use revm::state::AccountInfo;

use crate::DevnetClock;

use super::{
    Chain,
    evm::{self, ChainDb},
    state::{Settings, State},
};

/// The chain of the Datil networks, Chronicle Yellowstone.
pub const CHRONICLE_YELLOWSTONE: u64 = 175_188;

/// An account as it stands in the first block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenesisAccount {
    /// What it has, in wei.
    pub balance: U256,
    /// Its next nonce.
    pub nonce: u64,
    /// The code that runs when it is called; empty for a wallet.
    pub code: Bytes,
    /// Its storage: slot to value.
    pub storage: BTreeMap<U256, U256>,
}

impl GenesisAccount {
    /// A wallet with a balance in wei.
    #[must_use]
    pub fn funded(balance: U256) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    /// A contract with its runtime code. Its nonce is 1, as that of every contract.
    #[must_use]
    pub fn contract(code: Bytes) -> Self {
        Self {
            nonce: 1,
            code,
            ..Self::default()
        }
    }

    /// Sets a storage slot. Default: 0 in all of them.
    #[must_use]
    pub fn with_storage(mut self, slot: U256, value: U256) -> Self {
        self.storage.insert(slot, value);
        self
    }
}

/// Settings of a [`Chain`].
#[derive(Debug, Clone)]
#[must_use = "call build to get a chain"]
pub struct ChainBuilder {
    accounts: BTreeMap<Address, GenesisAccount>,
    settings: Settings,
}

impl Default for ChainBuilder {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            settings: Settings {
                chain_id: CHRONICLE_YELLOWSTONE,
                gas_limit: 60_000_000,
                base_fee: 1_000_000_000,
                coinbase: Address::ZERO,
                timeless_hashes: false,
                clock: Arc::new(DevnetClock::new()),
            },
        }
    }
}

impl ChainBuilder {
    /// The chain id of EIP-155. Default: [`CHRONICLE_YELLOWSTONE`].
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.settings.chain_id = chain_id;
        self
    }

    /// Puts an account into the first block, in place of an earlier one at the same address. Default: none.
    pub fn with_account(mut self, address: Address, account: GenesisAccount) -> Self {
        self.accounts.insert(address, account);
        self
    }

    /// The gas limit of a block, and so of a transaction, a call and an estimate. Default: 60 million.
    pub const fn with_gas_limit(mut self, gas: u64) -> Self {
        self.settings.gas_limit = gas;
        self
    }

    /// What gas costs at least, in wei; the same in every block. Default: 1 gwei.
    pub const fn with_base_fee(mut self, wei: u64) -> Self {
        self.settings.base_fee = wei;
        self
    }

    /// Who gets what a transaction pays above the base fee. Default: the zero address.
    pub const fn with_coinbase(mut self, coinbase: Address) -> Self {
        self.settings.coinbase = coinbase;
        self
    }

    /// What the chain takes the time of its blocks from. Default: the operating system's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Leave the time out of what block hashes are made from, so that they follow from the first block and the
    /// transactions alone: PKP keys are derived from block hashes, and with this they are the same in every run.
    /// Default: off, hashes are those of the whole header.
    pub const fn with_timeless_hashes(mut self, timeless: bool) -> Self {
        self.settings.timeless_hashes = timeless;
        self
    }

    /// A chain with its first block, number 0.
    #[must_use]
    pub fn build(self) -> Chain {
        let digest = digest(&self.accounts);
        let mut db = ChainDb::default();
        for (address, account) in self.accounts {
            let mut info = AccountInfo {
                balance: account.balance,
                nonce: account.nonce,
                ..AccountInfo::default()
            };
            evm::set_code(&mut info, account.code);
            db.insert_account_info(address, info);
            for (slot, value) in account.storage {
                let Ok(()) = db.insert_account_storage(address, slot, value);
            }
        }
        Chain {
            state: Arc::new(Mutex::new(State::new(self.settings, db, digest))),
        }
    }
}

/// Stands in the place of the first block's state root. There is no trie to take a root of.
fn digest(accounts: &BTreeMap<Address, GenesisAccount>) -> B256 {
    let mut hasher = Keccak256::new();
    for (address, account) in accounts {
        hasher.update(address);
        hasher.update(account.balance.to_be_bytes::<32>());
        hasher.update(account.nonce.to_be_bytes());
        hasher.update((account.code.len() as u64).to_be_bytes());
        hasher.update(&account.code);
        hasher.update((account.storage.len() as u64).to_be_bytes());
        for (slot, value) in &account.storage {
            hasher.update(slot.to_be_bytes::<32>());
            hasher.update(value.to_be_bytes::<32>());
        }
    }
    hasher.finalize()
}
