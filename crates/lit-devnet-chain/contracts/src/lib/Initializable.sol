// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @notice Stands in for a constructor: the contracts are placed in genesis as runtime code, where none runs.
abstract contract Initializable {
    bool private _initialized;

    event Initialized(uint8 version);

    error AlreadyInitialized();

    /// @dev Lets a function run once in the life of the contract.
    modifier initializer() {
        if (_initialized) revert AlreadyInitialized();
        _initialized = true;
        _;
        emit Initialized(1);
    }
}
