// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {DiamondFallback} from "./lib/DiamondFallback.sol";
import {ERC721Enumerable} from "./lib/ERC721Enumerable.sol";
import {Owned} from "./lib/Owned.sol";
import {Text} from "./lib/Text.sol";

/// @notice Capacity credits: a token is a number of requests per kilosecond until a UTC midnight.
contract RateLimitNFT is ERC721Enumerable, Owned, DiamondFallback {
    struct RateLimit {
        uint256 requestsPerKilosecond;
        uint256 expiresAt;
    }

    /// @notice Price of one request per kilosecond for a kilosecond, in wei.
    uint256 public additionalRequestsPerKilosecondCost;

    /// @notice What all unexpired credits together must stay below.
    uint256 public maxRequestsPerKilosecond;

    /// @notice How far ahead an expiry may be, in seconds.
    uint256 public maxExpirationSeconds;

    /// @notice Window in which nodes count the requests of users without credits, in seconds.
    uint256 public defaultRateLimitWindowSeconds;

    /// @notice Window in which nodes count the requests of users with credits, in seconds.
    uint256 public RLIHolderRateLimitWindowSeconds;

    /// @notice Requests per window that need no credits.
    uint256 public freeRequestsPerRateLimitWindow;

    /// @notice Token id of the newest credit; they count from 1.
    uint256 public tokenIdCounter;

    /// @notice Requests per kilosecond of all credits that expire at a time.
    mapping(uint256 => uint256) public totalSoldRequestsPerKilosecondByExpirationTime;

    mapping(uint256 => RateLimit) private _capacity;

    event AdditionalRequestsPerKilosecondCostSet(uint256 newAdditionalRequestsPerKilosecondCost);
    event FreeRequestsPerRateLimitWindowSet(uint256 newFreeRequestsPerRateLimitWindow);
    event RLIHolderRateLimitWindowSecondsSet(uint256 newRLIHolderRateLimitWindowSeconds);
    event RateLimitWindowSecondsSet(uint256 newRateLimitWindowSeconds);
    event Withdrew(uint256 amount);

    /// @notice The deployed contract takes plain payments, too.
    receive() external payable {}

    /// @notice Sets up the contract, with the prices and limits of a fresh official deployment.
    /// @param admin May change the settings.
    function initialize(address admin) external initializer {
        _setOwner(admin);
        additionalRequestsPerKilosecondCost = 1_000_000;
        maxRequestsPerKilosecond = 10_000;
        maxExpirationSeconds = 30 days;
        defaultRateLimitWindowSeconds = 1 days;
        RLIHolderRateLimitWindowSeconds = 1 days;
    }

    /// @notice Mints a credit to the caller. Its capacity is what the value pays for; nothing is given back.
    /// @param expiresAt Seconds since the epoch, a UTC midnight.
    /// @return tokenId The token id.
    function mint(uint256 expiresAt) external payable returns (uint256 tokenId) {
        require(msg.value > 0, "You must pay more than 0");
        _requireValidExpiry(expiresAt);
        uint256 requestsPerKilosecond = calculateRequestsPerKilosecond(msg.value, expiresAt);
        require(requestsPerKilosecond > 0, "The requestsPerKilosecond must be greater than 0");
        require(
            checkBelowMaxRequestsPerKilosecond(requestsPerKilosecond),
            "Can't allocate capacity beyond the global max requests per kilosecond"
        );

        tokenId = ++tokenIdCounter;
        _capacity[tokenId] = RateLimit(requestsPerKilosecond, expiresAt);
        totalSoldRequestsPerKilosecondByExpirationTime[expiresAt] += requestsPerKilosecond;
        _safeMint(msg.sender, tokenId);
    }

    /// @notice Burns the expired credits of an account. Anyone may do so.
    function pruneExpired(address holder) external {
        // Burning moves the last token into the gap, so the list is walked from its end.
        for (uint256 i = _tokenCount(holder); i > 0; i--) {
            uint256 tokenId = _tokenAt(holder, i - 1);
            if (_capacity[tokenId].expiresAt < block.timestamp) _burn(tokenId);
        }
    }

    /// @notice Changes the price of one request per kilosecond for a kilosecond, in wei.
    function setAdditionalRequestsPerKilosecondCost(uint256 newAdditionalRequestsPerKilosecondCost)
        external
        onlyOwner
    {
        additionalRequestsPerKilosecondCost = newAdditionalRequestsPerKilosecondCost;
        emit AdditionalRequestsPerKilosecondCostSet(newAdditionalRequestsPerKilosecondCost);
    }

    /// @notice Changes what all unexpired credits together must stay below.
    function setMaxRequestsPerKilosecond(uint256 newMaxRequestsPerKilosecond) external onlyOwner {
        maxRequestsPerKilosecond = newMaxRequestsPerKilosecond;
    }

    /// @notice Changes how far ahead an expiry may be, in seconds.
    function setMaxExpirationSeconds(uint256 newMaxExpirationSeconds) external onlyOwner {
        maxExpirationSeconds = newMaxExpirationSeconds;
    }

    /// @notice Changes the window for users without credits, in seconds.
    function setRateLimitWindowSeconds(uint256 newRateLimitWindowSeconds) external onlyOwner {
        defaultRateLimitWindowSeconds = newRateLimitWindowSeconds;
        emit RateLimitWindowSecondsSet(newRateLimitWindowSeconds);
    }

    /// @notice Changes the window for users with credits, in seconds.
    function setRLIHolderRateLimitWindowSeconds(uint256 newRLIHolderRateLimitWindowSeconds) external onlyOwner {
        RLIHolderRateLimitWindowSeconds = newRLIHolderRateLimitWindowSeconds;
        emit RLIHolderRateLimitWindowSecondsSet(newRLIHolderRateLimitWindowSeconds);
    }

    /// @notice Changes how many requests per window need no credits.
    function setFreeRequestsPerRateLimitWindow(uint256 newFreeRequestsPerRateLimitWindow) external onlyOwner {
        freeRequestsPerRateLimitWindow = newFreeRequestsPerRateLimitWindow;
        emit FreeRequestsPerRateLimitWindowSet(newFreeRequestsPerRateLimitWindow);
    }

    /// @notice Sends what was paid to the owner of the contract.
    function withdraw() external onlyOwner {
        uint256 amount = address(this).balance;
        (bool sent,) = msg.sender.call{value: amount}("");
        require(sent, "RateLimitNFT: transfer failed");
        emit Withdrew(amount);
    }

    /// @notice What a credit would cost in this block, in wei.
    /// @param requestsPerKilosecond More than 0.
    /// @param expiresAt Seconds since the epoch, a UTC midnight.
    function calculateCost(uint256 requestsPerKilosecond, uint256 expiresAt) external view returns (uint256) {
        require(requestsPerKilosecond > 0, "The requestsPerKilosecond must be greater than 0");
        _requireValidExpiry(expiresAt);
        return requestsPerKilosecond * (expiresAt - block.timestamp) * additionalRequestsPerKilosecondCost / 1000;
    }

    /// @notice Requests per kilosecond and expiry of a credit; zeros for unknown tokens.
    function capacity(uint256 tokenId) external view returns (RateLimit memory) {
        return _capacity[tokenId];
    }

    /// @notice Whether a credit has expired.
    function isExpired(uint256 tokenId) external view returns (bool) {
        return _capacity[tokenId].expiresAt <= block.timestamp;
    }

    /// @inheritdoc ERC721Enumerable
    function tokenURI(uint256 tokenId) external view override returns (string memory) {
        ownerOf(tokenId);
        return Text.jsonUri(
            abi.encodePacked(
                '{"name":"Lit Protocol Rate Limit Increase #',
                Text.decimal(tokenId),
                '","description":"This NFT entitles the holder to a rate limit increase on the Lit Protocol network.",',
                '"image_data":"',
                tokenSVG(tokenId),
                '","attributes":[{"display_type":"date","trait_type":"Expiration Date","value":',
                Text.decimal(_capacity[tokenId].expiresAt),
                '},{"display_type":"number","trait_type":"Millirequests Per Second","value":',
                Text.decimal(_capacity[tokenId].requestsPerKilosecond),
                "}]}"
            )
        );
    }

    /// @inheritdoc ERC721Enumerable
    function name() external pure override returns (string memory) {
        return "Rate Limit Increases on Lit Protocol";
    }

    /// @inheritdoc ERC721Enumerable
    function symbol() external pure override returns (string memory) {
        return "RLI";
    }

    /// @notice Requests per kilosecond that an amount pays for in this block.
    /// @param payingAmount Wei.
    /// @param expiresAt Seconds since the epoch.
    function calculateRequestsPerKilosecond(uint256 payingAmount, uint256 expiresAt) public view returns (uint256) {
        return payingAmount / ((expiresAt - block.timestamp) * additionalRequestsPerKilosecondCost / 1000);
    }

    /// @notice Whether this much more can be sold.
    function checkBelowMaxRequestsPerKilosecond(uint256 requestedRequestsPerKilosecond) public view returns (bool) {
        return currentSoldRequestsPerKilosecond() + requestedRequestsPerKilosecond < maxRequestsPerKilosecond;
    }

    /// @notice Requests per kilosecond of all unexpired credits.
    function currentSoldRequestsPerKilosecond() public view returns (uint256 sold) {
        // Credits expire at midnight only.
        uint256 last = block.timestamp + maxExpirationSeconds;
        for (uint256 midnight = (block.timestamp / 1 days + 1) * 1 days; midnight <= last; midnight += 1 days) {
            sold += totalSoldRequestsPerKilosecondByExpirationTime[midnight];
        }
    }

    /// @notice A picture of a credit.
    function tokenSVG(uint256 tokenId) public view returns (string memory) {
        return string.concat(
            "<svg xmlns='http://www.w3.org/2000/svg' width='400' height='120'><text x='20' y='40'>",
            Text.decimal(_capacity[tokenId].requestsPerKilosecond),
            " requests per kilosecond</text><text x='20' y='80'>until ",
            Text.decimal(_capacity[tokenId].expiresAt),
            "</text></svg>"
        );
    }

    function _requireValidExpiry(uint256 expiresAt) private view {
        require(expiresAt > block.timestamp, "Expiration time is in the past");
        require(
            expiresAt < block.timestamp + maxExpirationSeconds,
            "You cannot purchase an expiration time that is more than the maxExpirationSeconds in the future"
        );
        require(expiresAt % 1 days == 0, "Expiration time must be set to midnight on any given day");
    }
}
