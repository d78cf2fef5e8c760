alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PKPNFT {
        struct Signature {
            bytes32 r;
            bytes32 s;
            uint8 v;
        }

        event PKPMinted(uint256 indexed tokenId, bytes pubkey);
        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

        function balanceOf(address owner) external view returns (uint256);
        function burn(uint256 tokenId) external;
        function claimAndMint(
            uint256 keyType,
            bytes32 derivedKeyId,
            Signature[] signatures,
            address stakingContractAddress
        ) external payable returns (uint256);
        function exists(uint256 tokenId) external view returns (bool);
        function getEthAddress(uint256 tokenId) external view returns (address);
        function getPubkey(uint256 tokenId) external view returns (bytes);
        function mintCost() external view returns (uint256);
        function mintGrantAndBurnNext(uint256 keyType, bytes ipfsCID)
            external payable returns (uint256);
        function mintNext(uint256 keyType) external payable returns (uint256);
        function ownerOf(uint256 tokenId) external view returns (address);
        function safeTransferFrom(address from, address to, uint256 tokenId) external;
        function tokenByIndex(uint256 index) external view returns (uint256);
        function tokenOfOwnerByIndex(address owner, uint256 index) external view returns (uint256);
        function totalSupply() external view returns (uint256);
    }
}

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PubkeyRouter {
        struct PubkeyRoutingData {
            bytes pubkey;
            uint256 keyType;
            bytes32 derivedKeyId;
        }

        struct RootKey {
            bytes pubkey;
            uint256 keyType;
        }

        event PubkeyRoutingDataSet(
            uint256 indexed tokenId,
            bytes pubkey,
            address stakingContract,
            uint256 keyType,
            bytes32 derivedKeyId
        );

        function ethAddressToPkpId(address ethAddress) external view returns (uint256);
        function getEthAddress(uint256 tokenId) external view returns (address);
        function getPubkey(uint256 tokenId) external view returns (bytes);
        function getRootKeys(address stakingContract) external view returns (RootKey[]);
        function getRoutingData(uint256 tokenId) external view returns (PubkeyRoutingData);
        function pubkeys(uint256 tokenId) external view returns (PubkeyRoutingData);
    }
}
