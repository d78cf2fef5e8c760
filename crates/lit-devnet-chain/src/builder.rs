use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, Keccak256, U256};
use lit_types::Clock;
use revm::state::AccountInfo;
use time::OffsetDateTime;

use crate::{
    Chain, RestoreError,
    evm::{self, ChainDb},
    state::{Settings, State},
};

/// The chain id of Chronicle Yellowstone, the chain of the Datil networks.
pub const CHRONICLE_YELLOWSTONE: u64 = 175_188;

/// An account in the genesis block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenesisAccount {
    /// Its balance, in wei.
    pub balance: U256,
    /// Its next nonce.
    pub nonce: u64,
    /// Its runtime code; empty for a wallet.
    pub code: Bytes,
    /// Its storage: slot to value.
    pub storage: BTreeMap<U256, U256>,
}

impl GenesisAccount {
    /// A wallet with a balance, in wei.
    #[must_use]
    pub fn funded(balance: U256) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    /// A contract with its runtime code. Its nonce is 1, as for every contract.
    #[must_use]
    pub fn contract(code: Bytes) -> Self {
        Self {
            nonce: 1,
            code,
            ..Self::default()
        }
    }

    /// Sets a storage slot. Default: all slots are 0.
    #[must_use]
    pub fn with_storage(mut self, slot: U256, value: U256) -> Self {
        self.storage.insert(slot, value);
        self
    }
}

/// Configures and builds a [`Chain`].
///
/// ```
/// use alloy_primitives::{Address, U256};
/// use lit_devnet_chain::{Chain, GenesisAccount};
///
/// let rich = Address::repeat_byte(1);
/// let chain = Chain::builder()
///     .with_chain_id(31_337)
///     .with_account(rich, GenesisAccount::funded(U256::from(1_000)))
///     .build();
/// assert_eq!((chain.chain_id(), chain.balance(rich)), (31_337, U256::from(1_000)));
/// ```
#[derive(Debug, Clone)]
#[must_use = "call `build` to get a chain"]
pub struct ChainBuilder {
    accounts: BTreeMap<Address, GenesisAccount>,
    settings: Settings,
}

impl Chain {
    /// Starts to configure a chain.
    pub fn builder() -> ChainBuilder {
        ChainBuilder::default()
    }
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
                clock: Arc::new(SystemClock),
            },
        }
    }
}

impl ChainBuilder {
    /// Sets the chain id (EIP-155). Default: [`CHRONICLE_YELLOWSTONE`].
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.settings.chain_id = chain_id;
        self
    }

    /// Adds an account to the genesis block, replacing an earlier one at the same address. Default: no accounts.
    pub fn with_account(mut self, address: Address, account: GenesisAccount) -> Self {
        self.accounts.insert(address, account);
        self
    }

    /// Sets the gas limit of blocks, which also bounds transactions, calls and estimates. Default: 60 million.
    pub const fn with_gas_limit(mut self, gas: u64) -> Self {
        self.settings.gas_limit = gas;
        self
    }

    /// Sets the base fee of every block, in wei. Default: 1 gwei.
    pub const fn with_base_fee(mut self, wei: u64) -> Self {
        self.settings.base_fee = wei;
        self
    }

    /// Sets the recipient of priority fees. Default: the zero address.
    pub const fn with_coinbase(mut self, coinbase: Address) -> Self {
        self.settings.coinbase = coinbase;
        self
    }

    /// Sets the clock for block times. Default: the system clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Sets whether block hashes leave out the block time. Then they depend only on genesis and transactions. PKP keys are derived
    /// from block hashes, so this makes them the same in every run. Default: false, hashes cover the whole header.
    pub const fn with_timeless_hashes(mut self, timeless: bool) -> Self {
        self.settings.timeless_hashes = timeless;
        self
    }

    /// Builds the chain with its genesis block, number 0.
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
        Chain::of(State::new(self.settings, db, digest))
    }

    /// Restores a chain from all its [changes](Chain::take_changes), oldest first. The settings must be those of the saved chain;
    /// accounts of the builder are ignored.
    ///
    /// ```
    /// use lit_devnet_chain::Chain;
    ///
    /// let chain = Chain::builder().build();
    /// let mut saved = vec![chain.take_changes().expect("the first changes are the whole chain").bytes];
    /// chain.mine();
    /// saved.extend(chain.take_changes().map(|changes| changes.bytes));
    /// let restored = Chain::builder().restore(saved.iter().map(Vec::as_slice))?;
    /// assert_eq!(restored.block_hash(1), chain.block_hash(1));
    /// # Ok::<(), lit_devnet_chain::RestoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`RestoreError`] if the changes are malformed, incomplete or of another chain.
    pub fn restore<'a>(
        self,
        changes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Chain, RestoreError> {
        State::restore(&self.settings, changes).map(Chain::of)
    }
}

/// The clock of the operating system.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A digest of the accounts, used as the state root of the genesis block: the chain has no state trie.
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
