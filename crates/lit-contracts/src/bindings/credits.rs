alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface RateLimitNFT {
        struct RateLimit {
            uint256 requestsPerKilosecond;
            uint256 expiresAt;
        }

        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

        function RLIHolderRateLimitWindowSeconds() external view returns (uint256);
        function additionalRequestsPerKilosecondCost() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function calculateCost(uint256 requestsPerKilosecond, uint256 expiresAt)
            external view returns (uint256);
        function calculateRequestsPerKilosecond(uint256 payingAmount, uint256 expiresAt)
            external view returns (uint256);
        function capacity(uint256 tokenId) external view returns (RateLimit);
        function currentSoldRequestsPerKilosecond() external view returns (uint256);
        function defaultRateLimitWindowSeconds() external view returns (uint256);
        function freeRequestsPerRateLimitWindow() external view returns (uint256);
        function isExpired(uint256 tokenId) external view returns (bool);
        function maxExpirationSeconds() external view returns (uint256);
        function maxRequestsPerKilosecond() external view returns (uint256);
        function mint(uint256 expiresAt) external payable returns (uint256);
        function ownerOf(uint256 tokenId) external view returns (address);
        function pruneExpired(address owner) external;
        function tokenByIndex(uint256 index) external view returns (uint256);
        function tokenOfOwnerByIndex(address owner, uint256 index) external view returns (uint256);
        function tokenURI(uint256 tokenId) external view returns (string);
        function totalSupply() external view returns (uint256);
        function transferFrom(address from, address to, uint256 tokenId) external;
    }
}
