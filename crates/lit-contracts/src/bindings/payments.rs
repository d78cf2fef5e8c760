alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PaymentDelegation {
        struct Restriction {
            uint256 requestsPerPeriod;
            uint256 periodSeconds;
        }

        function delegatePayments(address user) external;
        function delegatePaymentsBatch(address[] users) external;
        function getPayers(address user) external view returns (address[]);
        function getPayersAndRestrictions(address[] users)
            external view returns (address[][], Restriction[][]);
        function getRestriction(address payer) external view returns (Restriction);
        function getUsers(address payer) external view returns (address[]);
        function setRestriction(Restriction r) external;
        function undelegatePayments(address user) external;
        function undelegatePaymentsBatch(address[] users) external;
    }
}
