// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @notice Names under which contracts are registered at the resolver.
library ContractTypes {
    bytes32 internal constant STAKING = keccak256("STAKING");
    bytes32 internal constant STAKING_BALANCES = keccak256("STAKING_BALANCES");
    bytes32 internal constant MULTI_SENDER = keccak256("MULTI_SENDER");
    bytes32 internal constant LIT_TOKEN = keccak256("LIT_TOKEN");
    bytes32 internal constant PUB_KEY_ROUTER = keccak256("PUB_KEY_ROUTER");
    bytes32 internal constant PKP_NFT = keccak256("PKP_NFT");
    bytes32 internal constant RATE_LIMIT_NFT = keccak256("RATE_LIMIT_NFT");
    bytes32 internal constant PKP_HELPER = keccak256("PKP_HELPER");
    bytes32 internal constant PKP_HELPER_V2 = keccak256("PKP_HELPER_V2");
    bytes32 internal constant PKP_PERMISSIONS = keccak256("PKP_PERMISSIONS");
    bytes32 internal constant PKP_NFT_METADATA = keccak256("PKP_NFT_METADATA");
    bytes32 internal constant ALLOWLIST = keccak256("ALLOWLIST");
    bytes32 internal constant DOMAIN_WALLET_REGISTRY = keccak256("DOMAIN_WALLET_REGISTRY");
    bytes32 internal constant HD_KEY_DERIVER = keccak256("HD_KEY_DERIVER");
    bytes32 internal constant BACKUP_RECOVERY = keccak256("BACKUP_RECOVERY");
    bytes32 internal constant PAYMENT_DELEGATION = keccak256("PAYMENT_DELEGATION");
    bytes32 internal constant HOST_COMMANDS = keccak256("HOST_COMMANDS");
    bytes32 internal constant RELEASE_REGISTER = keccak256("RELEASE_REGISTER");
    bytes32 internal constant CLONE_NET = keccak256("CLONE_NET");
}
