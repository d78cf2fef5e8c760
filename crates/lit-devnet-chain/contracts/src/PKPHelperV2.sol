// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {PKPMinter} from "./lib/PKPMinter.sol";

/// @notice Mints a PKP, sets it up and says where it goes, in one transaction. What the relayer uses.
contract PKPHelperV2 is PKPMinter {
    struct NewPKPParams {
        uint256 keyType;
        uint256[] permittedAuthMethodTypes;
        bytes[] permittedAuthMethodIds;
        bytes[] permittedAuthMethodPubkeys;
        uint256[][] permittedAuthMethodScopes;
        bool addPkpEthAddressAsPermittedAddress;
        uint256[] pkpEthAddressScopes;
        bool sendPkpToItself;
        bool burnPkp;
        address sendToAddressAfterMinting;
    }

    /// @notice Mints a PKP and permits auth methods. The value must be the price of a PKP.
    /// @dev The PKP goes to the first of these that applies: its own address, nobody (burned), the given address, the
    /// caller.
    /// @return tokenId The token id.
    function mintNextAndAddAuthMethods(NewPKPParams memory params) external payable returns (uint256 tokenId) {
        tokenId = _pkpNft().mintNext{value: msg.value}(params.keyType);
        _addAuthMethods(
            tokenId,
            params.permittedAuthMethodTypes,
            params.permittedAuthMethodIds,
            params.permittedAuthMethodPubkeys,
            params.permittedAuthMethodScopes
        );
        if (params.addPkpEthAddressAsPermittedAddress) _addPkpAddress(tokenId, params.pkpEthAddressScopes);

        if (params.sendPkpToItself) {
            _handOver(tokenId, _pkpNft().getEthAddress(tokenId));
        } else if (params.burnPkp) {
            _pkpNft().burn(tokenId);
        } else if (params.sendToAddressAfterMinting != address(0)) {
            _handOver(tokenId, params.sendToAddressAfterMinting);
        } else {
            _handOver(tokenId, msg.sender);
        }
    }
}
