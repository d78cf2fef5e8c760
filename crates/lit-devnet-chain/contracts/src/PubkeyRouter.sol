// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IKeyDeriver, RootKey} from "./interfaces/IKeyDeriver.sol";
import {IPubkeyRouter, Signature} from "./interfaces/IPubkeyRouter.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {ContractTypes} from "./lib/ContractTypes.sol";
import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {Resolved} from "./lib/Resolved.sol";
import {Text} from "./lib/Text.sol";

/// @notice Knows the public key and the key id of every PKP, and the root keys they are derived from.
contract PubkeyRouter is IPubkeyRouter, Resolved, DiamondFallback {
    struct PubkeyRoutingData {
        bytes pubkey;
        uint256 keyType;
        bytes32 derivedKeyId;
    }

    /// Key type of ECDSA on secp256k1: what PKPs are derived as, whatever type is stored with them.
    uint256 private constant ECDSA_K256 = 2;

    mapping(uint256 => PubkeyRoutingData) private _routingData;
    mapping(address => RootKey[]) private _rootKeys;

    /// @notice Token id of the PKP with an Ethereum address, zero if there is none.
    mapping(address => uint256) public ethAddressToPkpId;

    event PubkeyRoutingDataSet(
        uint256 indexed tokenId, bytes pubkey, address stakingContract, uint256 keyType, bytes32 derivedKeyId
    );
    event RootKeySet(address stakingContract, RootKey rootKey);

    /// @notice Sets up the contract, with the root keys of the network, which the dealer made.
    /// @param admin May change the resolver.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    /// @param stakingContract The Staking contract of the nodes that hold the root keys.
    /// @param rootKeys The root keys. The order of those of type 2 decides what is derived.
    function initialize(
        address admin,
        address resolver,
        uint8 environment,
        address stakingContract,
        RootKey[] calldata rootKeys
    ) external initializer {
        _initializeResolved(admin, resolver, environment);
        for (uint256 i = 0; i < rootKeys.length; i++) {
            _rootKeys[stakingContract].push(rootKeys[i]);
            emit RootKeySet(stakingContract, rootKeys[i]);
        }
    }

    /// @notice Registers the key of a PKP that is being minted. Only for PKPNFT.
    /// @dev Must stay the first thing that a mint logs: clients read the token id from log 0.
    function setRoutingData(
        uint256 tokenId,
        bytes calldata pubkey,
        address stakingContractAddress,
        uint256 keyType,
        bytes32 derivedKeyId
    ) external {
        require(msg.sender == getPkpNftAddress(), "PubkeyRouter: caller is not PKPNFT");
        require(tokenId == uint256(keccak256(pubkey)), "PubkeyRouter: tokenId does not match hashed pubkey");
        require(keyType != 0, "PubkeyRouter: key type must not be zero");
        require(!isRouted(tokenId), "PubkeyRouter: pubkey already has routing data");

        _routingData[tokenId] = PubkeyRoutingData(pubkey, keyType, derivedKeyId);
        ethAddressToPkpId[deriveEthAddressFromPubkey(pubkey)] = tokenId;
        emit PubkeyRoutingDataSet(tokenId, pubkey, stakingContractAddress, keyType, derivedKeyId);
    }

    /// @notice Checks that enough nodes of a network signed a message (EIP-191, over the raw bytes).
    /// @dev Signatures of one node count as often as they are given, as on the deployed contract.
    /// @return True; it reverts otherwise.
    function checkNodeSignatures(
        Signature[] calldata signatures,
        bytes calldata signedMessage,
        address stakingContractAddress
    ) external view returns (bool) {
        IStaking staking = IStaking(stakingContractAddress);
        require(
            signatures.length >= staking.currentValidatorCountForConsensus(),
            "PubkeyRouter: incorrect number of signatures on a given root key"
        );

        bytes32 digest = keccak256(
            abi.encodePacked(
                "\x19Ethereum Signed Message:\n", Text.decimal(signedMessage.length), signedMessage
            )
        );
        for (uint256 i = 0; i < signatures.length; i++) {
            address signer = ecrecover(digest, signatures[i].v, signatures[i].r, signatures[i].s);
            require(
                signer != address(0) && staking.isActiveValidatorByNodeAddress(signer),
                "PubkeyRouter: signer is not active validator"
            );
        }
        return true;
    }

    /// @notice The public key that the root keys of a network give for a key id: 65 bytes, uncompressed.
    function getDerivedPubkey(address stakingContract, bytes32 derivedKeyId) external view returns (bytes memory) {
        IKeyDeriver deriver = IKeyDeriver(_resolve(ContractTypes.HD_KEY_DERIVER));
        (bool derived, bytes memory pubkey) =
            deriver.computeHDPubKey(derivedKeyId, _rootKeys[stakingContract], ECDSA_K256);
        require(derived, "PubkeyRouter: key derivation failed");
        return pubkey;
    }

    /// @notice The root keys of a network, in order.
    function getRootKeys(address stakingContract) external view returns (RootKey[] memory) {
        return _rootKeys[stakingContract];
    }

    /// @notice What is known of a PKP; empty for unknown tokens.
    function getRoutingData(uint256 tokenId) external view returns (PubkeyRoutingData memory) {
        return _routingData[tokenId];
    }

    /// @notice What is known of a PKP; empty for unknown tokens. The name that nodes use.
    function pubkeys(uint256 tokenId) external view returns (PubkeyRoutingData memory) {
        return _routingData[tokenId];
    }

    /// @notice Public key of a PKP, 65 bytes uncompressed; empty for unknown tokens.
    function getPubkey(uint256 tokenId) external view returns (bytes memory) {
        return _routingData[tokenId].pubkey;
    }

    /// @notice Ethereum address of a PKP. Reverts for unknown tokens.
    function getEthAddress(uint256 tokenId) external view returns (address) {
        return deriveEthAddressFromPubkey(_routingData[tokenId].pubkey);
    }

    /// @notice Whether the key of a token is known.
    function isRouted(uint256 tokenId) public view returns (bool) {
        return _routingData[tokenId].pubkey.length != 0;
    }

    /// @notice The PKPNFT contract.
    function getPkpNftAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_NFT);
    }

    /// @notice Ethereum address of an uncompressed public key of 65 bytes.
    function deriveEthAddressFromPubkey(bytes memory pubkey) public pure returns (address ethAddress) {
        require(pubkey.length == 65, "slice_outOfBounds");
        // The first byte says that the key is uncompressed; it is not hashed.
        assembly ("memory-safe") {
            ethAddress := and(keccak256(add(pubkey, 33), 64), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }
}
