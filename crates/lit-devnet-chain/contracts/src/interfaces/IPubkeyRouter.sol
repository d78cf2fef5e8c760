// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @dev An ECDSA signature of a node.
struct Signature {
    bytes32 r;
    bytes32 s;
    uint8 v;
}

interface IPubkeyRouter {
    function setRoutingData(
        uint256 tokenId,
        bytes calldata pubkey,
        address stakingContractAddress,
        uint256 keyType,
        bytes32 derivedKeyId
    ) external;
    function checkNodeSignatures(
        Signature[] calldata signatures,
        bytes calldata signedMessage,
        address stakingContractAddress
    ) external view returns (bool);
    function getDerivedPubkey(address stakingContract, bytes32 derivedKeyId) external view returns (bytes memory);
    function getPubkey(uint256 tokenId) external view returns (bytes memory);
    function getEthAddress(uint256 tokenId) external view returns (address);
}
