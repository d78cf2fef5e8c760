// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {ContractTypes} from "./lib/ContractTypes.sol";
import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {Resolved} from "./lib/Resolved.sol";

/// @notice What validators have staked. On a dev chain the validators are given, and nobody stakes: the contract
/// answers, with the stakes that were set, and holds no tokens.
contract StakingBalances is Resolved, DiamondFallback {
    /// @notice The least that a validator must have staked.
    uint256 public minimumStake;

    /// @notice The most that a validator may have staked.
    uint256 public maximumStake;

    /// @notice Sum of all stakes.
    uint256 public totalStaked;

    /// @notice Whether only permitted accounts may be validators.
    bool public permittedStakersOn;

    mapping(address => uint256) private _stakes;
    mapping(address => bool) private _permitted;

    event MinimumStakeSet(uint256 newMinimumStake);
    event MaximumStakeSet(uint256 newMaximumStake);
    event PermittedStakerAdded(address staker);
    event PermittedStakerRemoved(address staker);
    event PermittedStakersOnChanged(bool permittedStakersOn);
    event Staked(address indexed staker, uint256 amount);

    /// @notice The deployed contract takes plain payments, too.
    receive() external payable {}

    /// @notice Sets up the contract.
    /// @param admin May change the settings.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    /// @param stakers Accounts that have staked.
    /// @param amount What each of them has staked; also the least and the most that a validator can have.
    function initialize(
        address admin,
        address resolver,
        uint8 environment,
        address[] calldata stakers,
        uint256 amount
    ) external initializer {
        _initializeResolved(admin, resolver, environment);
        minimumStake = amount;
        maximumStake = amount;
        for (uint256 i = 0; i < stakers.length; i++) {
            _stakes[stakers[i]] = amount;
            _permitted[stakers[i]] = true;
            emit Staked(stakers[i], amount);
        }
        totalStaked = amount * stakers.length;
    }

    /// @notice Changes the least that a validator must have staked.
    function setMinimumStake(uint256 newMinimumStake) external onlyOwner {
        minimumStake = newMinimumStake;
        emit MinimumStakeSet(newMinimumStake);
    }

    /// @notice Changes the most that a validator may have staked.
    function setMaximumStake(uint256 newMaximumStake) external onlyOwner {
        maximumStake = newMaximumStake;
        emit MaximumStakeSet(newMaximumStake);
    }

    /// @notice Permits an account.
    function addPermittedStaker(address staker) external onlyOwner {
        _permitted[staker] = true;
        emit PermittedStakerAdded(staker);
    }

    /// @notice Takes the permission from an account.
    function removePermittedStaker(address staker) external onlyOwner {
        delete _permitted[staker];
        emit PermittedStakerRemoved(staker);
    }

    /// @notice Says whether only permitted accounts may be validators.
    function setPermittedStakersOn(bool permitted) external onlyOwner {
        permittedStakersOn = permitted;
        emit PermittedStakersOnChanged(permitted);
    }

    /// @notice Stake of an account.
    function balanceOf(address account) external view returns (uint256) {
        return _stakes[account];
    }

    /// @notice Rewards of an account: none are paid.
    function rewardOf(address) external pure returns (uint256) {
        return 0;
    }

    /// @notice Whether the stake of an account lies between the least and the most.
    function checkStakingAmounts(address account) external view returns (bool) {
        return _stakes[account] >= minimumStake && _stakes[account] <= maximumStake;
    }

    /// @notice Whether an account may be a validator.
    function isPermittedStaker(address staker) external view returns (bool) {
        return _permitted[staker];
    }

    /// @notice The Staking contract.
    function getStakingAddress() external view returns (address) {
        return _resolve(ContractTypes.STAKING);
    }

    /// @notice The LITToken contract.
    function getTokenAddress() external view returns (address) {
        return _resolve(ContractTypes.LIT_TOKEN);
    }
}
