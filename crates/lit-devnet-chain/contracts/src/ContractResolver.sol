// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {ContractTypes} from "./lib/ContractTypes.sol";
import {Initializable} from "./lib/Initializable.sol";

/// @notice The address book of the network: contract by kind and environment.
contract ContractResolver is Initializable {
    /// @notice Role of those who may change the book.
    bytes32 public constant ADMIN_ROLE = keccak256("ADMIN");

    /// @notice Name of the Staking contract.
    bytes32 public constant STAKING_CONTRACT = ContractTypes.STAKING;
    /// @notice Name of the StakingBalances contract.
    bytes32 public constant STAKING_BALANCES_CONTRACT = ContractTypes.STAKING_BALANCES;
    /// @notice Name of the Multisender contract.
    bytes32 public constant MULTI_SENDER_CONTRACT = ContractTypes.MULTI_SENDER;
    /// @notice Name of the LITToken contract.
    bytes32 public constant LIT_TOKEN_CONTRACT = ContractTypes.LIT_TOKEN;
    /// @notice Name of the PubkeyRouter contract.
    bytes32 public constant PUB_KEY_ROUTER_CONTRACT = ContractTypes.PUB_KEY_ROUTER;
    /// @notice Name of the PKPNFT contract.
    bytes32 public constant PKP_NFT_CONTRACT = ContractTypes.PKP_NFT;
    /// @notice Name of the RateLimitNFT contract.
    bytes32 public constant RATE_LIMIT_NFT_CONTRACT = ContractTypes.RATE_LIMIT_NFT;
    /// @notice Name of the PKPHelper contract.
    bytes32 public constant PKP_HELPER_CONTRACT = ContractTypes.PKP_HELPER;
    /// @notice Name of the PKPHelperV2 contract.
    bytes32 public constant PKP_HELPER_V2_CONTRACT = ContractTypes.PKP_HELPER_V2;
    /// @notice Name of the PKPPermissions contract.
    bytes32 public constant PKP_PERMISSIONS_CONTRACT = ContractTypes.PKP_PERMISSIONS;
    /// @notice Name of the PKPNFTMetadata contract.
    bytes32 public constant PKP_NFT_METADATA_CONTRACT = ContractTypes.PKP_NFT_METADATA;
    /// @notice Name of the Allowlist contract.
    bytes32 public constant ALLOWLIST_CONTRACT = ContractTypes.ALLOWLIST;
    /// @notice Name of the domain wallet registry.
    bytes32 public constant DOMAIN_WALLET_REGISTRY = ContractTypes.DOMAIN_WALLET_REGISTRY;
    /// @notice Name of the KeyDeriver contract.
    bytes32 public constant HD_KEY_DERIVER_CONTRACT = ContractTypes.HD_KEY_DERIVER;
    /// @notice Name of the BackupRecovery contract.
    bytes32 public constant BACKUP_RECOVERY_CONTRACT = ContractTypes.BACKUP_RECOVERY;
    /// @notice Name of the PaymentDelegation contract.
    bytes32 public constant PAYMENT_DELEGATION_CONTRACT = ContractTypes.PAYMENT_DELEGATION;
    /// @notice Name of the HostCommands contract.
    bytes32 public constant HOST_COMMANDS_CONTRACT = ContractTypes.HOST_COMMANDS;
    /// @notice Name of the ReleaseRegister contract.
    bytes32 public constant RELEASE_REGISTER_CONTRACT = ContractTypes.RELEASE_REGISTER;
    /// @notice Name of the CloneNet contract.
    bytes32 public constant CLONE_NET_CONTRACT = ContractTypes.CLONE_NET;

    /// @notice The book itself.
    mapping(bytes32 => mapping(uint8 => address)) public typeAddresses;

    mapping(uint8 => bool) private _allowedEnvs;
    mapping(address => bool) private _admins;

    event SetContract(bytes32 typ, uint8 env, address addr);
    event AllowedEnvAdded(uint8 env);
    event AllowedEnvRemoved(uint8 env);

    error AdminRoleRequired();
    error EnvironmentNotAllowed(uint8 env);

    modifier onlyAdmin() {
        if (!_admins[msg.sender]) revert AdminRoleRequired();
        _;
    }

    /// @notice Fills the book for one environment.
    /// @param admin May change the book later.
    /// @param env The environment: 0 dev, 1 staging, 2 production.
    /// @param types Names of contracts.
    /// @param addresses Their addresses, in the same order.
    function initialize(address admin, uint8 env, bytes32[] calldata types, address[] calldata addresses)
        external
        initializer
    {
        _admins[admin] = true;
        _allowedEnvs[env] = true;
        for (uint256 i = 0; i < types.length; i++) {
            _setContract(types[i], env, addresses[i]);
        }
    }

    /// @notice Registers a contract in an allowed environment.
    function setContract(bytes32 typ, uint8 env, address addr) external onlyAdmin {
        if (!_allowedEnvs[env]) revert EnvironmentNotAllowed(env);
        _setContract(typ, env, addr);
    }

    /// @notice Allows registrations in an environment.
    function addAllowedEnv(uint8 env) external onlyAdmin {
        _allowedEnvs[env] = true;
        emit AllowedEnvAdded(env);
    }

    /// @notice Stops registrations in an environment; what is registered stays.
    function removeAllowedEnv(uint8 env) external onlyAdmin {
        delete _allowedEnvs[env];
        emit AllowedEnvRemoved(env);
    }

    /// @notice Lets an account change the book.
    function addAdmin(address newAdmin) external onlyAdmin {
        _admins[newAdmin] = true;
    }

    /// @notice Takes that right from an account.
    function removeAdmin(address adminBeingRemoved) external onlyAdmin {
        delete _admins[adminBeingRemoved];
    }

    /// @notice Address of a contract, zero if none is registered.
    function getContract(bytes32 typ, uint8 env) external view returns (address) {
        return typeAddresses[typ][env];
    }

    /// @notice Whether an account has a role. The only role is `ADMIN_ROLE`.
    function hasRole(bytes32 role, address account) external view returns (bool) {
        return role == ADMIN_ROLE && _admins[account];
    }

    function _setContract(bytes32 typ, uint8 env, address addr) private {
        typeAddresses[typ][env] = addr;
        emit SetContract(typ, env, addr);
    }
}
