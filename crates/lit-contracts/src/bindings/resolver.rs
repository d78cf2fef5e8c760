alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface ContractResolver {
        function getContract(bytes32 typ, uint8 env) external view returns (address);
    }
}
