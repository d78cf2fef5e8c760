//! The first state of the chain: contracts at the addresses of datil-dev, each initialised once, and funded wallets. What
//! is done, and in which order, is said in `contracts/README.md`.

use std::{net::Ipv4Addr, sync::Arc};

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

/// Where the helper was before it was deployed again, and where the official client 7.4.0 looks for it.
const FIRST_PKP_HELPER: Address = address!("0xCa9C62fB4ceA8831eBb6fD9fE747Cc372515CF7f");
const KEY_DERIVER: Address = address!("0x770D7ff478255a398860Fce25D66098AfF57560f");
/// The environment of the resolver.
const ENVIRONMENT: u8 = 0;
/// One token, in wei.
const TOKEN: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// The label of the relayer's wallet.
pub(crate) const RELAYER: &str = "relayer";
/// How many tokens a wallet of the dev network has.
const WEALTH: u64 = 1_000_000;
/// How many wallets have it.
const FUNDED_WALLETS: usize = 10;

const ECDSA_ROOT_KEY: u64 = 2;
const BLS_ROOT_KEY: u64 = 1;

/// The chain of a network, and who may do what on it.
#[derive(Debug)]
pub(crate) struct DevChain {
    pub(crate) chain: Chain,
    admin: Address,
    pub(crate) addresses: ContractAddresses,
    /// Private keys of wallets with money: 64 hex digits with `0x`.
    pub(crate) funded_keys: Vec<String>,
}

impl DevChain {
    /// A chain with all contracts, for these nodes.
    pub(crate) fn new(
        keys: &NetworkKeys,
        clock: Arc<DevnetClock>,
        nodes: &[NodeUrl],
        epoch_length: u64,
    ) -> Result<Self, DevnetError> {
        let context = NetworkContext::of(LitNetwork::DatilDev).map_err(DevnetError::genesis)?;
        let addresses = *context.contracts();
        let admin = keys.address("admin");
        let wallets: Vec<_> = (0..FUNDED_WALLETS)
            .map(|i| keys.wallet(&format!("wallet {i}")))
            .collect();

        let mut builder = Chain::builder()
            .with_clock(clock)
            .with_timeless_hashes(true);
        for (address, artifact) in placements(&addresses) {
            builder = builder.with_account(address, GenesisAccount::contract(runtime(artifact)?));
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
        for (address, call) in initializers(&addresses, admin, keys, nodes, epoch_length)? {
            chain
                .transact_as(admin, Some(address), U256::ZERO, call)
                .map_err(|error| DevnetError::genesis(format!("contract {address}: {error}")))?;
        }
        let funded_keys = wallets.into_iter().map(|(_, key)| key).collect();
        Ok(Self {
            chain,
            admin,
            addresses,
            funded_keys,
        })
    }

    /// Ends the epoch, whatever the time.
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
        done.map(drop).map_err(DevnetError::genesis)
    }
}

/// Which code is where.
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

fn runtime(artifact: &str) -> Result<Bytes, DevnetError> {
    #[derive(Deserialize)]
    struct Artifact {
        runtime: Bytes,
    }
    serde_json::from_str(artifact)
        .map(|Artifact { runtime }| runtime)
        .map_err(DevnetError::genesis)
}

/// One call for each contract, in order.
fn initializers(
    addresses: &ContractAddresses,
    admin: Address,
    keys: &NetworkKeys,
    nodes: &[NodeUrl],
    epoch_length: u64,
) -> Result<Vec<(Address, Bytes)>, DevnetError> {
    let (resolver, env) = (addresses.contract_resolver, ENVIRONMENT);
    let stakers: Vec<Address> = (0..nodes.len())
        .map(|i| keys.address(&format!("staker {i}")))
        .collect();
    let validators: Vec<Validator> = nodes
        .iter()
        .enumerate()
        .map(|(i, node)| validator(node, keys.node_address(i)))
        .collect::<Result<_, _>>()?;
    let root_key = |hex: &String, kind| {
        let pubkey = hex::decode(hex).map_err(DevnetError::genesis)?;
        Ok(RootKey {
            pubkey: pubkey.into(),
            keyType: U256::from(kind),
        })
    };
    let mut root_keys = vec![root_key(
        &keys.network_public_key.to_string(),
        BLS_ROOT_KEY,
    )?];
    for key in &keys.hd_root_pubkeys {
        root_keys.push(root_key(key, ECDSA_ROOT_KEY)?);
    }
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
    Ok(calls
        .into_iter()
        .map(|(address, call)| (address, call.into()))
        .collect())
}

/// What the resolver knows, by name.
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

/// A node as the chain announces it: by IPv4 address and port.
fn validator(node: &NodeUrl, address: Address) -> Result<Validator, DevnetError> {
    let ip: Ipv4Addr = node.host().parse().map_err(DevnetError::genesis)?;
    let port = node.authority().rsplit(':').next().unwrap_or_default();
    Ok(Validator {
        ip: ip.into(),
        ipv6: 0,
        port: port.parse().map_err(DevnetError::genesis)?,
        nodeAddress: address,
        reward: U256::ZERO,
        senderPubKey: U256::ZERO,
        receiverPubKey: U256::ZERO,
    })
}
