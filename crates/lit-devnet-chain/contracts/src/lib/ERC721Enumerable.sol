// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IERC721Receiver} from "../interfaces/IERC721Receiver.sol";
import {EnumerableSet} from "./EnumerableSet.sol";

/// @notice ERC-721 with enumeration and burning.
/// @dev The revert texts are those of the deployed contracts. Clients list tokens by counting an index up until the
/// call reverts, so the two index functions must revert out of range.
abstract contract ERC721Enumerable {
    using EnumerableSet for EnumerableSet.Set;

    EnumerableSet.Set private _tokens;
    mapping(uint256 => address) private _owners;
    mapping(address => EnumerableSet.Set) private _tokensOf;
    mapping(uint256 => address) private _approved;
    mapping(address => mapping(address => bool)) private _operators;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    /// @notice Name of the collection.
    function name() external pure virtual returns (string memory);

    /// @notice Short name of the collection.
    function symbol() external pure virtual returns (string memory);

    /// @notice Metadata of a token, as a `data:` URI.
    function tokenURI(uint256 tokenId) external view virtual returns (string memory);

    /// @notice Lets another account move one token. Only its owner, or an operator of the owner.
    function approve(address to, uint256 tokenId) external {
        address holder = ownerOf(tokenId);
        require(to != holder, "ERC721: approval to current owner");
        require(
            _msgSender() == holder || isApprovedForAll(holder, _msgSender()),
            "ERC721: approve caller is not token owner or approved for all"
        );
        _approved[tokenId] = to;
        emit Approval(holder, to, tokenId);
    }

    /// @notice Lets another account move all tokens of the caller, or stops that.
    function setApprovalForAll(address operator, bool approved) external {
        require(operator != _msgSender(), "ERC721: approve to caller");
        _operators[_msgSender()][operator] = approved;
        emit ApprovalForAll(_msgSender(), operator, approved);
    }

    /// @notice Moves a token. Only for its owner and for those the owner approved.
    function transferFrom(address from, address to, uint256 tokenId) external {
        _requireMayMove(tokenId);
        _transfer(from, to, tokenId);
    }

    /// @notice Moves a token; a receiving contract must accept it.
    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        _safeTransfer(from, to, tokenId, "");
    }

    /// @notice Moves a token; a receiving contract must accept it, and is given `data`.
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes calldata data) external {
        _safeTransfer(from, to, tokenId, data);
    }

    /// @notice Destroys a token. Only for its owner and for those the owner approved.
    function burn(uint256 tokenId) external {
        _requireMayMove(tokenId);
        _burn(tokenId);
    }

    /// @notice Number of tokens of an account.
    function balanceOf(address holder) external view returns (uint256) {
        require(holder != address(0), "ERC721: address zero is not a valid owner");
        return _tokensOf[holder].length();
    }

    /// @notice The token at a position in an account's list. Reverts at the end of the list.
    function tokenOfOwnerByIndex(address holder, uint256 index) external view returns (uint256) {
        require(index < _tokensOf[holder].length(), "ERC721Enumerable: owner index out of bounds");
        return _tokensOf[holder].elementAt(index);
    }

    /// @notice The token at a position in the list of all tokens. Reverts at the end of the list.
    function tokenByIndex(uint256 index) external view returns (uint256) {
        require(index < _tokens.length(), "ERC721Enumerable: global index out of bounds");
        return _tokens.elementAt(index);
    }

    /// @notice The account that may move one token beside its owner, zero if none.
    function getApproved(uint256 tokenId) external view returns (address) {
        ownerOf(tokenId);
        return _approved[tokenId];
    }

    /// @notice ERC-165: itself, ERC-721, its metadata and its enumeration.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == 0x01ffc9a7 || interfaceId == 0x80ac58cd || interfaceId == 0x5b5e139f
            || interfaceId == 0x780e9d63;
    }

    /// @notice Number of tokens that exist.
    function totalSupply() public view returns (uint256) {
        return _tokens.length();
    }

    /// @notice Owner of a token. Reverts for tokens that do not exist.
    function ownerOf(uint256 tokenId) public view returns (address) {
        address holder = _owners[tokenId];
        require(holder != address(0), "ERC721: invalid token ID");
        return holder;
    }

    /// @notice Whether an account may move all tokens of another one.
    function isApprovedForAll(address holder, address operator) public view returns (bool) {
        return _operators[holder][operator];
    }

    function _exists(uint256 tokenId) internal view returns (bool) {
        return _owners[tokenId] != address(0);
    }

    function _tokenCount(address holder) internal view returns (uint256) {
        return _tokensOf[holder].length();
    }

    function _tokenAt(address holder, uint256 index) internal view returns (uint256) {
        return _tokensOf[holder].elementAt(index);
    }

    function _mint(address to, uint256 tokenId) internal {
        require(to != address(0), "ERC721: mint to the zero address");
        require(_tokens.add(tokenId), "ERC721: token already minted");
        _tokensOf[to].add(tokenId);
        _owners[tokenId] = to;
        emit Transfer(address(0), to, tokenId);
    }

    function _safeMint(address to, uint256 tokenId) internal {
        _mint(to, tokenId);
        _requireAccepted(address(0), to, tokenId, "");
    }

    function _burn(uint256 tokenId) internal {
        address holder = ownerOf(tokenId);
        delete _approved[tokenId];
        delete _owners[tokenId];
        _tokensOf[holder].remove(tokenId);
        _tokens.remove(tokenId);
        emit Transfer(holder, address(0), tokenId);
    }

    function _msgSender() internal view virtual returns (address) {
        return msg.sender;
    }

    function _transfer(address from, address to, uint256 tokenId) private {
        require(ownerOf(tokenId) == from, "ERC721: transfer from incorrect owner");
        require(to != address(0), "ERC721: transfer to the zero address");
        delete _approved[tokenId];
        // A transfer to oneself keeps the order of one's list.
        if (from != to) {
            _tokensOf[from].remove(tokenId);
            _tokensOf[to].add(tokenId);
            _owners[tokenId] = to;
        }
        emit Transfer(from, to, tokenId);
    }

    function _safeTransfer(address from, address to, uint256 tokenId, bytes memory data) private {
        _requireMayMove(tokenId);
        _transfer(from, to, tokenId);
        _requireAccepted(from, to, tokenId, data);
    }

    function _requireMayMove(uint256 tokenId) private view {
        address holder = ownerOf(tokenId);
        address caller = _msgSender();
        require(
            caller == holder || caller == _approved[tokenId] || isApprovedForAll(holder, caller),
            "ERC721: caller is not token owner or approved"
        );
    }

    function _requireAccepted(address from, address to, uint256 tokenId, bytes memory data) private {
        if (to.code.length == 0) return;
        try IERC721Receiver(to).onERC721Received(_msgSender(), from, tokenId, data) returns (bytes4 answer) {
            require(
                answer == IERC721Receiver.onERC721Received.selector,
                "ERC721: transfer to non ERC721Receiver implementer"
            );
        } catch (bytes memory reason) {
            require(reason.length != 0, "ERC721: transfer to non ERC721Receiver implementer");
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
