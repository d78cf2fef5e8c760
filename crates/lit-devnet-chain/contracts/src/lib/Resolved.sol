// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IContractResolver} from "../interfaces/IContractResolver.sol";
import {Owned} from "./Owned.sol";

/// @notice Finds the other contracts of the network through the resolver, at every use: a contract that is replaced
/// there is replaced everywhere.
abstract contract Resolved is Owned {
    /// @notice The resolver this contract asks.
    address public contractResolver;

    /// @notice The environment it asks for: 0 dev, 1 staging, 2 production.
    uint8 public env;

    event ContractResolverAddressSet(address newResolverAddress);

    /// @notice Changes the resolver.
    function setContractResolver(address newResolverAddress) external onlyOwner {
        contractResolver = newResolverAddress;
        emit ContractResolverAddressSet(newResolverAddress);
    }

    function _initializeResolved(address owner_, address resolver, uint8 environment) internal {
        _setOwner(owner_);
        contractResolver = resolver;
        env = environment;
    }

    function _resolve(bytes32 contractType) internal view returns (address) {
        return IContractResolver(contractResolver).getContract(contractType, env);
    }
}
