// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Owned} from "./Owned.sol";

/// @notice ERC-2771: calls of a trusted forwarder count as calls of the account it appended to the call data.
abstract contract ForwarderAware is Owned {
    address private _trustedForwarder;

    event TrustedForwarderSet(address newTrustedForwarder);

    /// @notice Sets the forwarder; the zero address trusts none.
    function setTrustedForwarder(address forwarder) external onlyOwner {
        _trustedForwarder = forwarder;
        emit TrustedForwarderSet(forwarder);
    }

    /// @notice The forwarder, zero if none is trusted.
    function getTrustedForwarder() external view returns (address) {
        return _trustedForwarder;
    }

    function _msgSender() internal view virtual returns (address) {
        if (msg.sender == _trustedForwarder && msg.data.length >= 20) {
            return address(bytes20(msg.data[msg.data.length - 20:]));
        }
        return msg.sender;
    }
}
