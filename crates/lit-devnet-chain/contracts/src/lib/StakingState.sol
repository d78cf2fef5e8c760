// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ContractTypes} from "./ContractTypes.sol";
import {EnumerableSet} from "./EnumerableSet.sol";
import {Resolved} from "./Resolved.sol";

/// @notice What the Staking contract knows, and how it is read. Validators are named by the address that staked for
/// them; a node signs with another one, its node address.
abstract contract StakingState is IStaking, Resolved {
    using EnumerableSet for EnumerableSet.Set;

    enum States {
        Active,
        NextValidatorSetLocked,
        ReadyForNextEpoch,
        Unlocked,
        Paused,
        Restore
    }

    struct Epoch {
        uint256 epochLength;
        uint256 number;
        uint256 endTime;
        uint256 retries;
        uint256 timeout;
    }

    struct Validator {
        uint32 ip;
        uint128 ipv6;
        uint32 port;
        address nodeAddress;
        uint256 reward;
        uint256 senderPubKey;
        uint256 receiverPubKey;
    }

    struct LitActionConfig {
        uint256 timeoutMs;
        uint256 memoryLimitMb;
        uint256 maxCodeLength;
        uint256 maxResponseLength;
        uint256 maxFetchCount;
        uint256 maxSignCount;
        uint256 maxContractCallCount;
        uint256 maxBroadcastAndCollectCount;
        uint256 maxCallDepth;
        uint256 maxRetries;
    }

    struct Config {
        uint256 tokenRewardPerTokenPerEpoch;
        uint256 DEPRECATED_complaintTolerance;
        uint256 DEPRECATED_complaintIntervalSecs;
        uint256[] keyTypes;
        uint256 minimumValidatorCount;
        uint256 maxConcurrentRequests;
        uint256 maxTripleCount;
        uint256 minTripleCount;
        uint256 peerCheckingIntervalSecs;
        uint256 maxTripleConcurrency;
        bool rpcHealthcheckEnabled;
        LitActionConfig litActionConfig;
        bool heliosEnabled;
    }

    struct ComplaintConfig {
        uint256 tolerance;
        uint256 intervalSecs;
        uint256 kickPenaltyPercent;
    }

    struct Version {
        uint256 major;
        uint256 minor;
        uint256 patch;
    }

    struct AddressMapping {
        address nodeAddress;
        address stakerAddress;
    }

    /// @dev Votes of one epoch for kicking one validator.
    struct KickVotes {
        uint256 count;
        mapping(address => bool) voted;
    }

    /// @notice Where the contract is on its way to the next epoch.
    States public state;

    /// @notice Address that staked for a node; zero if the node is unknown.
    mapping(address => address) public nodeAddressToStakerAddress;

    Epoch internal _epoch;
    Config internal _config;
    Version internal _minVersion;
    Version internal _maxVersion;
    EnumerableSet.Set internal _current;
    EnumerableSet.Set internal _next;
    EnumerableSet.Set internal _kicked;
    EnumerableSet.Set internal _ready;
    mapping(address => Validator) internal _validators;
    mapping(uint256 => ComplaintConfig) internal _complaintConfigs;
    mapping(uint256 => mapping(address => KickVotes)) internal _kickVotes;

    /// @notice All that a client needs to connect: the epoch, how many nodes must answer, and the nodes.
    function getActiveUnkickedValidatorStructsAndCounts()
        external
        view
        returns (Epoch memory, uint256, Validator[] memory)
    {
        return (_epoch, currentValidatorCountForConsensus(), getActiveUnkickedValidatorStructs());
    }

    /// @notice The epoch; times are in seconds.
    function epoch() external view returns (Epoch memory) {
        return _epoch;
    }

    /// @notice Settings of the nodes.
    function config() external view returns (Config memory) {
        return _config;
    }

    /// @notice How nodes deal with complaints for a reason. Without own values, those of the config.
    function complaintConfig(uint256 reason) external view returns (ComplaintConfig memory complaint) {
        complaint = _complaintConfigs[reason];
        if (complaint.tolerance == 0) {
            complaint.tolerance = _config.DEPRECATED_complaintTolerance;
            complaint.intervalSecs = _config.DEPRECATED_complaintIntervalSecs;
        }
    }

    /// @notice The oldest node version allowed.
    function getMinVersion() external view returns (Version memory) {
        return _minVersion;
    }

    /// @notice The newest node version allowed.
    function getMaxVersion() external view returns (Version memory) {
        return _maxVersion;
    }

    /// @notice Types of the root keys of the network: 1 BLS, 2 ECDSA.
    function getKeyTypes() external view returns (uint256[] memory) {
        return _config.keyTypes;
    }

    /// @notice The validators of this epoch, kicked ones included.
    function getValidatorsInCurrentEpoch() external view returns (address[] memory) {
        return _current.addresses();
    }

    /// @notice The validators of the next epoch as far as known.
    function getValidatorsInNextEpoch() external view returns (address[] memory) {
        return _next.addresses();
    }

    /// @notice The validators kicked in this epoch.
    function getKickedValidators() external view returns (address[] memory) {
        return _kicked.addresses();
    }

    /// @notice Number of validators in this epoch, kicked ones included.
    function getValidatorsInCurrentEpochLength() external view returns (uint256) {
        return _current.length();
    }

    /// @notice The nodes of this epoch, kicked ones included.
    function getValidatorsStructsInCurrentEpoch() external view returns (Validator[] memory) {
        return getValidatorsStructs(_current.addresses());
    }

    /// @notice The nodes of the next epoch as far as known.
    function getValidatorsStructsInNextEpoch() external view returns (Validator[] memory) {
        return getValidatorsStructs(_next.addresses());
    }

    /// @notice The node of a validator; zeros if there is none.
    function validators(address stakerAddress) external view returns (Validator memory) {
        return _validators[stakerAddress];
    }

    /// @notice The node addresses of validators.
    function getNodeStakerAddressMappings(address[] calldata addresses)
        external
        view
        returns (AddressMapping[] memory mappings)
    {
        mappings = new AddressMapping[](addresses.length);
        for (uint256 i = 0; i < addresses.length; i++) {
            mappings[i] = AddressMapping(_validators[addresses[i]].nodeAddress, addresses[i]);
        }
    }

    /// @notice Whether a validator belongs to this epoch.
    function isActiveValidator(address account) external view returns (bool) {
        return _current.contains(account);
    }

    /// @notice Whether a node belongs to this epoch.
    function isActiveValidatorByNodeAddress(address account) external view returns (bool) {
        return _current.contains(nodeAddressToStakerAddress[account]);
    }

    /// @notice Whether a validator has said that it is ready.
    function readyForNextEpoch(address stakerAddress) external view returns (bool) {
        return _ready.contains(stakerAddress);
    }

    /// @notice How many validators of the next epoch have said that they are ready.
    function countOfNextValidatorsReadyForNextEpoch() external view returns (uint256) {
        return _ready.length();
    }

    /// @notice Votes for kicking a validator in an epoch, and whether a validator voted.
    function getVotingStatusToKickValidator(
        uint256 epochNumber,
        address validatorStakerAddress,
        address voterStakerAddress
    ) external view returns (uint256, bool) {
        KickVotes storage votes = _kickVotes[epochNumber][validatorStakerAddress];
        return (votes.count, votes.voted[voterStakerAddress]);
    }

    /// @notice How many nodes of the next epoch must agree.
    function nextValidatorCountForConsensus() external view returns (uint256) {
        return _countForConsensus(_next.length());
    }

    /// @notice The StakingBalances contract.
    function getStakingBalancesAddress() external view returns (address) {
        return _resolve(ContractTypes.STAKING_BALANCES);
    }

    /// @notice The LITToken contract.
    function getTokenAddress() external view returns (address) {
        return _resolve(ContractTypes.LIT_TOKEN);
    }

    /// @notice How many nodes of this epoch must agree.
    function currentValidatorCountForConsensus() public view returns (uint256) {
        return _countForConsensus(_current.length());
    }

    /// @notice The nodes of some validators.
    function getValidatorsStructs(address[] memory addresses) public view returns (Validator[] memory structs) {
        structs = new Validator[](addresses.length);
        for (uint256 i = 0; i < addresses.length; i++) {
            structs[i] = _validators[addresses[i]];
        }
    }

    /// @notice The nodes of this epoch without those that were kicked.
    function getActiveUnkickedValidatorStructs() public view returns (Validator[] memory) {
        return getValidatorsStructs(getActiveUnkickedValidators());
    }

    /// @notice The validators of this epoch without those that were kicked.
    function getActiveUnkickedValidators() public view returns (address[] memory unkicked) {
        uint256 count = 0;
        unkicked = _current.addresses();
        for (uint256 i = 0; i < unkicked.length; i++) {
            if (!_kicked.contains(unkicked[i])) unkicked[count++] = unkicked[i];
        }
        assembly ("memory-safe") {
            mstore(unkicked, count)
        }
    }

    /// @dev Two thirds. The deployed contract makes that 0 for one node, which no client accepts.
    function _countForConsensus(uint256 count) private pure returns (uint256) {
        return count == 1 || count == 2 ? 1 : count * 2 / 3;
    }
}
