// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

interface IPKPNFTMetadata {
    function tokenURI(uint256 tokenId, bytes calldata pubKey, address ethAddress)
        external
        view
        returns (string memory);
}
