// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {IPKPNFT} from "./interfaces/IPKPNFT.sol";
import {IPKPNFTMetadata} from "./interfaces/IPKPNFTMetadata.sol";
import {IPKPPermissions} from "./interfaces/IPKPPermissions.sol";
import {IPubkeyRouter, Signature} from "./interfaces/IPubkeyRouter.sol";
import {ContractTypes} from "./lib/ContractTypes.sol";
import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {ERC721Enumerable} from "./lib/ERC721Enumerable.sol";
import {ForwarderAware} from "./lib/ForwarderAware.sol";
import {Resolved} from "./lib/Resolved.sol";

/// @notice Programmable key pairs. A token is a key pair of the network, its id the hash of the public key.
contract PKPNFT is ERC721Enumerable, Resolved, ForwarderAware, DiamondFallback {
    /// Signing anything: scope of the action in `mintGrantAndBurnNext`.
    uint256 private constant SCOPE_SIGN_ANYTHING = 1;

    /// @notice What a PKP costs, in wei. It must be paid exactly.
    uint256 public mintCost;

    event MintCostSet(uint256 newMintCost);
    event PKPMinted(uint256 indexed tokenId, bytes pubkey);
    event Withdrew(uint256 amount);

    /// @notice The deployed contract takes plain payments, too.
    receive() external payable {}

    /// @notice Sets up the contract, with a price of 1 wei.
    /// @param admin May change the settings.
    /// @param resolver The ContractResolver.
    /// @param environment The environment at the resolver.
    function initialize(address admin, address resolver, uint8 environment) external initializer {
        _initializeResolved(admin, resolver, environment);
        mintCost = 1;
    }

    /// @notice Mints a PKP with a new key to the caller.
    /// @param keyType Type of the key, 2 for ECDSA. It is stored as given.
    function mintNext(uint256 keyType) external payable returns (uint256) {
        (uint256 tokenId, bytes memory pubkey) = _route(keyType, getNextDerivedKeyId(), getStakingAddress());
        _safeMint(_msgSender(), tokenId);
        emit PKPMinted(tokenId, pubkey);
        return tokenId;
    }

    /// @notice Mints the PKP for a key id that the nodes granted to the caller.
    /// @param signatures Signatures of the nodes over the key id.
    /// @param stakingContractAddress Whose nodes these are.
    function claimAndMint(
        uint256 keyType,
        bytes32 derivedKeyId,
        Signature[] calldata signatures,
        address stakingContractAddress
    ) external payable returns (uint256) {
        return _claim(keyType, derivedKeyId, signatures, stakingContractAddress);
    }

    /// @notice The same for the nodes of this network: the form that the official client 7.4.0 encodes.
    function claimAndMint(uint256 keyType, bytes32 derivedKeyId, Signature[] calldata signatures)
        external
        payable
        returns (uint256)
    {
        return _claim(keyType, derivedKeyId, signatures, getStakingAddress());
    }

    /// @notice Mints a PKP that only one Lit Action can use, for ever: nobody owns it afterwards.
    /// @param ipfsCID The action: its CID version 0, decoded.
    function mintGrantAndBurnNext(uint256 keyType, bytes calldata ipfsCID) external payable returns (uint256) {
        (uint256 tokenId, bytes memory pubkey) = _route(keyType, getNextDerivedKeyId(), getStakingAddress());
        // Only an owner may permit.
        _mint(address(this), tokenId);
        emit PKPMinted(tokenId, pubkey);

        uint256[] memory scopes = new uint256[](1);
        scopes[0] = SCOPE_SIGN_ANYTHING;
        IPKPPermissions(getPkpPermissionsAddress()).addPermittedAction(tokenId, ipfsCID, scopes);
        _burn(tokenId);
        return tokenId;
    }

    /// @notice Changes the price.
    /// @param newMintCost Wei.
    function setMintCost(uint256 newMintCost) external onlyOwner {
        mintCost = newMintCost;
        emit MintCostSet(newMintCost);
    }

    /// @notice Sends what was paid to the owner of the contract.
    function withdraw() external onlyOwner {
        uint256 amount = address(this).balance;
        (bool sent,) = msg.sender.call{value: amount}("");
        require(sent, "PKPNFT: transfer failed");
        emit Withdrew(amount);
    }

    /// @notice Whether a PKP exists and is not burned.
    function exists(uint256 tokenId) external view returns (bool) {
        return _exists(tokenId);
    }

    /// @notice Public key of a PKP, 65 bytes uncompressed. Empty if there is none, and kept after burning.
    function getPubkey(uint256 tokenId) external view returns (bytes memory) {
        return _router().getPubkey(tokenId);
    }

    /// @notice Ethereum address of a PKP. Reverts if there is none.
    function getEthAddress(uint256 tokenId) external view returns (address) {
        return _router().getEthAddress(tokenId);
    }

    /// @inheritdoc ERC721Enumerable
    function tokenURI(uint256 tokenId) external view override returns (string memory) {
        ownerOf(tokenId);
        return IPKPNFTMetadata(getPkpNftMetadataAddress()).tokenURI(
            tokenId, _router().getPubkey(tokenId), _router().getEthAddress(tokenId)
        );
    }

    /// @inheritdoc ERC721Enumerable
    function name() external pure override returns (string memory) {
        return "Programmable Keypair";
    }

    /// @inheritdoc ERC721Enumerable
    function symbol() external pure override returns (string memory) {
        return "PKP";
    }

    /// @notice Key id of the next mint.
    /// @dev A mint, a burn and a mint in one block would get the same key twice; the second is refused by the router.
    function getNextDerivedKeyId() public view returns (bytes32) {
        bytes32 parent;
        // Calls and estimates may run on the genesis block; there the hash is zero instead of a revert.
        unchecked {
            parent = blockhash(block.number - 1);
        }
        return keccak256(abi.encodePacked(totalSupply() + 1, parent));
    }

    /// @notice The PubkeyRouter contract.
    function getRouterAddress() public view returns (address) {
        return _resolve(ContractTypes.PUB_KEY_ROUTER);
    }

    /// @notice The Staking contract.
    function getStakingAddress() public view returns (address) {
        return _resolve(ContractTypes.STAKING);
    }

    /// @notice The PKPPermissions contract.
    function getPkpPermissionsAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_PERMISSIONS);
    }

    /// @notice The PKPNFTMetadata contract.
    function getPkpNftMetadataAddress() public view returns (address) {
        return _resolve(ContractTypes.PKP_NFT_METADATA);
    }

    function _msgSender() internal view override(ERC721Enumerable, ForwarderAware) returns (address) {
        return ForwarderAware._msgSender();
    }

    function _claim(
        uint256 keyType,
        bytes32 derivedKeyId,
        Signature[] calldata signatures,
        address stakingContractAddress
    ) private returns (uint256) {
        // Anybody can deploy a Staking contract with validators of his own.
        require(stakingContractAddress == getStakingAddress(), "PKPNFT: foreign staking contract");
        _router().checkNodeSignatures(signatures, abi.encodePacked(derivedKeyId), stakingContractAddress);

        (uint256 tokenId, bytes memory pubkey) = _route(keyType, derivedKeyId, stakingContractAddress);
        _safeMint(_msgSender(), tokenId);
        emit PKPMinted(tokenId, pubkey);
        return tokenId;
    }

    /// @dev Takes the price, derives the key and registers it.
    function _route(uint256 keyType, bytes32 derivedKeyId, address stakingContractAddress)
        private
        returns (uint256 tokenId, bytes memory pubkey)
    {
        require(msg.value == mintCost, "You must pay exactly mint cost");
        IPubkeyRouter router = _router();
        pubkey = router.getDerivedPubkey(stakingContractAddress, derivedKeyId);
        tokenId = uint256(keccak256(pubkey));
        router.setRoutingData(tokenId, pubkey, stakingContractAddress, keyType, derivedKeyId);
    }

    function _router() private view returns (IPubkeyRouter) {
        return IPubkeyRouter(getRouterAddress());
    }
}
