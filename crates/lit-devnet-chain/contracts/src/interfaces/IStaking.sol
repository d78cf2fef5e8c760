// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

interface IStaking {
    function currentValidatorCountForConsensus() external view returns (uint256);
    function isActiveValidatorByNodeAddress(address account) external view returns (bool);
}
