// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IERC20} from "./interfaces/IERC20.sol";
import {Owned} from "./lib/Owned.sol";

/// @notice Sends equal amounts to many accounts.
contract Multisender is Owned {
    /// @notice Sets up the contract.
    /// @param admin May take out what is left in the contract.
    function initialize(address admin) external initializer {
        _setOwner(admin);
    }

    /// @notice Sends the value in equal parts. What does not divide stays in the contract.
    function sendEth(address[] calldata _recipients) external payable {
        uint256 part = msg.value / _recipients.length;
        for (uint256 i = 0; i < _recipients.length; i++) {
            _send(_recipients[i], part);
        }
    }

    /// @notice Sends what the caller allowed this contract to spend, in equal parts.
    function sendTokens(address[] calldata _recipients, address tokenContract) external {
        IERC20 token = IERC20(tokenContract);
        uint256 part = token.allowance(msg.sender, address(this)) / _recipients.length;
        for (uint256 i = 0; i < _recipients.length; i++) {
            require(token.transferFrom(msg.sender, _recipients[i], part), "Multisender: token transfer failed");
        }
    }

    /// @notice Sends what is left to the owner.
    function withdraw() external onlyOwner {
        _send(msg.sender, address(this).balance);
    }

    /// @notice Sends what is left of a token to the owner.
    function withdrawTokens(address tokenContract) external onlyOwner {
        IERC20 token = IERC20(tokenContract);
        require(token.transfer(msg.sender, token.balanceOf(address(this))), "Multisender: token transfer failed");
    }

    function _send(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        require(sent, "Multisender: transfer failed");
    }
}
