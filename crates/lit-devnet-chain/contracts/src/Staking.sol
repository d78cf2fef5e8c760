// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {EnumerableSet} from "./lib/EnumerableSet.sol";
import {StakingState} from "./lib/StakingState.sol";

/// @notice The nodes of the network and its epochs.
/// @dev An epoch ends in three steps: anyone locks the next set of validators, each of these says that it is ready,
/// anyone advances. Clients watch `StateChanged`. The admin of a dev chain chooses the validators and can take all
/// three steps at once; stakes and rewards play no part.
contract Staking is StakingState, DiamondFallback {
    using EnumerableSet for EnumerableSet.Set;

    event StateChanged(uint8 newState);
    event ReadyForNextEpoch(address indexed staker, uint256 epochNumber);
    event RequestToLeave(address indexed staker);
    event ValidatorKickedFromNextEpoch(address indexed staker, uint256 amountBurned);
    event ValidatorRejoinedNextEpoch(address staker);
    event VotedToKickValidatorInNextEpoch(
        address indexed reporter, address indexed validatorStakerAddress, uint256 indexed reason, bytes data
    );
    event EpochLengthSet(uint256 newEpochLength);
    event EpochTimeoutSet(uint256 newEpochTimeout);
    event EpochEndTimeSet(uint256 newEpochEndTime);
    event ComplaintConfigSet(uint256 reason, ComplaintConfig config);
    event ConfigSet(
        uint256 newTokenRewardPerTokenPerEpoch,
        uint256[] newKeyTypes,
        uint256 newMinimumValidatorCount,
        uint256 newMaxConcurrentRequests,
        uint256 newMaxTripleCount,
        uint256 newMinTripleCount,
        uint256 newPeerCheckingIntervalSecs,
        uint256 newMaxTripleConcurrency,
        bool newRpcHealthcheckEnabled,
        LitActionConfig newLitActionConfig,
        bool newHeliosEnabled
    );
    event VersionRequirementsUpdated(uint256 index, Version version);

    error CannotKickBelowCurrentValidatorThreshold();
    error CannotVoteTwice(address stakerAddress);
    error CouldNotMapNodeAddressToStakerAddress(address nodeAddress);
    error MustBeInActiveOrUnlockedOrPausedState(uint8 state);
    error MustBeInActiveOrUnlockedState(uint8 state);
    error MustBeInNextValidatorSetLockedState(uint8 state);
    error MustBeInReadyForNextEpochState(uint8 state);
    error MustBeValidatorInNextEpochToKick(address stakerAddress);
    error NotEnoughTimeElapsedSinceLastEpoch(uint256 currentTimestamp, uint256 epochEndTime);
    error NotEnoughValidatorsInNextEpoch(uint256 validatorCount, uint256 minimumValidatorCount);
    error SignaledReadyForWrongEpochNumber(uint256 currentEpochNumber, uint256 receivedEpochNumber);
    error ValidatorIsNotInNextEpoch(address validator, address[] validatorsInNextEpoch);

    modifier afterEpoch() {
        if (block.timestamp < _epoch.endTime) {
            revert NotEnoughTimeElapsedSinceLastEpoch(block.timestamp, _epoch.endTime);
        }
        _;
    }

    modifier whileSetIsOpen() {
        if (state != States.Active && state != States.Unlocked && state != States.Paused) {
            revert MustBeInActiveOrUnlockedOrPausedState(uint8(state));
        }
        _;
    }

    /// @notice Sets up the contract with the nodes of the first epoch, which begins now.
    /// @param admin May change the settings and the validators.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    /// @param epochNumber Number of the first epoch.
    /// @param epochLength Seconds.
    /// @param stakers The validators.
    /// @param nodes Their nodes, in the same order.
    function initialize(
        address admin,
        address resolver,
        uint8 environment,
        uint256 epochNumber,
        uint256 epochLength,
        address[] calldata stakers,
        Validator[] calldata nodes
    ) external initializer {
        _initializeResolved(admin, resolver, environment);
        _epoch = Epoch(epochLength, epochNumber, block.timestamp + epochLength, 0, 60);
        _maxVersion.major = 10_000;
        _config = _defaultConfig(stakers.length);
        _setNextValidators(stakers, nodes);
        _copyNextToCurrent();
        _setState(States.Active);
    }

    /// @notice Closes the set of validators of the next epoch. Anyone may do so when the epoch is over.
    function lockValidatorsForNextEpoch() external afterEpoch {
        if (state != States.Active && state != States.Unlocked) revert MustBeInActiveOrUnlockedState(uint8(state));
        if (_next.length() < _config.minimumValidatorCount) {
            revert NotEnoughValidatorsInNextEpoch(_next.length(), _config.minimumValidatorCount);
        }
        _lock();
    }

    /// @notice Says that the calling node is ready. The last one of the next epoch makes the contract ready.
    /// @param epochNumber The number of the epoch that ends.
    function signalReadyForNextEpoch(uint256 epochNumber) external {
        address staker = _stakerOfCaller();
        if (state != States.NextValidatorSetLocked) revert MustBeInNextValidatorSetLockedState(uint8(state));
        if (epochNumber != _epoch.number) revert SignaledReadyForWrongEpochNumber(_epoch.number, epochNumber);
        _requireInNextEpoch(staker);

        _ready.add(staker);
        emit ReadyForNextEpoch(staker, epochNumber);
        if (_ready.length() == _next.length()) _setState(States.ReadyForNextEpoch);
    }

    /// @notice Begins the next epoch. Anyone may do so when its validators are ready.
    function advanceEpoch() external afterEpoch {
        if (state != States.ReadyForNextEpoch) revert MustBeInReadyForNextEpochState(uint8(state));
        _advance();
    }

    /// @notice Votes for leaving a validator out of the next epoch. Enough votes of an epoch do it.
    function kickValidatorInNextEpoch(address validatorStakerAddress, uint256 reason, bytes calldata data) external {
        address voter = _stakerOfCaller();
        if (!_next.contains(voter)) revert MustBeValidatorInNextEpochToKick(voter);
        _requireInNextEpoch(validatorStakerAddress);
        KickVotes storage votes = _kickVotes[_epoch.number][validatorStakerAddress];
        if (votes.voted[voter]) revert CannotVoteTwice(voter);

        votes.voted[voter] = true;
        votes.count++;
        emit VotedToKickValidatorInNextEpoch(voter, validatorStakerAddress, reason, data);
        if (votes.count >= currentValidatorCountForConsensus()) _kick(validatorStakerAddress);
    }

    /// @notice Takes the calling validator out of the next epoch.
    function requestToLeave() external {
        _leave(msg.sender);
    }

    /// @notice Takes the validator of the calling node out of the next epoch.
    function requestToLeaveAsNode() external {
        _leave(_stakerOfCaller());
    }

    /// @notice Ends the epoch now, with all the steps and events of the long way. Not a function of the deployed
    /// contract: tests change epochs with it without waiting.
    function adminNextEpoch() external onlyOwner {
        _lock();
        _setState(States.ReadyForNextEpoch);
        _advance();
    }

    /// @notice Chooses the validators of the next epoch. Not a function of the deployed contract, where validators join
    /// by staking. Changes of the nodes of present validators are seen at once.
    /// @param stakers The validators.
    /// @param nodes Their nodes, in the same order.
    function adminSetNextValidators(address[] calldata stakers, Validator[] calldata nodes)
        external
        onlyOwner
        whileSetIsOpen
    {
        _setNextValidators(stakers, nodes);
    }

    /// @notice Leaves a validator out of the next epoch.
    function adminKickValidatorInNextEpoch(address validatorStakerAddress) external onlyOwner {
        _requireInNextEpoch(validatorStakerAddress);
        _kick(validatorStakerAddress);
    }

    /// @notice Takes a kicked validator in again.
    function adminRejoinValidator(address staker) external onlyOwner whileSetIsOpen {
        _kicked.remove(staker);
        _next.add(staker);
        emit ValidatorRejoinedNextEpoch(staker);
    }

    /// @notice Changes the state, for instance to pause the network.
    function setEpochState(States newState) external onlyOwner {
        _setState(newState);
    }

    /// @notice Changes the length of the epochs to come, in seconds.
    function setEpochLength(uint256 newEpochLength) external onlyOwner {
        _epoch.epochLength = newEpochLength;
        emit EpochLengthSet(newEpochLength);
    }

    /// @notice Changes the time after which a change of epoch counts as stuck, in seconds.
    function setEpochTimeout(uint256 newEpochTimeout) external onlyOwner {
        _epoch.timeout = newEpochTimeout;
        emit EpochTimeoutSet(newEpochTimeout);
    }

    /// @notice Changes when this epoch ends, in seconds since 1970.
    function setEpochEndTime(uint256 newEpochEndTime) external onlyOwner {
        _epoch.endTime = newEpochEndTime;
        emit EpochEndTimeSet(newEpochEndTime);
    }

    /// @notice Changes how nodes deal with complaints for a reason.
    function setComplaintConfig(uint256 reason, ComplaintConfig calldata newConfig) external onlyOwner {
        _complaintConfigs[reason] = newConfig;
        emit ComplaintConfigSet(reason, newConfig);
    }

    /// @notice Changes the settings of the nodes.
    function setConfig(Config calldata newConfig) external onlyOwner {
        _config = newConfig;
        emit ConfigSet(
            newConfig.tokenRewardPerTokenPerEpoch,
            newConfig.keyTypes,
            newConfig.minimumValidatorCount,
            newConfig.maxConcurrentRequests,
            newConfig.maxTripleCount,
            newConfig.minTripleCount,
            newConfig.peerCheckingIntervalSecs,
            newConfig.maxTripleConcurrency,
            newConfig.rpcHealthcheckEnabled,
            newConfig.litActionConfig,
            newConfig.heliosEnabled
        );
    }

    /// @notice Changes the oldest node version allowed.
    function setMinVersion(Version calldata version) external onlyOwner {
        _minVersion = version;
        emit VersionRequirementsUpdated(0, version);
    }

    /// @notice Changes the newest node version allowed.
    function setMaxVersion(Version calldata version) external onlyOwner {
        _maxVersion = version;
        emit VersionRequirementsUpdated(1, version);
    }

    function _lock() private {
        _ready.clear();
        _setState(States.NextValidatorSetLocked);
    }

    function _advance() private {
        _copyNextToCurrent();
        _kicked.clear();
        _ready.clear();
        _epoch.number++;
        _epoch.endTime = block.timestamp + _epoch.epochLength;
        _epoch.retries = 0;
        _setState(States.Active);
    }

    function _kick(address staker) private {
        if (_next.length() - 1 < currentValidatorCountForConsensus()) {
            revert CannotKickBelowCurrentValidatorThreshold();
        }
        _next.remove(staker);
        _ready.remove(staker);
        _kicked.add(staker);
        emit ValidatorKickedFromNextEpoch(staker, 0);

        // Keys are being shared among a set that has just changed: it starts again, or starts early.
        if (state == States.NextValidatorSetLocked || state == States.ReadyForNextEpoch) {
            _epoch.retries++;
            _setState(States.Unlocked);
        } else if (state == States.Active) {
            _epoch.endTime = block.timestamp;
            _lock();
        }
    }

    function _leave(address staker) private whileSetIsOpen {
        _requireInNextEpoch(staker);
        _next.remove(staker);
        emit RequestToLeave(staker);
    }

    function _setState(States newState) private {
        state = newState;
        emit StateChanged(uint8(newState));
    }

    function _setNextValidators(address[] calldata stakers, Validator[] calldata nodes) private {
        _next.clear();
        for (uint256 i = 0; i < stakers.length; i++) {
            delete nodeAddressToStakerAddress[_validators[stakers[i]].nodeAddress];
            _validators[stakers[i]] = nodes[i];
            _next.add(stakers[i]);
        }
        // Only now: two validators may have exchanged their node addresses.
        for (uint256 i = 0; i < stakers.length; i++) {
            nodeAddressToStakerAddress[nodes[i].nodeAddress] = stakers[i];
        }
    }

    function _copyNextToCurrent() private {
        _current.clear();
        for (uint256 i = 0; i < _next.length(); i++) {
            _current.add(_next.elementAt(i));
        }
    }

    function _stakerOfCaller() private view returns (address staker) {
        staker = nodeAddressToStakerAddress[msg.sender];
        if (staker == address(0)) revert CouldNotMapNodeAddressToStakerAddress(msg.sender);
    }

    function _requireInNextEpoch(address staker) private view {
        if (!_next.contains(staker)) revert ValidatorIsNotInNextEpoch(staker, _next.addresses());
    }

    /// @dev What a fresh official deployment has. Networks of less than three nodes may advance, too.
    function _defaultConfig(uint256 validatorCount) private pure returns (Config memory) {
        uint256[] memory keyTypes = new uint256[](2);
        keyTypes[0] = 1;
        keyTypes[1] = 2;
        return Config({
            tokenRewardPerTokenPerEpoch: 0.05 ether,
            DEPRECATED_complaintTolerance: 10,
            DEPRECATED_complaintIntervalSecs: 900,
            keyTypes: keyTypes,
            minimumValidatorCount: validatorCount < 3 ? validatorCount : 3,
            maxConcurrentRequests: 1000,
            maxTripleCount: 25,
            minTripleCount: 10,
            peerCheckingIntervalSecs: 10_000,
            maxTripleConcurrency: 2,
            rpcHealthcheckEnabled: true,
            litActionConfig: LitActionConfig({
                timeoutMs: 30_000,
                memoryLimitMb: 256,
                maxCodeLength: 16 * 1024 * 1024,
                maxResponseLength: 100 * 1024,
                maxFetchCount: 50,
                maxSignCount: 10,
                maxContractCallCount: 30,
                maxBroadcastAndCollectCount: 30,
                maxCallDepth: 5,
                maxRetries: 3
            }),
            heliosEnabled: true
        });
    }
}
