// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Signature} from "./IPubkeyRouter.sol";

interface IPKPNFT {
    function mintNext(uint256 keyType) external payable returns (uint256);
    function claimAndMint(
        uint256 keyType,
        bytes32 derivedKeyId,
        Signature[] calldata signatures,
        address stakingContractAddress
    ) external payable returns (uint256);
    function burn(uint256 tokenId) external;
    function safeTransferFrom(address from, address to, uint256 tokenId) external;
    function exists(uint256 tokenId) external view returns (bool);
    function ownerOf(uint256 tokenId) external view returns (address);
    function getEthAddress(uint256 tokenId) external view returns (address);
}
