alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface Staking {
        struct Epoch {
            uint256 epochLength;
            uint256 number;
            uint256 endTime;
            uint256 retries;
            uint256 timeout;
        }

        struct Validator {
            uint32 ip;
            uint128 ipv6;
            uint32 port;
            address nodeAddress;
            uint256 reward;
            uint256 senderPubKey;
            uint256 receiverPubKey;
        }

        event StateChanged(uint8 newState);

        function contractResolver() external view returns (address);
        function currentValidatorCountForConsensus() external view returns (uint256);
        function epoch() external view returns (Epoch);
        function getActiveUnkickedValidatorStructsAndCounts()
            external view returns (Epoch, uint256, Validator[]);
        function state() external view returns (uint8);
    }
}
