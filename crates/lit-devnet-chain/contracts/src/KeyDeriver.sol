// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IKeyDeriver, RootKey} from "./interfaces/IKeyDeriver.sol";

/// @notice Derives public keys of PKPs from the root keys of the network.
/// @dev The curve arithmetic is the precompile's; README.md has the framing of its input and output.
contract KeyDeriver is IKeyDeriver {
    /// @notice Address of the precompile.
    address public constant HD_KDF = address(0xF5);

    /// Key type of ECDSA on secp256k1, the only one that PKPs have.
    uint256 private constant ECDSA_K256 = 2;
    uint8 private constant CURVE_K256 = 1;
    bytes private constant CONTEXT = "LIT_HD_KEY_ID_K256_XMD:SHA-256_SSWU_RO_NUL_";
    uint256 private constant UNCOMPRESSED_LENGTH = 65;

    /// @inheritdoc IKeyDeriver
    /// @notice The public key for a key id.
    /// @param derivedKeyId What the key is derived for.
    /// @param rootHDKeys The root keys in the order of the network, which matters. Those of other types are skipped.
    /// @param keyType Type of the key, 2.
    /// @return Whether there is such a key.
    /// @return The key: 65 bytes, uncompressed SEC1.
    function computeHDPubKey(bytes32 derivedKeyId, RootKey[] calldata rootHDKeys, uint256 keyType)
        external
        view
        returns (bool, bytes memory)
    {
        if (keyType != ECDSA_K256) return (false, "");

        bytes memory keys;
        uint32 count = 0;
        for (uint256 i = 0; i < rootHDKeys.length; i++) {
            if (rootHDKeys[i].keyType == keyType) {
                keys = bytes.concat(keys, rootHDKeys[i].pubkey);
                count++;
            }
        }

        (bool ok, bytes memory pubkey) = HD_KDF.staticcall(
            abi.encodePacked(
                CURVE_K256,
                uint32(derivedKeyId.length),
                derivedKeyId,
                uint32(CONTEXT.length),
                CONTEXT,
                count,
                keys
            )
        );
        // A chain without the precompile answers with success and no bytes.
        if (!ok || pubkey.length != UNCOMPRESSED_LENGTH) return (false, "");
        return (true, pubkey);
    }
}
