alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PKPPermissions {
        struct AuthMethod {
            uint256 authMethodType;
            bytes id;
            bytes userPubkey;
        }

        event PermittedAuthMethodAdded(
            uint256 indexed tokenId,
            uint256 authMethodType,
            bytes id,
            bytes userPubkey
        );
        event PermittedAuthMethodRemoved(uint256 indexed tokenId, uint256 authMethodType, bytes id);
        event PermittedAuthMethodScopeAdded(
            uint256 indexed tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 scopeId
        );
        event PermittedAuthMethodScopeRemoved(
            uint256 indexed tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 scopeId
        );

        function addPermittedAction(uint256 tokenId, bytes ipfsCID, uint256[] scopes) external;
        function addPermittedAddress(uint256 tokenId, address user, uint256[] scopes) external;
        function addPermittedAuthMethod(
            uint256 tokenId,
            AuthMethod authMethod,
            uint256[] scopes
        ) external;
        function addPermittedAuthMethodScope(
            uint256 tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 scopeId
        ) external;
        function batchAddRemoveAuthMethods(
            uint256 tokenId,
            uint256[] permittedAuthMethodTypesToAdd,
            bytes[] permittedAuthMethodIdsToAdd,
            bytes[] permittedAuthMethodPubkeysToAdd,
            uint256[][] permittedAuthMethodScopesToAdd,
            uint256[] permittedAuthMethodTypesToRemove,
            bytes[] permittedAuthMethodIdsToRemove
        ) external;
        function getAuthMethodId(uint256 authMethodType, bytes id) external pure returns (uint256);
        function getPKPPubKeysByAuthMethod(uint256 authMethodType, bytes id)
            external view returns (bytes[]);
        function getPermittedActions(uint256 tokenId) external view returns (bytes[]);
        function getPermittedAddresses(uint256 tokenId) external view returns (address[]);
        function getPermittedAuthMethodScopes(
            uint256 tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 maxScopeId
        ) external view returns (bool[]);
        function getPermittedAuthMethods(uint256 tokenId) external view returns (AuthMethod[]);
        function getPubkey(uint256 tokenId) external view returns (bytes);
        function getTokenIdsForAuthMethod(uint256 authMethodType, bytes id)
            external view returns (uint256[]);
        function getUserPubkeyForAuthMethod(uint256 authMethodType, bytes id)
            external view returns (bytes);
        function isPermittedAction(uint256 tokenId, bytes ipfsCID) external view returns (bool);
        function isPermittedAddress(uint256 tokenId, address user) external view returns (bool);
        function isPermittedAuthMethod(uint256 tokenId, uint256 authMethodType, bytes id)
            external view returns (bool);
        function isPermittedAuthMethodScopePresent(
            uint256 tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 scopeId
        ) external view returns (bool);
        function removePermittedAction(uint256 tokenId, bytes ipfsCID) external;
        function removePermittedAddress(uint256 tokenId, address user) external;
        function removePermittedAuthMethod(uint256 tokenId, uint256 authMethodType, bytes id) external;
        function removePermittedAuthMethodScope(
            uint256 tokenId,
            uint256 authMethodType,
            bytes id,
            uint256 scopeId
        ) external;
    }
}
