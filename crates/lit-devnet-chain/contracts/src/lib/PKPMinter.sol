// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IERC721Receiver} from "../interfaces/IERC721Receiver.sol";
import {IPKPNFT} from "../interfaces/IPKPNFT.sol";
import {AuthMethod, IPKPPermissions} from "../interfaces/IPKPPermissions.sol";
import {ContractTypes} from "./ContractTypes.sol";
import {Resolved} from "./Resolved.sol";

/// @notice What the helpers share: they mint a PKP to themselves, permit what was asked for, and hand it over, all in
/// one transaction.
abstract contract PKPMinter is IERC721Receiver, Resolved {
    /// @notice Sets up the contract.
    /// @param admin May change the resolver.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    function initialize(address admin, address resolver, uint8 environment) external initializer {
        _initializeResolved(admin, resolver, environment);
    }

    /// @notice Accepts PKPs only, which pass through during a mint.
    function onERC721Received(address, address, uint256, bytes calldata) external view returns (bytes4) {
        require(msg.sender == getPkpNftAddress(), "PKPHelper: only accepts transfers from the PKPNFT contract");
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @notice The PKPNFT contract.
    function getPkpNftAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_NFT);
    }

    /// @notice The PKPPermissions contract.
    function getPkpPermissionsAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_PERMISSIONS);
    }

    /// @notice The PKPNFTMetadata contract. The spelling is the deployed contract's.
    function getPKPNftMetdataAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_NFT_METADATA);
    }

    /// @notice The domain wallet registry, zero if the network has none.
    function getDomainWalletRegistry() public view returns (address) {
        return _resolve(ContractTypes.DOMAIN_WALLET_REGISTRY);
    }

    function _pkpNft() internal view returns (IPKPNFT) {
        return IPKPNFT(getPkpNftAddress());
    }

    function _permissions() internal view returns (IPKPPermissions) {
        return IPKPPermissions(getPkpPermissionsAddress());
    }

    function _addAuthMethods(
        uint256 tokenId,
        uint256[] memory types,
        bytes[] memory ids,
        bytes[] memory pubkeys,
        uint256[][] memory scopes
    ) internal {
        require(types.length == ids.length, "PKPHelper: auth method type and id array lengths must match");
        require(types.length == pubkeys.length, "PKPHelper: auth method type and pubkey array lengths must match");
        require(types.length == scopes.length, "PKPHelper: auth method type and scopes array lengths must match");
        for (uint256 i = 0; i < types.length; i++) {
            _permissions().addPermittedAuthMethod(tokenId, AuthMethod(types[i], ids[i], pubkeys[i]), scopes[i]);
        }
    }

    /// @dev Lets the PKP sign transactions on its own behalf.
    function _addPkpAddress(uint256 tokenId, uint256[] memory scopes) internal {
        _permissions().addPermittedAddress(tokenId, _pkpNft().getEthAddress(tokenId), scopes);
    }

    function _handOver(uint256 tokenId, address to) internal {
        _pkpNft().safeTransferFrom(address(this), to, tokenId);
    }
}
