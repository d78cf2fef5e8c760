// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Owned} from "./lib/Owned.sol";

/// @notice Lit Actions that nodes run when they are told to run only some.
contract Allowlist is Owned {
    /// @notice Whether everything is allowed.
    bool public allowAll;

    /// @notice What is allowed by itself.
    mapping(bytes32 => bool) public allowedItems;

    mapping(address => bool) private _admins;

    event AdminAdded(address indexed newAdmin);
    event AdminRemoved(address indexed newAdmin);
    event ItemAllowed(bytes32 indexed key);
    event ItemNotAllowed(bytes32 indexed key);

    error CallerNotAdmin();

    modifier onlyAdmin() {
        if (msg.sender != owner && !_admins[msg.sender]) revert CallerNotAdmin();
        _;
    }

    /// @notice Sets up the contract, with everything allowed.
    /// @param admin May change the list and name others who may.
    function initialize(address admin) external initializer {
        _setOwner(admin);
        allowAll = true;
    }

    /// @notice Lets an account change the list.
    function addAdmin(address newAdmin) external onlyOwner {
        _admins[newAdmin] = true;
        emit AdminAdded(newAdmin);
    }

    /// @notice Takes that right from an account.
    function removeAdmin(address newAdmin) external onlyOwner {
        delete _admins[newAdmin];
        emit AdminRemoved(newAdmin);
    }

    /// @notice Allows everything, or only what is listed.
    function setAllowAll(bool _allowAll) external onlyAdmin {
        allowAll = _allowAll;
    }

    /// @notice Puts an item on the list.
    /// @param key For a Lit Action, the hash of `LIT_ACTION_` and its CID.
    function setAllowed(bytes32 key) external onlyAdmin {
        allowedItems[key] = true;
        emit ItemAllowed(key);
    }

    /// @notice Takes an item from the list.
    function setNotAllowed(bytes32 key) external onlyAdmin {
        delete allowedItems[key];
        emit ItemNotAllowed(key);
    }

    /// @notice Whether an item is allowed.
    function isAllowed(bytes32 key) external view returns (bool) {
        return allowAll || allowedItems[key];
    }
}
