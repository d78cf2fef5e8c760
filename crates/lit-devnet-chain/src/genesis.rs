//! The genesis state of a Lit network: initialized contracts at the addresses of datil-dev, and funded wallets.
//! `contracts/README.md` lists the steps in order.

mod initialize;
mod restore;

use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use lit_contracts::{ContractAddresses, NetworkContext};
use lit_session_crypto::BlsPublicKey;
use lit_types::{Clock, LitNetwork, PkpPublicKey};

use self::initialize::{Staking, TOKEN, WEALTH, placements, runtime};
use crate::{Chain, ChainBuilder, ChainError, GenesisAccount, RestoreError};

/// The base fee in wei. Chronicle Yellowstone is an Arbitrum Orbit chain; this is the minimum of Arbitrum Nitro,
/// `InitialMinimumBaseFeeWei`, and programs budget for it: 5 million gas cost less than 0.005 ether.
const BASE_FEE: u64 = 100_000_000;

/// A node as the Staking contract announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisNode {
    /// The address and port at which it listens.
    pub socket: SocketAddrV4,
    /// The address of its wallet, which signs claims.
    pub wallet: Address,
    /// The account that stakes for it.
    pub staker: Address,
}

/// What the contracts of a Lit network are initialized with.
///
/// ```
/// use std::time::Duration;
/// use alloy_primitives::Address;
/// use lit_devnet_chain::{GenesisNode, LitGenesis};
///
/// let node = GenesisNode {
///     socket: "127.0.0.1:7470".parse()?,
///     wallet: Address::repeat_byte(1),
///     staker: Address::repeat_byte(2),
/// };
/// let network = LitGenesis::new(vec![node], Address::repeat_byte(3))
///     .with_epoch_length(Duration::from_secs(60))
///     .with_funded([Address::repeat_byte(4)])
///     .build()?;
/// assert_eq!(network.chain().chain_id(), 175_188);
/// network.next_epoch()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "call `build` to get a chain"]
pub struct LitGenesis {
    nodes: Vec<GenesisNode>,
    admin: Address,
    bls_root_key: Option<BlsPublicKey>,
    ecdsa_root_keys: Vec<PkpPublicKey>,
    epoch_length: Duration,
    funded: Vec<Address>,
    balances: Vec<(Address, U256)>,
    clock: Option<Arc<dyn Clock>>,
}

/// The chain of a Lit network, and its contracts.
#[derive(Debug, Clone)]
pub struct LitChain {
    chain: Chain,
    admin: Address,
    addresses: ContractAddresses,
}

/// A contract of a Lit network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LitContract {
    /// Its name, such as `PKPNFT`.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// Its ABI, as JSON.
    pub abi: String,
}

/// Why a genesis failed: a contract refused its initialization.
#[derive(Debug, thiserror::Error)]
#[error("cannot initialize the contract {contract}")]
#[non_exhaustive]
pub struct GenesisError {
    /// Its address.
    pub contract: Address,
    /// The cause.
    pub source: ChainError,
}

impl LitGenesis {
    /// A network of these nodes. `admin` may change the settings of all contracts.
    pub const fn new(nodes: Vec<GenesisNode>, admin: Address) -> Self {
        Self {
            nodes,
            admin,
            bls_root_key: None,
            ecdsa_root_keys: Vec::new(),
            epoch_length: Duration::from_secs(3600),
            funded: Vec::new(),
            balances: Vec::new(),
            clock: None,
        }
    }

    /// Sets the root keys: the BLS key of the network, and the ECDSA keys from which PKPs are derived. Default: none, PKPs cannot be minted.
    pub fn with_root_keys(mut self, bls: BlsPublicKey, ecdsa: Vec<PkpPublicKey>) -> Self {
        self.bls_root_key = Some(bls);
        self.ecdsa_root_keys = ecdsa;
        self
    }

    /// Sets the length of an epoch, in whole seconds. Default: one hour.
    pub const fn with_epoch_length(mut self, length: Duration) -> Self {
        self.epoch_length = length;
        self
    }

