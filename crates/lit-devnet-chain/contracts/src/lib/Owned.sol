// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Initializable} from "./Initializable.sol";

/// @notice One account that may change the settings of the contract.
abstract contract Owned is Initializable {
    /// @notice The account that may change the settings.
    address public owner;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error CallerNotOwner();

    modifier onlyOwner() {
        if (msg.sender != owner) revert CallerNotOwner();
        _;
    }

    /// @notice Hands the settings to another account.
    function transferOwnership(address newOwner) external onlyOwner {
        _setOwner(newOwner);
    }

    function _setOwner(address newOwner) internal {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}
