// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IPKPNFT} from "./interfaces/IPKPNFT.sol";
import {AuthMethod, IPKPPermissions} from "./interfaces/IPKPPermissions.sol";
import {IPubkeyRouter} from "./interfaces/IPubkeyRouter.sol";
import {ContractTypes} from "./lib/ContractTypes.sol";
import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {EnumerableSet} from "./lib/EnumerableSet.sol";
import {ForwarderAware} from "./lib/ForwarderAware.sol";
import {Resolved} from "./lib/Resolved.sol";

/// @notice Who may use a PKP, and for what.
/// @dev An auth method is stored once for all PKPs, under a key made of its type and id; a PKP has a set of such keys,
/// and for each key a bit per scope. As on the deployed contract, removing a method leaves its record and its scope
/// bits: a method that is added again without scopes has the old ones. Scopes need no method to be set.
contract PKPPermissions is IPKPPermissions, Resolved, ForwarderAware, DiamondFallback {
    using EnumerableSet for EnumerableSet.Set;

    uint256 private constant TYPE_ADDRESS = 1;
    uint256 private constant TYPE_ACTION = 2;
    uint256 private constant TYPE_WEBAUTHN = 3;

    mapping(uint256 => AuthMethod) private _authMethods;
    mapping(uint256 => EnumerableSet.Set) private _methodsOfToken;
    mapping(uint256 => EnumerableSet.Set) private _tokensOfMethod;
    // Token, method, scope divided by 256: bit of the remainder.
    mapping(uint256 => mapping(uint256 => mapping(uint256 => uint256))) private _scopes;

    event PermittedAuthMethodAdded(uint256 indexed tokenId, uint256 authMethodType, bytes id, bytes userPubkey);
    /// @dev `authMethodType` holds the key of the method, as on the deployed contract.
    event PermittedAuthMethodRemoved(uint256 indexed tokenId, uint256 authMethodType, bytes id);
    /// @dev `authMethodType` holds the key of the method, as on the deployed contract.
    event PermittedAuthMethodScopeAdded(uint256 indexed tokenId, uint256 authMethodType, bytes id, uint256 scopeId);
    event PermittedAuthMethodScopeRemoved(uint256 indexed tokenId, uint256 authMethodType, bytes id, uint256 scopeId);

    modifier onlyPkpOwner(uint256 tokenId) {
        require(_pkpNft().ownerOf(tokenId) == _msgSender(), "Not PKP NFT owner");
        _;
    }

    /// @notice Sets up the contract.
    /// @param admin May change the settings.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    function initialize(address admin, address resolver, uint8 environment) external initializer {
        _initializeResolved(admin, resolver, environment);
    }

    /// @notice Permits a Lit Action.
    /// @param ipfsCID Its CID version 0, decoded.
    /// @param scopes 1 signs anything, 2 personal messages only.
    function addPermittedAction(uint256 tokenId, bytes calldata ipfsCID, uint256[] calldata scopes)
        external
        onlyPkpOwner(tokenId)
    {
        _add(tokenId, AuthMethod(TYPE_ACTION, ipfsCID, ""), scopes);
    }

    /// @notice Permits an Ethereum address.
    function addPermittedAddress(uint256 tokenId, address user, uint256[] calldata scopes)
        external
        onlyPkpOwner(tokenId)
    {
        _add(tokenId, AuthMethod(TYPE_ADDRESS, abi.encodePacked(user), ""), scopes);
    }

    /// @notice Permits any auth method.
    function addPermittedAuthMethod(uint256 tokenId, AuthMethod calldata authMethod, uint256[] calldata scopes)
        external
        onlyPkpOwner(tokenId)
    {
        _add(tokenId, authMethod, scopes);
    }

    /// @notice Gives one scope to a method.
    function addPermittedAuthMethodScope(uint256 tokenId, uint256 authMethodType, bytes calldata id, uint256 scopeId)
        external
        onlyPkpOwner(tokenId)
    {
        _addScope(tokenId, getAuthMethodId(authMethodType, id), id, scopeId);
    }

    /// @notice Takes one scope from a method.
    function removePermittedAuthMethodScope(
        uint256 tokenId,
        uint256 authMethodType,
        bytes calldata id,
        uint256 scopeId
    ) external onlyPkpOwner(tokenId) {
        _scopes[tokenId][getAuthMethodId(authMethodType, id)][scopeId >> 8] &= ~(1 << (scopeId & 255));
        emit PermittedAuthMethodScopeRemoved(tokenId, authMethodType, id, scopeId);
    }

    /// @notice Removes a Lit Action.
    function removePermittedAction(uint256 tokenId, bytes calldata ipfsCID) external onlyPkpOwner(tokenId) {
        _remove(tokenId, TYPE_ACTION, ipfsCID);
    }

    /// @notice Removes an Ethereum address.
    function removePermittedAddress(uint256 tokenId, address user) external onlyPkpOwner(tokenId) {
        _remove(tokenId, TYPE_ADDRESS, abi.encodePacked(user));
    }

    /// @notice Removes any auth method.
    function removePermittedAuthMethod(uint256 tokenId, uint256 authMethodType, bytes calldata id)
        external
        onlyPkpOwner(tokenId)
    {
        _remove(tokenId, authMethodType, id);
    }

    /// @notice Adds methods, then removes methods.
    function batchAddRemoveAuthMethods(
        uint256 tokenId,
        uint256[] calldata permittedAuthMethodTypesToAdd,
        bytes[] calldata permittedAuthMethodIdsToAdd,
        bytes[] calldata permittedAuthMethodPubkeysToAdd,
        uint256[][] calldata permittedAuthMethodScopesToAdd,
        uint256[] calldata permittedAuthMethodTypesToRemove,
        bytes[] calldata permittedAuthMethodIdsToRemove
    ) external onlyPkpOwner(tokenId) {
        uint256 added = permittedAuthMethodTypesToAdd.length;
        require(
            permittedAuthMethodIdsToAdd.length == added && permittedAuthMethodPubkeysToAdd.length == added
                && permittedAuthMethodScopesToAdd.length == added,
            "Must have same number of auth methods, ids, pubkeys, and scopes to add"
        );
        require(
            permittedAuthMethodTypesToRemove.length == permittedAuthMethodIdsToRemove.length,
            "Must have same number of auth methods and ids to remove"
        );

        for (uint256 i = 0; i < added; i++) {
            _add(
                tokenId,
                AuthMethod(
                    permittedAuthMethodTypesToAdd[i],
                    permittedAuthMethodIdsToAdd[i],
                    permittedAuthMethodPubkeysToAdd[i]
                ),
                permittedAuthMethodScopesToAdd[i]
            );
        }
        for (uint256 i = 0; i < permittedAuthMethodTypesToRemove.length; i++) {
            _remove(tokenId, permittedAuthMethodTypesToRemove[i], permittedAuthMethodIdsToRemove[i]);
        }
    }

    /// @notice All methods permitted for a PKP.
    function getPermittedAuthMethods(uint256 tokenId) external view returns (AuthMethod[] memory methods) {
        EnumerableSet.Set storage keys = _methodsOfToken[tokenId];
        methods = new AuthMethod[](keys.length());
        for (uint256 i = 0; i < methods.length; i++) {
            methods[i] = _authMethods[keys.elementAt(i)];
        }
    }

    /// @notice The Lit Actions permitted for a PKP, as decoded CIDs.
    function getPermittedActions(uint256 tokenId) external view returns (bytes[] memory) {
        return _idsOfType(tokenId, TYPE_ACTION);
    }

    /// @notice The addresses permitted for a PKP: its owner first, if it exists, then every method of type 1.
    /// @dev An id that is a hash is cut to 20 bytes like any other, which gives an address of nobody.
    function getPermittedAddresses(uint256 tokenId) external view returns (address[] memory permitted) {
        bytes[] memory ids = _idsOfType(tokenId, TYPE_ADDRESS);
        uint256 owned = _pkpNft().exists(tokenId) ? 1 : 0;
        permitted = new address[](owned + ids.length);
        if (owned == 1) permitted[0] = _pkpNft().ownerOf(tokenId);
        for (uint256 i = 0; i < ids.length; i++) {
            permitted[owned + i] = address(bytes20(ids[i]));
        }
    }

    /// @notice The scopes of a method, one answer for each scope id below `maxScopeId`.
    function getPermittedAuthMethodScopes(
        uint256 tokenId,
        uint256 authMethodType,
        bytes calldata id,
        uint256 maxScopeId
    ) external view returns (bool[] memory scopes) {
        uint256 key = getAuthMethodId(authMethodType, id);
        scopes = new bool[](maxScopeId);
        for (uint256 i = 0; i < maxScopeId; i++) {
            scopes[i] = _hasScope(tokenId, key, i);
        }
    }

    /// @notice Whether a Lit Action is permitted.
    function isPermittedAction(uint256 tokenId, bytes calldata ipfsCID) external view returns (bool) {
        return _isPermitted(tokenId, TYPE_ACTION, ipfsCID);
    }

    /// @notice Whether an address is permitted, or owns the PKP.
    function isPermittedAddress(uint256 tokenId, address user) external view returns (bool) {
        return _isPermitted(tokenId, TYPE_ADDRESS, abi.encodePacked(user))
            || (_pkpNft().exists(tokenId) && _pkpNft().ownerOf(tokenId) == user);
    }

    /// @notice Whether an auth method is permitted.
    function isPermittedAuthMethod(uint256 tokenId, uint256 authMethodType, bytes calldata id)
        external
        view
        returns (bool)
    {
        return _isPermitted(tokenId, authMethodType, id);
    }

    /// @notice Whether a method has a scope.
    function isPermittedAuthMethodScopePresent(
        uint256 tokenId,
        uint256 authMethodType,
        bytes calldata id,
        uint256 scopeId
    ) external view returns (bool) {
        return _hasScope(tokenId, getAuthMethodId(authMethodType, id), scopeId);
    }

    /// @notice The PKPs for which a method is permitted.
    function getTokenIdsForAuthMethod(uint256 authMethodType, bytes calldata id)
        external
        view
        returns (uint256[] memory)
    {
        return _tokensOfMethod[getAuthMethodId(authMethodType, id)].elements;
    }

    /// @notice Public keys of the PKPs for which a method is permitted.
    function getPKPPubKeysByAuthMethod(uint256 authMethodType, bytes calldata id)
        external
        view
        returns (bytes[] memory pubkeys)
    {
        EnumerableSet.Set storage tokens = _tokensOfMethod[getAuthMethodId(authMethodType, id)];
        pubkeys = new bytes[](tokens.length());
        for (uint256 i = 0; i < pubkeys.length; i++) {
            pubkeys[i] = getPubkey(tokens.elementAt(i));
        }
    }

    /// @notice The user's own key that was stored with a method; empty if none was.
    function getUserPubkeyForAuthMethod(uint256 authMethodType, bytes calldata id)
        external
        view
        returns (bytes memory)
    {
        return _authMethods[getAuthMethodId(authMethodType, id)].userPubkey;
    }

    /// @notice Ethereum address of a PKP. Reverts if there is none.
    function getEthAddress(uint256 tokenId) external view returns (address) {
        return IPubkeyRouter(getRouterAddress()).getEthAddress(tokenId);
    }

    /// @notice Public key of a PKP, 65 bytes uncompressed; empty if there is none.
    function getPubkey(uint256 tokenId) public view returns (bytes memory) {
        return IPubkeyRouter(getRouterAddress()).getPubkey(tokenId);
    }

    /// @notice The PKPNFT contract.
    function getPkpNftAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_NFT);
    }

    /// @notice The PubkeyRouter contract.
    function getRouterAddress() public view returns (address) {
        return _resolve(ContractTypes.PUB_KEY_ROUTER);
    }

    /// @notice The key under which a method is stored.
    function getAuthMethodId(uint256 authMethodType, bytes memory id) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(authMethodType, id)));
    }

    function _add(uint256 tokenId, AuthMethod memory method, uint256[] calldata scopes) private {
        uint256 key = getAuthMethodId(method.authMethodType, method.id);
        AuthMethod storage stored = _authMethods[key];
        // The record is shared by all PKPs. A WebAuthn key must not be replaced by the owner of another PKP.
        require(
            method.authMethodType != TYPE_WEBAUTHN || stored.authMethodType == 0
                || keccak256(stored.userPubkey) == keccak256(method.userPubkey),
            "Cannot add a different pubkey for the same auth method type and id"
        );
        _authMethods[key] = method;
        _methodsOfToken[tokenId].add(key);
        _tokensOfMethod[key].add(tokenId);

        for (uint256 i = 0; i < scopes.length; i++) {
            _addScope(tokenId, key, method.id, scopes[i]);
        }
        emit PermittedAuthMethodAdded(tokenId, method.authMethodType, method.id, method.userPubkey);
    }

    function _addScope(uint256 tokenId, uint256 key, bytes memory id, uint256 scopeId) private {
        _scopes[tokenId][key][scopeId >> 8] |= 1 << (scopeId & 255);
        emit PermittedAuthMethodScopeAdded(tokenId, key, id, scopeId);
    }

    function _remove(uint256 tokenId, uint256 authMethodType, bytes memory id) private {
        uint256 key = getAuthMethodId(authMethodType, id);
        _methodsOfToken[tokenId].remove(key);
        _tokensOfMethod[key].remove(tokenId);
        emit PermittedAuthMethodRemoved(tokenId, key, id);
    }

    function _idsOfType(uint256 tokenId, uint256 authMethodType) private view returns (bytes[] memory ids) {
        EnumerableSet.Set storage keys = _methodsOfToken[tokenId];
        uint256 count = 0;
        ids = new bytes[](keys.length());
        for (uint256 i = 0; i < ids.length; i++) {
            AuthMethod storage method = _authMethods[keys.elementAt(i)];
            if (method.authMethodType == authMethodType) ids[count++] = method.id;
        }
        assembly ("memory-safe") {
            mstore(ids, count)
        }
    }

    function _isPermitted(uint256 tokenId, uint256 authMethodType, bytes memory id) private view returns (bool) {
        return _methodsOfToken[tokenId].contains(getAuthMethodId(authMethodType, id));
    }

    function _hasScope(uint256 tokenId, uint256 key, uint256 scopeId) private view returns (bool) {
        return _scopes[tokenId][key][scopeId >> 8] & (1 << (scopeId & 255)) != 0;
    }

    function _pkpNft() private view returns (IPKPNFT) {
        return IPKPNFT(getPkpNftAddress());
    }
}
