// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IERC20} from "./interfaces/IERC20.sol";
import {Owned} from "./lib/Owned.sol";

/// @notice The token that validators stake: ERC-20 with a cap. The votes and permits of the deployed token are left
/// out, nothing on a dev chain asks for them.
contract LITToken is IERC20, Owned {
    /// @notice Decimals of an amount.
    uint8 public constant decimals = 18;

    /// @notice What the supply cannot exceed.
    uint256 public cap;

    /// @notice Amount that exists.
    uint256 public totalSupply;

    /// @notice Amount of an account.
    mapping(address => uint256) public balanceOf;

    /// @notice What the second account may spend of the first one's.
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice Sets up the token.
    /// @param admin May mint, and has all there is at first.
    /// @param cap_ What the supply cannot exceed.
    /// @param supply What there is at first.
    function initialize(address admin, uint256 cap_, uint256 supply) external initializer {
        _setOwner(admin);
        cap = cap_;
        _mint(admin, supply);
    }

    /// @notice Makes new tokens.
    function mint(address _recipient, uint256 _amount) external onlyOwner {
        _mint(_recipient, _amount);
    }

    /// @notice Sends tokens of the caller.
    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @notice Sends tokens of an account that allowed it.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _transfer(from, to, amount);
        return true;
    }

    /// @notice Destroys tokens of the caller.
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    /// @notice Destroys tokens of an account that allowed it.
    function burnFrom(address account, uint256 amount) external {
        _spend(account, amount);
        _burn(account, amount);
    }

    /// @notice Sets what an account may spend of the caller's.
    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    /// @notice Raises what an account may spend of the caller's.
    function increaseAllowance(address spender, uint256 addedValue) external returns (bool) {
        _approve(msg.sender, spender, allowance[msg.sender][spender] + addedValue);
        return true;
    }

    /// @notice Lowers what an account may spend of the caller's.
    function decreaseAllowance(address spender, uint256 subtractedValue) external returns (bool) {
        uint256 allowed = allowance[msg.sender][spender];
        require(allowed >= subtractedValue, "ERC20: decreased allowance below zero");
        _approve(msg.sender, spender, allowed - subtractedValue);
        return true;
    }

    /// @notice Name of the token.
    function name() external pure returns (string memory) {
        return "Lit Protocol";
    }

    /// @notice Short name of the token.
    function symbol() external pure returns (string memory) {
        return "LIT";
    }

    function _transfer(address from, address to, uint256 amount) private {
        require(to != address(0), "ERC20: transfer to the zero address");
        require(balanceOf[from] >= amount, "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function _mint(address to, uint256 amount) private {
        require(totalSupply + amount <= cap, "ERC20Capped: cap exceeded");
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function _burn(address from, uint256 amount) private {
        require(balanceOf[from] >= amount, "ERC20: burn amount exceeds balance");
        balanceOf[from] -= amount;
        totalSupply -= amount;
        emit Transfer(from, address(0), amount);
    }

    function _approve(address holder, address spender, uint256 amount) private {
        allowance[holder][spender] = amount;
        emit Approval(holder, spender, amount);
    }

    /// @dev The largest amount means without limit.
    function _spend(address holder, uint256 amount) private {
        uint256 allowed = allowance[holder][msg.sender];
        if (allowed == type(uint256).max) return;
        require(allowed >= amount, "ERC20: insufficient allowance");
        _approve(holder, msg.sender, allowed - amount);
    }
}
