// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @notice Numbers and bytes as text, for token metadata.
library Text {
    bytes16 private constant HEX_DIGITS = "0123456789abcdef";
    bytes private constant BASE64_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// @return text The decimal digits of a number.
    function decimal(uint256 number) internal pure returns (string memory text) {
        uint256 digits = 1;
        for (uint256 rest = number / 10; rest != 0; rest /= 10) {
            digits++;
        }
        bytes memory buffer = new bytes(digits);
        for (uint256 i = digits; i > 0; i--) {
            buffer[i - 1] = bytes1(uint8(48 + (number % 10)));
            number /= 10;
        }
        return string(buffer);
    }

    /// @return The bytes as lower-case hex, with `0x`.
    function hexadecimal(bytes memory data) internal pure returns (string memory) {
        bytes memory buffer = new bytes(2 + 2 * data.length);
        buffer[0] = "0";
        buffer[1] = "x";
        for (uint256 i = 0; i < data.length; i++) {
            buffer[2 + 2 * i] = HEX_DIGITS[uint8(data[i]) >> 4];
            buffer[3 + 2 * i] = HEX_DIGITS[uint8(data[i]) & 15];
        }
        return string(buffer);
    }

    /// @return The bytes in base64 of RFC 4648, padded.
    function base64(bytes memory data) internal pure returns (string memory) {
        bytes memory buffer = new bytes(4 * ((data.length + 2) / 3));
        bytes memory digits = BASE64_DIGITS;
        uint256 out = 0;
        for (uint256 i = 0; i < data.length; i += 3) {
            uint256 left = data.length - i;
            uint256 group = uint256(uint8(data[i])) << 16;
            if (left > 1) group |= uint256(uint8(data[i + 1])) << 8;
            if (left > 2) group |= uint8(data[i + 2]);

            buffer[out++] = digits[group >> 18];
            buffer[out++] = digits[(group >> 12) & 63];
            buffer[out++] = left > 1 ? digits[(group >> 6) & 63] : bytes1("=");
            buffer[out++] = left > 2 ? digits[group & 63] : bytes1("=");
        }
        return string(buffer);
    }

    /// @return A `data:` URI with JSON in base64, the only form of token metadata that the official client reads.
    function jsonUri(bytes memory json) internal pure returns (string memory) {
        return string.concat("data:application/json;base64,", base64(json));
    }
}
