// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {EnumerableSet} from "./lib/EnumerableSet.sol";

/// @notice Accounts with capacity credits pay for the requests of others.
/// @dev Needs no initializer. As on the deployed contract, nothing is ever logged.
contract PaymentDelegation is DiamondFallback {
    using EnumerableSet for EnumerableSet.Set;

    /// @dev What a payer grants to each user.
    struct Restriction {
        uint256 requestsPerPeriod;
        uint256 periodSeconds;
    }

    uint256 private constant DEFAULT_REQUESTS_PER_PERIOD = 1_000_000_000;
    uint256 private constant DEFAULT_PERIOD_SECONDS = 1 days;

    mapping(address => EnumerableSet.Set) private _payersOf;
    mapping(address => EnumerableSet.Set) private _usersOf;
    mapping(address => Restriction) private _restrictions;

    /// @dev In the interface of the deployed contract, which does not emit it either.
    event RestrictionSet(address indexed payer, Restriction restriction);

    /// @notice Makes the caller pay for a user.
    function delegatePayments(address user) external {
        _delegate(user);
    }

    /// @notice Makes the caller pay for users.
    function delegatePaymentsBatch(address[] calldata users) external {
        for (uint256 i = 0; i < users.length; i++) {
            _delegate(users[i]);
        }
    }

    /// @notice Stops the caller's paying for a user.
    function undelegatePayments(address user) external {
        _undelegate(user);
    }

    /// @notice Stops the caller's paying for users.
    function undelegatePaymentsBatch(address[] calldata users) external {
        for (uint256 i = 0; i < users.length; i++) {
            _undelegate(users[i]);
        }
    }

    /// @notice Restricts what the caller pays, for each user.
    /// @param r A period of 0 seconds means a day.
    function setRestriction(Restriction calldata r) external {
        _restrictions[msg.sender] =
            Restriction(r.requestsPerPeriod, r.periodSeconds == 0 ? DEFAULT_PERIOD_SECONDS : r.periodSeconds);
    }

    /// @notice Who pays for users and with which restrictions: a row for each user, empty where nobody pays.
    function getPayersAndRestrictions(address[] calldata users)
        external
        view
        returns (address[][] memory payers, Restriction[][] memory restrictions)
    {
        payers = new address[][](users.length);
        restrictions = new Restriction[][](users.length);
        for (uint256 i = 0; i < users.length; i++) {
            payers[i] = _payersOf[users[i]].addresses();
            restrictions[i] = new Restriction[](payers[i].length);
            for (uint256 j = 0; j < payers[i].length; j++) {
                restrictions[i][j] = _restrictions[payers[i][j]];
            }
        }
    }

    /// @notice Who pays for a user.
    function getPayers(address user) external view returns (address[] memory) {
        return _payersOf[user].addresses();
    }

    /// @notice For whom a payer pays.
    function getUsers(address payer) external view returns (address[] memory) {
        return _usersOf[payer].addresses();
    }

    /// @notice The restriction of a payer; zeros if it never delegated.
    function getRestriction(address payer) external view returns (Restriction memory) {
        return _restrictions[payer];
    }

    function _delegate(address user) private {
        _payersOf[user].add(msg.sender);
        _usersOf[msg.sender].add(user);
        if (_restrictions[msg.sender].periodSeconds == 0) {
            _restrictions[msg.sender] = Restriction(DEFAULT_REQUESTS_PER_PERIOD, DEFAULT_PERIOD_SECONDS);
        }
    }

    function _undelegate(address user) private {
        require(_payersOf[user].remove(msg.sender), "not authorized to undelegate payments");
        _usersOf[msg.sender].remove(user);
    }
}
