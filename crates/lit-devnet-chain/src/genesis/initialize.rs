//! The contracts, and what each is initialized with.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use lit_contracts::ContractAddresses;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{GenesisNode, LitContract, LitGenesis};

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

    struct Epoch {
        uint256 epochLength;
        uint256 number;
        uint256 endTime;
        uint256 retries;
        uint256 timeout;
    }

    interface Staking {
        function initialize(address admin, address resolver, uint8 env, uint256 epochNumber, uint256 epochLength, address[] stakers, Validator[] nodes) external;
        function adminNextEpoch() external;
        function adminSetNextValidators(address[] stakers, Validator[] nodes) external;
        function setEpochLength(uint256 newEpochLength) external;
        function epoch() external view returns (Epoch);
        function validators(address staker) external view returns (Validator);
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
pub(super) const TOKEN: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// The balance of a funded wallet, in tokens.
pub(super) const WEALTH: u64 = 1_000_000;

const ECDSA_ROOT_KEY: u64 = 2;
const BLS_ROOT_KEY: u64 = 1;

/// The contract at each address.
pub(super) fn placements(addresses: &ContractAddresses) -> [(Address, &'static str); 16] {
    macro_rules! artifact {
        ($name:literal) => {
            include_str!(concat!("../../contracts/artifacts/", $name, ".json"))
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
pub(super) fn runtime(artifact: &str) -> Bytes {
    #[derive(Deserialize)]
    struct Artifact {
        runtime: Bytes,
    }
    let artifact: Artifact = serde_json::from_str(artifact).expect("artifacts have runtime code");
    artifact.runtime
}

impl LitContract {
    #[allow(clippy::expect_used, reason = "artifacts are part of this crate")]
    pub(super) fn new(address: Address, artifact: &str) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Artifact<'a> {
            contract_name: String,
            #[serde(borrow)]
            abi: &'a RawValue,
        }
        let artifact: Artifact<'_> = serde_json::from_str(artifact).expect("artifacts have an ABI");
        Self {
            name: artifact.contract_name,
            address,
            abi: artifact.abi.get().to_owned(),
        }
    }
}

impl LitGenesis {
    /// The initializing calls, in order.
    pub(super) fn initializers(&self, addresses: &ContractAddresses) -> Vec<(Address, Bytes)> {
        let (admin, resolver, env) = (self.admin, addresses.contract_resolver, ENVIRONMENT);
        let stakers: Vec<Address> = self.nodes.iter().map(|node| node.staker).collect();
        let validators = self.nodes.iter().map(Validator::from).collect();
        let root_key = |key: &[u8], kind| RootKey {
            pubkey: key.to_vec().into(),
            keyType: U256::from(kind),
        };
        let bls_key = self.bls_root_key.iter();
        let ecdsa_keys = self.ecdsa_root_keys.iter();
        let root_keys = bls_key
            .map(|key| root_key(&key.to_bytes(), BLS_ROOT_KEY))
            .chain(ecdsa_keys.map(|key| root_key(key.as_bytes(), ECDSA_ROOT_KEY)))
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
