// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @dev A way of proving who one is, such as a Google account or a Lit Action.
struct AuthMethod {
    uint256 authMethodType;
    bytes id;
    /// Only WebAuthn has one.
    bytes userPubkey;
}

interface IPKPPermissions {
    function addPermittedAction(uint256 tokenId, bytes calldata ipfsCID, uint256[] calldata scopes) external;
    function addPermittedAddress(uint256 tokenId, address user, uint256[] calldata scopes) external;
    function addPermittedAuthMethod(uint256 tokenId, AuthMethod calldata authMethod, uint256[] calldata scopes)
        external;
}
