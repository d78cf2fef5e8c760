//! The genesis state of a Lit network: initialized contracts at the addresses of datil-dev, and funded wallets.
//! `contracts/README.md` lists the steps in order.

use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use lit_contracts::{ContractAddresses, NetworkContext};
use lit_types::{Clock, LitNetwork};
use serde::Deserialize;

use crate::{Chain, ChainBuilder, ChainError, GenesisAccount};

sol! {
    struct Validator {
        uint32 ip;
        uint128 ipv6;
        uint32 port;
        address nodeAddress;
        uint256 reward;
        uint256 senderPubKey;
        uint256 receiverPubKey;
    }

    struct RootKey {
        bytes pubkey;
        uint256 keyType;
    }

    interface ContractResolver {
        function initialize(address admin, uint8 env, bytes32[] types, address[] addresses) external;
    }

    interface LITToken {
        function initialize(address admin, uint256 cap, uint256 supply) external;
    }

    interface StakingBalances {
        function initialize(address admin, address resolver, uint8 env, address[] stakers, uint256 amount) external;
    }

    interface Staking {
        function initialize(address admin, address resolver, uint8 env, uint256 epochNumber, uint256 epochLength, address[] stakers, Validator[] nodes) external;
        function adminNextEpoch() external;
        function adminSetNextValidators(address[] stakers, Validator[] nodes) external;
    }

    interface PubkeyRouter {
        function initialize(address admin, address resolver, uint8 env, address stakingContract, RootKey[] rootKeys) external;
    }

    interface Resolving {
        function initialize(address admin, address resolver, uint8 env) external;
    }

    interface Administered {
        function initialize(address admin) external;
    }
}

/// The address of the first deployment of the helper, which the official client 7.4.0 uses.
const FIRST_PKP_HELPER: Address = address!("0xCa9C62fB4ceA8831eBb6fD9fE747Cc372515CF7f");
const KEY_DERIVER: Address = address!("0x770D7ff478255a398860Fce25D66098AfF57560f");
/// The environment under which the resolver registers addresses.
const ENVIRONMENT: u8 = 0;
/// One token, in wei.
const TOKEN: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// The balance of a funded wallet, in tokens.
const WEALTH: u64 = 1_000_000;

const ECDSA_ROOT_KEY: u64 = 2;
const BLS_ROOT_KEY: u64 = 1;

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
    bls_root_key: Vec<u8>,
    ecdsa_root_keys: Vec<Vec<u8>>,
    epoch_length: Duration,
    funded: Vec<Address>,
    clock: Option<Arc<dyn Clock>>,
}

/// The chain of a Lit network, and its contracts.
#[derive(Debug, Clone)]
pub struct LitChain {
    chain: Chain,
    admin: Address,
    addresses: ContractAddresses,
}