    /// Gives each of these accounts a million tokens. May be repeated. Default: only the admin has funds.
    pub fn with_funded(mut self, accounts: impl IntoIterator<Item = Address>) -> Self {
        self.funded.extend(accounts);
        self
    }

    /// Gives an account at least this balance, in wei, also on a [restored](Self::restore) chain. May be repeated.
    pub fn with_balance(mut self, account: Address, balance: U256) -> Self {
        self.balances.push((account, balance));
        self
    }

    /// Sets the clock for block times. Default: the system clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Builds the chain with all contracts.
    ///
    /// # Errors
    /// [`GenesisError`] if a contract refuses its initialization.
    pub fn build(self) -> Result<LitChain, GenesisError> {
        let addresses = addresses();
        let mut builder = self.settings();
        for (address, artifact) in placements(&addresses) {
            builder = builder.with_account(address, GenesisAccount::contract(runtime(artifact)));
        }
        for account in self.funded.iter().chain([&self.admin]) {
            builder =
                builder.with_account(*account, GenesisAccount::funded(TOKEN * U256::from(WEALTH)));
        }
        let (chain, admin) = (builder.build(), self.admin);
        for (contract, call) in self.initializers(&addresses) {
            chain
                .transact_as(admin, Some(contract), U256::ZERO, call)
                .map_err(|source| GenesisError { contract, source })?;
        }
        self.raise_balances(&chain);
        Ok(LitChain {
            chain,
            admin,
            addresses,
        })
    }

    /// Restores the chain of a network from all its [changes](Chain::take_changes), oldest first. If its nodes listen elsewhere now
    /// or its epochs have another length, the chain is told so, in new blocks. Balances stay as they were
    /// saved, except those of [`LitGenesis::with_balance`].
    ///
    /// # Errors
    /// [`RestoreError`] if the changes are malformed, incomplete or not of a network with this admin.
    pub fn restore<'a>(
        self,
        changes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<LitChain, RestoreError> {
        let chain = LitChain {
            chain: self.settings().restore(changes)?,
            admin: self.admin,
            addresses: addresses(),
        };
        for (contract, call) in self.corrections(&chain)? {
            chain
                .chain
                .transact_as(self.admin, Some(contract), U256::ZERO, call)
                .map_err(|source| RestoreError::Network { contract, source })?;
        }
        self.raise_balances(&chain.chain);
        Ok(chain)
    }

    fn raise_balances(&self, chain: &Chain) {
        for (account, balance) in &self.balances {
            if chain.balance(*account) < *balance {
                chain.set_balance(*account, *balance);
            }
        }
    }

    /// A chain that has no accounts yet.
    fn settings(&self) -> ChainBuilder {
        let builder = Chain::builder()
            .with_timeless_hashes(true)
            .with_base_fee(BASE_FEE);
        match &self.clock {
            Some(clock) => builder.with_clock(Arc::clone(clock)),
            None => builder,
        }
    }
}

#[allow(clippy::expect_used, reason = "datil-dev has a built-in context")]
fn addresses() -> ContractAddresses {
    let context =
        NetworkContext::of(LitNetwork::DatilDev).expect("datil-dev has a built-in context");
    *context.contracts()
}

impl LitChain {
    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The addresses of the contracts: those of datil-dev.
    #[must_use]
    pub const fn addresses(&self) -> &ContractAddresses {
        &self.addresses
    }

    /// The contracts that clients use, with their ABIs. Of the two deployments of `PKPHelper` it is the one that the official client
    /// uses.
    #[must_use]
    pub fn contracts(&self) -> Vec<LitContract> {
        let placements = placements(&self.addresses).into_iter();
        let used = placements.filter(|(address, _)| *address != self.addresses.pkp_helper);
        used.map(|it| LitContract::new(it.0, it.1)).collect()
    }

    /// Ends the epoch, regardless of its length, and begins the next with the same nodes.
    ///
    /// # Errors
    /// [`ChainError`] if the Staking contract refuses.
    pub fn next_epoch(&self) -> Result<(), ChainError> {
        let call = Staking::adminNextEpochCall {}.abi_encode();
        let staking = self.addresses.staking;
        self.chain
            .transact_as(self.admin, Some(staking), U256::ZERO, call.into())
            .map(drop)
    }
}
