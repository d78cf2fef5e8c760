// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

interface IContractResolver {
    function getContract(bytes32 typ, uint8 env) external view returns (address);
}
