// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @notice Answers unknown functions as the deployed contracts do. Those are EIP-2535 diamonds, and clients see
/// `FunctionNotFound` when they call what a version of the contract does not have.
abstract contract DiamondFallback {
    error FunctionNotFound(bytes4 _functionSelector);

    fallback() external {
        revert FunctionNotFound(msg.sig);
    }
}
