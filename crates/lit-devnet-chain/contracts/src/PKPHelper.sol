// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Signature} from "./interfaces/IPubkeyRouter.sol";
import {ContractTypes} from "./lib/ContractTypes.sol";
import {PKPMinter} from "./lib/PKPMinter.sol";

/// @notice Mints or claims a PKP and sets it up in one transaction.
contract PKPHelper is PKPMinter {
    struct ClaimMaterial {
        uint256 keyType;
        bytes32 derivedKeyId;
        Signature[] signatures;
    }

    struct ClaimMaterialV2 {
        uint256 keyType;
        bytes32 derivedKeyId;
        Signature[] signatures;
        address stakingContractAddress;
    }

    struct AuthMethodData {
        uint256 keyType;
        bytes[] permittedIpfsCIDs;
        uint256[][] permittedIpfsCIDScopes;
        address[] permittedAddresses;
        uint256[][] permittedAddressScopes;
        uint256[] permittedAuthMethodTypes;
        bytes[] permittedAuthMethodIds;
        bytes[] permittedAuthMethodPubkeys;
        uint256[][] permittedAuthMethodScopes;
        bool addPkpEthAddressAsPermittedAddress;
        bool sendPkpToItself;
    }

    /// @notice Mints a PKP and permits auth methods. The value must be the price of a PKP.
    /// @param addPkpEthAddressAsPermittedAddress Permits the PKP's own address, without any scope.
    /// @param sendPkpToItself Hands the PKP to its own address instead of the caller.
    /// @return The token id.
    function mintNextAndAddAuthMethods(
        uint256 keyType,
        uint256[] memory permittedAuthMethodTypes,
        bytes[] memory permittedAuthMethodIds,
        bytes[] memory permittedAuthMethodPubkeys,
        uint256[][] memory permittedAuthMethodScopes,
        bool addPkpEthAddressAsPermittedAddress,
        bool sendPkpToItself
    ) external payable returns (uint256) {
        AuthMethodData memory data;
        data.permittedAuthMethodTypes = permittedAuthMethodTypes;
        data.permittedAuthMethodIds = permittedAuthMethodIds;
        data.permittedAuthMethodPubkeys = permittedAuthMethodPubkeys;
        data.permittedAuthMethodScopes = permittedAuthMethodScopes;
        data.addPkpEthAddressAsPermittedAddress = addPkpEthAddressAsPermittedAddress;
        data.sendPkpToItself = sendPkpToItself;
        return _setUp(_pkpNft().mintNext{value: msg.value}(keyType), data);
    }

    /// @notice Mints a PKP and permits actions, addresses and auth methods, in this order.
    /// @param addPkpEthAddressAsPermittedAddress Permits the PKP's own address, without any scope.
    /// @param sendPkpToItself Hands the PKP to its own address instead of the caller.
    /// @return The token id.
    function mintNextAndAddAuthMethodsWithTypes(
        uint256 keyType,
        bytes[] memory permittedIpfsCIDs,
        uint256[][] memory permittedIpfsCIDScopes,
        address[] memory permittedAddresses,
        uint256[][] memory permittedAddressScopes,
        uint256[] memory permittedAuthMethodTypes,
        bytes[] memory permittedAuthMethodIds,
        bytes[] memory permittedAuthMethodPubkeys,
        uint256[][] memory permittedAuthMethodScopes,
        bool addPkpEthAddressAsPermittedAddress,
        bool sendPkpToItself
    ) external payable returns (uint256) {
        return _setUp(
            _pkpNft().mintNext{value: msg.value}(keyType),
            AuthMethodData(
                keyType,
                permittedIpfsCIDs,
                permittedIpfsCIDScopes,
                permittedAddresses,
                permittedAddressScopes,
                permittedAuthMethodTypes,
                permittedAuthMethodIds,
                permittedAuthMethodPubkeys,
                permittedAuthMethodScopes,
                addPkpEthAddressAsPermittedAddress,
                sendPkpToItself
            )
        );
    }

    /// @notice Claims a PKP of this network and sets it up.
    /// @return The token id.
    function claimAndMintNextAndAddAuthMethods(
        ClaimMaterial memory claimMaterial,
        AuthMethodData memory authMethodData
    ) external payable returns (uint256) {
        return _claim(_ofThisNetwork(claimMaterial), authMethodData);
    }

    /// @notice Claims a PKP of this network and sets it up.
    /// @return The token id.
    function claimAndMintNextAndAddAuthMethodsWithTypes(
        ClaimMaterial memory claimMaterial,
        AuthMethodData memory authMethodData
    ) external payable returns (uint256) {
        return _claim(_ofThisNetwork(claimMaterial), authMethodData);
    }

    /// @notice Claims a PKP of the network that the claim names and sets it up.
    /// @return The token id.
    function claimAndMintNextAndAddAuthMethodsWithTypesV2(
        ClaimMaterialV2 memory claimMaterial,
        AuthMethodData memory authMethodData
    ) external payable returns (uint256) {
        return _claim(claimMaterial, authMethodData);
    }

    /// @notice The Staking contract.
    function getStakingAddress() public view returns (address) {
        return _resolve(ContractTypes.STAKING);
    }

    function _ofThisNetwork(ClaimMaterial memory claim) private view returns (ClaimMaterialV2 memory) {
        return ClaimMaterialV2(claim.keyType, claim.derivedKeyId, claim.signatures, getStakingAddress());
    }

    function _claim(ClaimMaterialV2 memory claim, AuthMethodData memory data) private returns (uint256) {
        require(
            claim.keyType == data.keyType, "PKPHelper: Claim key type must match Auth Method data key type"
        );
        uint256 tokenId = _pkpNft().claimAndMint{value: msg.value}(
            claim.keyType, claim.derivedKeyId, claim.signatures, claim.stakingContractAddress
        );
        return _setUp(tokenId, data);
    }

    function _setUp(uint256 tokenId, AuthMethodData memory data) private returns (uint256) {
        require(
            data.permittedIpfsCIDs.length == data.permittedIpfsCIDScopes.length,
            "PKPHelper: ipfs cid and scope array lengths must match"
        );
        require(
            data.permittedAddresses.length == data.permittedAddressScopes.length,
            "PKPHelper: address and scope array lengths must match"
        );

        for (uint256 i = 0; i < data.permittedIpfsCIDs.length; i++) {
            _permissions().addPermittedAction(tokenId, data.permittedIpfsCIDs[i], data.permittedIpfsCIDScopes[i]);
        }
        for (uint256 i = 0; i < data.permittedAddresses.length; i++) {
            _permissions().addPermittedAddress(tokenId, data.permittedAddresses[i], data.permittedAddressScopes[i]);
        }
        _addAuthMethods(
            tokenId,
            data.permittedAuthMethodTypes,
            data.permittedAuthMethodIds,
            data.permittedAuthMethodPubkeys,
            data.permittedAuthMethodScopes
        );
        if (data.addPkpEthAddressAsPermittedAddress) _addPkpAddress(tokenId, new uint256[](0));

        _handOver(tokenId, data.sendPkpToItself ? _pkpNft().getEthAddress(tokenId) : msg.sender);
        return tokenId;
    }
}
