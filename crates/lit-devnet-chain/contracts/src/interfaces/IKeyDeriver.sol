// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @dev A public key from which the keys of PKPs are derived, or the BLS key of the network.
struct RootKey {
    bytes pubkey;
    /// 1 is BLS, 2 is ECDSA on secp256k1.
    uint256 keyType;
}

interface IKeyDeriver {
    function computeHDPubKey(bytes32 derivedKeyId, RootKey[] calldata rootHDKeys, uint256 keyType)
        external
        view
        returns (bool, bytes memory);
}
