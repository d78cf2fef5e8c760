//! The genesis state of the chain: initialized contracts at the addresses of datil-dev, and funded wallets.
//! `contracts/README.md` lists the steps in order.

use std::{net::SocketAddrV4, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use lit_contracts::{ContractAddresses, NetworkContext};
use lit_types::{LitNetwork, NodeUrl};
use serde::Deserialize;

use crate::{
    DevnetClock, DevnetError,
    chain::{Chain, GenesisAccount},
    keys::NetworkKeys,
};

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
/// The label from which the relayer's wallet is derived.
pub(crate) const RELAYER: &str = "relayer";
/// The balance of a funded wallet, in tokens.
const WEALTH: u64 = 1_000_000;
/// The number of funded wallets.
const FUNDED_WALLETS: usize = 10;

const ECDSA_ROOT_KEY: u64 = 2;
const BLS_ROOT_KEY: u64 = 1;

/// The chain of a network, its contracts and its funded wallets.
#[derive(Debug)]
pub(crate) struct DevChain {
    pub(crate) chain: Chain,
    admin: Address,
    pub(crate) addresses: ContractAddresses,
    /// Private keys of the funded wallets: `0x` and 64 hex digits.
    pub(crate) funded_keys: Vec<String>,
}

impl DevChain {
    /// Builds a chain with all contracts, for these nodes.
    #[allow(clippy::expect_used, reason = "datil-dev has a built-in context")]
    pub(crate) fn new(
        keys: &NetworkKeys,
        clock: Arc<DevnetClock>,
        nodes: &[NodeUrl],
        epoch_length: u64,
    ) -> Result<Self, DevnetError> {
        let context =
            NetworkContext::of(LitNetwork::DatilDev).expect("datil-dev has a built-in context");
        let addresses = *context.contracts();
        let admin = keys.address("admin");
        let wallets: Vec<_> = (0..FUNDED_WALLETS)
            .map(|i| keys.wallet(&format!("wallet {i}")))
            .collect();

        let mut builder = Chain::builder()
            .with_clock(clock)
            .with_timeless_hashes(true);
        for (address, artifact) in placements(&addresses) {
            builder = builder.with_account(address, GenesisAccount::contract(runtime(artifact)));
        }
        for (address, _) in &wallets {
            builder =
                builder.with_account(*address, GenesisAccount::funded(TOKEN * U256::from(WEALTH)));
        }
        for account in [admin, keys.address(RELAYER)] {
            builder =
                builder.with_account(account, GenesisAccount::funded(TOKEN * U256::from(WEALTH)));
        }
        let chain = builder.build();
        for (contract, call) in initializers(&addresses, admin, keys, nodes, epoch_length) {
            chain
                .transact_as(admin, Some(contract), U256::ZERO, call)
                .map_err(|source| DevnetError::Genesis { contract, source })?;
        }
        let funded_keys = wallets.into_iter().map(|(_, key)| key).collect();
        Ok(Self {
            chain,
            admin,
            addresses,
            funded_keys,
        })
    }

    /// Ends the epoch, regardless of its length.
    pub(crate) fn next_epoch(&self) -> Result<(), DevnetError> {
        self.act(
            self.addresses.staking,
            Staking::adminNextEpochCall {}.abi_encode(),
        )
    }

    fn act(&self, contract: Address, call: Vec<u8>) -> Result<(), DevnetError> {
        let done = self
            .chain
            .transact_as(self.admin, Some(contract), U256::ZERO, call.into());
        done.map(drop).map_err(DevnetError::NextEpoch)
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

/// The initializing calls, in order.
#[allow(clippy::expect_used, reason = "keys of the network are hex")]
fn initializers(
    addresses: &ContractAddresses,
    admin: Address,
    keys: &NetworkKeys,
    nodes: &[NodeUrl],
    epoch_length: u64,
) -> Vec<(Address, Bytes)> {
    let (resolver, env) = (addresses.contract_resolver, ENVIRONMENT);
    let stakers: Vec<Address> = (0..nodes.len())
        .map(|i| keys.address(&format!("staker {i}")))
        .collect();
    let validators: Vec<Validator> = nodes
        .iter()
        .enumerate()
        .map(|(i, node)| validator(node, keys.node_address(i)))
        .collect();
    let root_key = |hex: &str, kind| RootKey {
        pubkey: hex::decode(hex).expect("root keys are hex").into(),
        keyType: U256::from(kind),
    };
    let bls_key = root_key(&keys.network_public_key.to_string(), BLS_ROOT_KEY);
    let ecdsa_keys = keys.hd_root_pubkeys.iter();
    let root_keys = std::iter::once(bls_key)
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
                epochLength: U256::from(epoch_length),
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

/// A node as the Staking contract announces it: IPv4 address and port.
#[allow(clippy::expect_used, reason = "nodes have URLs of this machine")]
fn validator(node: &NodeUrl, address: Address) -> Validator {
    let socket: SocketAddrV4 = node
        .authority()
        .parse()
        .expect("nodes listen on an IPv4 address and a port");
    Validator {
        ip: (*socket.ip()).into(),
        ipv6: 0,
        port: socket.port().into(),
        nodeAddress: address,
        reward: U256::ZERO,
        senderPubKey: U256::ZERO,
        receiverPubKey: U256::ZERO,
    }
}
