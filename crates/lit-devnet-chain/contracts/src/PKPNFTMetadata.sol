// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IPKPNFT} from "./interfaces/IPKPNFT.sol";
import {IPKPNFTMetadata} from "./interfaces/IPKPNFTMetadata.sol";
import {ContractTypes} from "./lib/ContractTypes.sol";
import {Resolved} from "./lib/Resolved.sol";
import {Text} from "./lib/Text.sol";

/// @notice What wallets and explorers show of a PKP.
contract PKPNFTMetadata is IPKPNFTMetadata, Resolved {
    mapping(uint256 => string) private _urls;
    mapping(uint256 => string) private _images;

    modifier onlyPkpOwner(uint256 tokenId) {
        address pkpNft = _resolve(ContractTypes.PKP_NFT);
        require(IPKPNFT(pkpNft).ownerOf(tokenId) == msg.sender, "Not PKP NFT owner");
        _;
    }

    /// @notice Sets up the contract.
    /// @param admin May change the resolver.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    function initialize(address admin, address resolver, uint8 environment) external initializer {
        _initializeResolved(admin, resolver, environment);
    }

    /// @notice Sets the page that belongs to a PKP.
    function setUrlForPKP(uint256 tokenId, string calldata url) external onlyPkpOwner(tokenId) {
        _urls[tokenId] = url;
    }

    /// @notice Removes the page.
    function removeUrlForPKP(uint256 tokenId) external onlyPkpOwner(tokenId) {
        delete _urls[tokenId];
    }

    /// @notice Sets the picture of a PKP.
    function setProfileForPKP(uint256 tokenId, string calldata imgUrl) external onlyPkpOwner(tokenId) {
        _images[tokenId] = imgUrl;
    }

    /// @notice Removes the picture.
    function removeProfileForPkp(uint256 tokenId) external onlyPkpOwner(tokenId) {
        delete _images[tokenId];
    }

    /// @notice Metadata of a PKP, as a `data:` URI with JSON.
    function tokenURI(uint256 tokenId, bytes calldata pubKey, address ethAddress)
        external
        view
        returns (string memory)
    {
        string memory id = Text.decimal(tokenId);
        return Text.jsonUri(
            abi.encodePacked(
                '{"name":"Lit PKP #',
                id,
                '","description":"This NFT entitles the holder to use a Lit Protocol PKP and to let others use it.",',
                '"image_data":"',
                _escape(_images[tokenId]),
                '","external_url":"',
                _escape(_urls[tokenId]),
                '","attributes":[{"trait_type":"Public Key","value":"',
                Text.hexadecimal(pubKey),
                '"},{"trait_type":"ETH Wallet Address","value":"',
                Text.hexadecimal(abi.encodePacked(ethAddress)),
                '"},{"trait_type":"Token ID","value":"',
                id,
                '"}]}'
            )
        );
    }

    /// @notice Bytes as hex.
    function bytesToHex(bytes calldata buffer) external pure returns (string memory) {
        return Text.hexadecimal(buffer);
    }

    /// @dev Owners choose these texts; without this they could break the JSON or put members of their own into it.
    function _escape(string memory text) private pure returns (string memory) {
        bytes memory source = bytes(text);
        bytes memory target = new bytes(2 * source.length);
        uint256 length = 0;
        for (uint256 i = 0; i < source.length; i++) {
            bytes1 char = source[i];
            if (char == '"' || char == "\\") {
                target[length++] = "\\";
                target[length++] = char;
            } else if (uint8(char) >= 0x20) {
                target[length++] = char;
            }
        }
        assembly ("memory-safe") {
            mstore(target, length)
        }
        return string(target);
    }
}