/// A contract that cannot be initialized.
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
            bls_root_key: Vec::new(),
            ecdsa_root_keys: Vec::new(),
            epoch_length: Duration::from_secs(3600),
            funded: Vec::new(),
            clock: None,
        }
    }

    /// Sets the root keys: the BLS key as a compressed point of 48 bytes, and the ECDSA keys, from which PKPs are derived, as points of
    /// 65 bytes. Default: none, PKPs cannot be minted.
    pub fn with_root_keys(mut self, bls: Vec<u8>, ecdsa: Vec<Vec<u8>>) -> Self {
        self.bls_root_key = bls;
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

    /// Sets the clock for block times. Default: the system clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Builds the chain with all contracts.
    ///
    /// # Errors
    /// [`GenesisError`] if a contract refuses its initialization.
    #[allow(clippy::expect_used, reason = "datil-dev has a built-in context")]
    pub fn build(self) -> Result<LitChain, GenesisError> {
        let context =
            NetworkContext::of(LitNetwork::DatilDev).expect("datil-dev has a built-in context");
        let addresses = *context.contracts();
        let mut builder: ChainBuilder = Chain::builder().with_timeless_hashes(true);
        if let Some(clock) = &self.clock {
            builder = builder.with_clock(Arc::clone(clock));
        }
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
        Ok(LitChain {
            chain,
            admin,
            addresses,
        })
    }
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

/// The contract at each address.
fn placements(addresses: &ContractAddresses) -> [(Address, &'static str); 16] {
    macro_rules! artifact {
        ($name:literal) => {
            include_str!(concat!("../contracts/artifacts/", $name, ".json"))
        };
    }
    [
        (addresses.contract_resolver, artifact!("ContractResolver")),
        (addresses.lit_token, artifact!("LITToken")),
        (addresses.staking_balances, artifact!("StakingBalances")),
        (addresses.staking, artifact!("Staking")),
        (addresses.pubkey_router, artifact!("PubkeyRouter")),
        (addresses.pkp_nft, artifact!("PKPNFT")),
        (addresses.pkp_nft_metadata, artifact!("PKPNFTMetadata")),
        (addresses.pkp_permissions, artifact!("PKPPermissions")),
        (FIRST_PKP_HELPER, artifact!("PKPHelper")),
        (addresses.pkp_helper, artifact!("PKPHelper")),
        (addresses.pkp_helper_v2, artifact!("PKPHelperV2")),
        (addresses.rate_limit_nft, artifact!("RateLimitNFT")),
        (addresses.allowlist, artifact!("Allowlist")),
        (addresses.multisender, artifact!("Multisender")),
        (addresses.payment_delegation, artifact!("PaymentDelegation")),
        (KEY_DERIVER, artifact!("KeyDeriver")),
    ]
}

/// The runtime code of a compiled contract.
#[allow(clippy::expect_used, reason = "artifacts are part of this crate")]
fn runtime(artifact: &str) -> Bytes {
    #[derive(Deserialize)]
    struct Artifact {
        runtime: Bytes,
    }
    let artifact: Artifact = serde_json::from_str(artifact).expect("artifacts have runtime code");
    artifact.runtime
}

impl LitGenesis {
    /// The initializing calls, in order.
    fn initializers(&self, addresses: &ContractAddresses) -> Vec<(Address, Bytes)> {
        let (admin, resolver, env) = (self.admin, addresses.contract_resolver, ENVIRONMENT);
        let stakers: Vec<Address> = self.nodes.iter().map(|node| node.staker).collect();
        let validators = self.nodes.iter().map(Validator::from).collect();
        let root_key = |key: &Vec<u8>, kind| RootKey {
            pubkey: key.clone().into(),
            keyType: U256::from(kind),
        };
        let bls_key =
            (!self.bls_root_key.is_empty()).then(|| root_key(&self.bls_root_key, BLS_ROOT_KEY));
        let ecdsa_keys = self.ecdsa_root_keys.iter();
        let root_keys = bls_key
            .into_iter()
            .chain(ecdsa_keys.map(|key| root_key(key, ECDSA_ROOT_KEY)))
            .collect();
        let names = resolver_names(addresses);
        let resolving = || {
            Resolving::initializeCall {
                admin,
                resolver,
                env,
            }
            .abi_encode()
        };
        let administered = || Administered::initializeCall { admin }.abi_encode();
        let calls = [
            (
                resolver,
                ContractResolver::initializeCall {
                    admin,
                    env,
                    types: names
                        .iter()
                        .map(|(name, _)| keccak256(name))
                        .collect::<Vec<B256>>(),
                    addresses: names.iter().map(|(_, address)| *address).collect(),
                }
                .abi_encode(),
            ),
            (
                addresses.lit_token,
                LITToken::initializeCall {
                    admin,
                    cap: TOKEN * U256::from(1_000_000_000),
                    supply: TOKEN * U256::from(WEALTH),
                }
                .abi_encode(),
            ),
            (
                addresses.staking_balances,
                StakingBalances::initializeCall {
                    admin,
                    resolver,
                    env,
                    stakers: stakers.clone(),
                    amount: TOKEN,
                }
                .abi_encode(),
            ),
            (
                addresses.staking,
                Staking::initializeCall {
                    admin,
                    resolver,
                    env,
                    epochNumber: U256::from(1),
                    epochLength: U256::from(self.epoch_length.as_secs()),
                    stakers,
                    nodes: validators,
                }
                .abi_encode(),
            ),
            (
                addresses.pubkey_router,
                PubkeyRouter::initializeCall {
                    admin,
                    resolver,
                    env,
                    stakingContract: addresses.staking,
                    rootKeys: root_keys,
                }
                .abi_encode(),
            ),
            (addresses.pkp_nft, resolving()),
            (addresses.pkp_nft_metadata, resolving()),
            (addresses.pkp_permissions, resolving()),
            (FIRST_PKP_HELPER, resolving()),
            (addresses.pkp_helper, resolving()),
            (addresses.pkp_helper_v2, resolving()),
            (addresses.rate_limit_nft, administered()),
            (addresses.allowlist, administered()),
            (addresses.multisender, administered()),
        ];
        calls
            .into_iter()
            .map(|(address, call)| (address, call.into()))
            .collect()
    }
}

/// The entries of the resolver.
fn resolver_names(addresses: &ContractAddresses) -> [(&'static str, Address); 14] {
    [
        ("STAKING", addresses.staking),
        ("STAKING_BALANCES", addresses.staking_balances),
        ("MULTI_SENDER", addresses.multisender),
        ("LIT_TOKEN", addresses.lit_token),
        ("PUB_KEY_ROUTER", addresses.pubkey_router),
        ("PKP_NFT", addresses.pkp_nft),
        ("RATE_LIMIT_NFT", addresses.rate_limit_nft),
        ("PKP_HELPER", addresses.pkp_helper),
        ("PKP_HELPER_V2", addresses.pkp_helper_v2),
        ("PKP_PERMISSIONS", addresses.pkp_permissions),
        ("PKP_NFT_METADATA", addresses.pkp_nft_metadata),
        ("ALLOWLIST", addresses.allowlist),
        ("HD_KEY_DERIVER", KEY_DERIVER),
        ("PAYMENT_DELEGATION", addresses.payment_delegation),
    ]
}

impl From<&GenesisNode> for Validator {
    fn from(node: &GenesisNode) -> Self {
        Self {
            ip: (*node.socket.ip()).into(),
            ipv6: 0,
            port: node.socket.port().into(),
            nodeAddress: node.wallet,
            reward: U256::ZERO,
            senderPubKey: U256::ZERO,
            receiverPubKey: U256::ZERO,
        }
    }
}
