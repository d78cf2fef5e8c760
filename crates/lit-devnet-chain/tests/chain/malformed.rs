use lit_devnet_chain::ChainError;
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::{chain, contract::deploy};

const METHODS: &[&str] = &[
    "eth_feeHistory",
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_getBlockReceipts",
    "eth_getTransactionByHash",
    "eth_getTransactionReceipt",
    "eth_sendRawTransaction",
    "eth_call",
    "eth_estimateGas",
    "eth_getBalance",
    "eth_getTransactionCount",
    "eth_getCode",
    "eth_getStorageAt",
    "eth_getLogs",
    "eth_newFilter",
    "eth_newBlockFilter",
    "eth_getFilterChanges",
    "eth_getFilterLogs",
    "eth_uninstallFilter",
    "evm_snapshot",
    "evm_revert",
    "evm_mine",
    "evm_increaseTime",
    "evm_setNextBlockTimestamp",
    "anvil_setBalance",
    "anvil_setCode",
    "anvil_setStorageAt",
    "anvil_dumpState",
    "anvil_loadState",
];

/// Words that get past the first check of some method.
fn word() -> impl Strategy<Value = Value> {
    let counter = deploy(&chain(), 0);
    prop_oneof![
        select(vec![
            "latest",
            "pending",
            "earliest",
            "0x0",
            "0x1",
            "0xffffffffffffffff",
            "",
            "0x"
        ])
        .prop_map(Value::from),
        Just(json!(counter)),
        Just(json!(alloy_primitives::B256::repeat_byte(0xff))),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        "0x[0-9a-f]{0,80}".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    select(vec![
        "to",
        "from",
        "data",
        "input",
        "value",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "nonce",
        "accessList",
        "fromBlock",
        "toBlock",
        "blockHash",
        "address",
        "topics",
        "balance",
        "code",
        "state",
        "stateDiff",
        "0x00000000000000000000000000000000000000f5",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    word().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_gets_an_answer(request in value()) {
        let answer = chain().rpc(request);
        prop_assert!(answer.is_object() || answer.is_array());
    }

    #[test]
    fn any_parameters_get_an_answer(
        calls in prop::collection::vec((select(METHODS), prop::collection::vec(value(), 0..4)), 1..12)
    ) {
        let chain = chain();
        deploy(&chain, 0);
        for (method, params) in calls {
            let answer = chain.rpc(json!({"id": 1, "method": method, "params": params}));
            prop_assert!(answer.get("result").is_some() != answer.get("error").is_some());
            prop_assert_ne!(&answer["error"]["code"], &json!(-32603));
            prop_assert_ne!(&answer["error"]["code"], &json!(-32601));
        }
        // It lives on.
        chain.mine();
    }

    #[test]
    fn any_bytes_get_an_answer(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let answer = chain().rpc_bytes(&body);
        prop_assert!(serde_json::from_slice::<Value>(&answer).is_ok());
    }

    #[test]
    fn any_transaction_gets_an_answer(kind in 0_u8..5, body in prop::collection::vec(any::<u8>(), 0..128)) {
        let raw = [vec![kind], body].concat();
        let sent = chain().send_raw_transaction(&raw);
        prop_assert!(matches!(sent, Err(ChainError::Undecodable(_))), "{:?}", sent);
    }

    #[test]
    fn any_input_of_the_precompile_gets_an_answer(input in prop::collection::vec(any::<u8>(), 0..128)) {
        let derivation = alloy_primitives::Address::with_last_byte(0xf5);
        let _ = chain().call(derivation, input.into());
    }
}
