use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolValue, sol};
use lit_devnet_chain::Chain;

// The source, for solc 0.8.37 with the optimizer at 1 run, evmVersion shanghai, and no metadata:
//
// contract Counter {
//     event Bumped(address indexed by, uint256 indexed step, uint256 value);
//     error TooBig(uint256 given, uint256 max);
//
//     uint256 public value;
//
//     constructor(uint256 start) payable { value = start; }
//
//     function bump(uint256 step) external payable returns (uint256) {
//         if (step > 100) revert TooBig(step, 100);
//         value += step;
//         emit Bumped(msg.sender, step, value);
//         return value;
//     }
//     function fail() external pure { revert("no more"); }
//     function overflow(uint256 a) external pure returns (uint256) { return a + 1; }
//     function forever() external pure { while (true) {} }
//     function time() external view returns (uint256) { return block.timestamp; }
//     function hashOf(uint256 number) external view returns (bytes32) { return blockhash(number); }
//     function derive(bytes calldata input) external view returns (bool, bytes memory) {
//         return address(0xf5).staticcall(input);
//     }
// }
sol! {
    #[sol(rpc)]
    contract Counter {
        event Bumped(address indexed by, uint256 indexed step, uint256 value);
        #[derive(Debug, PartialEq)]
        error TooBig(uint256 given, uint256 max);
        function value() external view returns (uint256);
        function bump(uint256 step) external payable returns (uint256);
        function fail() external pure;
        function overflow(uint256 a) external pure returns (uint256);
        function forever() external pure;
        function time() external view returns (uint256);
        function hashOf(uint256 number) external view returns (bytes32);
        function derive(bytes calldata input) external view returns (bool, bytes memory);
    }
}

const CREATION: &str = "\
    60806040526040516103d03803806103d08339810160408190526020916026565b5f55603c565b5f602082840312156035575f5ffd5b50\
    51919050565b610387806100495f395ff3fe60806040526004361061006a575f3560e01c806316ada5471461006e57806339f786361461\
    008f5780633fa4f245146100bc578063517550bf146100d05780637e551b75146100ef5780639ff9a6031461010d578063a9cc47181461\
    0123578063b20eb4c414610137575b5f5ffd5b348015610079575f5ffd5b50425b6040519081526020015b60405180910390f35b348015\
    61009a575f5ffd5b506100ae6100a9366004610282565b61014a565b6040516100869291906102ee565b3480156100c7575f5ffd5b5061\
    007c5f5481565b3480156100db575f5ffd5b5061007c6100ea366004610342565b6101b1565b3480156100fa575f5ffd5b5061007c6101\
    09366004610342565b4090565b348015610118575f5ffd5b506101216101c3565b005b34801561012e575f5ffd5b506101216101c9565b\
    61007c610145366004610342565b610200565b5f606060f56001600160a01b03168484604051610168929190610359565b5f6040518083\
    0381855afa9150503d805f81146101a0576040519150601f19603f3d011682016040523d82523d5f602084013e6101a5565b606091505b\
    50915091509250929050565b5f6101bd826001610368565b92915050565b5b6101c4565b60405162461bcd60e51b815260206004820152\
    60076024820152666e6f206d6f726560c81b60448201526064015b60405180910390fd5b5f606482111561022d57604051631ab6737f60\
    e21b815260048101839052606460248201526044016101f7565b815f5f82825461023d9190610368565b90915550505f54604051908152\
    829033907f3fdc9480e909218b51f93b000cd2dd750d4bdfa8c1a930dc6ba52568dd8adfc89060200160405180910390a350505f549056\
    5b5f5f60208385031215610293575f5ffd5b82356001600160401b038111156102a8575f5ffd5b8301601f810185136102b8575f5ffd5b\
    80356001600160401b038111156102cd575f5ffd5b8560208284010111156102de575f5ffd5b6020919091019590945092505050565b82\
    15158152604060208201525f82518060408401525f5b818110156103225760208186018101516060868401015201610305565b505f6060\
    82850101526060601f19601f8301168401019150509392505050565b5f60208284031215610352575f5ffd5b5035919050565b81838237\
    5f9101908152919050565b808201808211156101bd57634e487b7160e01b5f52601160045260245ffd\
";

/// The code that makes a counter.
pub(crate) fn creation(start: u64) -> Bytes {
    [
        hex::decode(CREATION).unwrap(),
        U256::from(start).abi_encode(),
    ]
    .concat()
    .into()
}

/// Puts a counter on the chain.
pub(crate) fn deploy(chain: &Chain, start: u64) -> Address {
    let receipt = chain
        .transact_as(
            Address::repeat_byte(0xad),
            None,
            U256::ZERO,
            creation(start),
        )
        .unwrap();
    receipt.contract_address.unwrap()
}
