use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lit_devnet_chain::Chain;
use serde_json::{Value, json};

use crate::{
    ask, chain,
    contract::{Counter, deploy},
};

fn bump(chain: &Chain, counter: Address, by: u8, step: u64) {
    let data = Counter::bumpCall {
        step: U256::from(step),
    };
    let by = Address::repeat_byte(by);
    chain
        .transact_as(by, Some(counter), U256::ZERO, data.abi_encode().into())
        .unwrap();
}

/// Two counters in blocks 1 and 2, and four events in blocks 3 to 6.
fn busy() -> (Chain, [Address; 2]) {
    let chain = chain();
    let counters = [deploy(&chain, 0), deploy(&chain, 0)];
    bump(&chain, counters[0], 1, 10);
    bump(&chain, counters[1], 1, 20);
    bump(&chain, counters[0], 2, 10);
    bump(&chain, counters[1], 2, 30);
    (chain, counters)
}

fn blocks(logs: &Value) -> Vec<u64> {
    let number = |log: &Value| {
        let hex = log["blockNumber"].as_str().unwrap();
        u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap()
    };
    logs.as_array().unwrap().iter().map(number).collect()
}

fn topic(value: u64) -> B256 {
    U256::from(value).into()
}

#[test]
fn filters_choose_by_address_topics_and_blocks() {
    let (chain, [first, second]) = busy();
    let found = |filter: Value| blocks(&ask(&chain, "eth_getLogs", json!([filter])).unwrap());
    let bumped = Counter::Bumped::SIGNATURE_HASH;
    let by_two = Address::repeat_byte(2).into_word();
    assert_eq!(found(json!({"fromBlock": "0x0"})), [3, 4, 5, 6]);
    assert_eq!(
        found(json!({"fromBlock": "earliest", "toBlock": "latest"})),
        [3, 4, 5, 6]
    );
    assert_eq!(found(json!({"fromBlock": "0x4", "toBlock": "0x5"})), [4, 5]);
    assert_eq!(found(json!({})), [6]);
    assert_eq!(found(json!({"fromBlock": "0x0", "address": first})), [3, 5]);
    assert_eq!(
        found(json!({"fromBlock": "0x0", "address": [first, second]})),
        [3, 4, 5, 6]
    );
    assert_eq!(
        found(json!({"fromBlock": "0x0", "address": Address::ZERO})),
        [0_u64; 0]
    );
    assert_eq!(
        found(json!({"fromBlock": "0x0", "topics": [bumped]})),
        [3, 4, 5, 6]
    );
    assert_eq!(
        found(json!({"fromBlock": "0x0", "topics": [null, by_two]})),
        [5, 6]
    );
    assert_eq!(
        found(json!({"fromBlock": "0x0", "topics": [bumped, null, [topic(20), topic(30)]]})),
        [4, 6]
    );
    assert_eq!(
        found(json!({"fromBlock": "0x0", "topics": [by_two]})),
        [0_u64; 0]
    );
    let hash = chain.block_hash(4).unwrap();
    assert_eq!(found(json!({"blockHash": hash})), [4]);

    let refused = |filter: Value| ask(&chain, "eth_getLogs", json!([filter])).unwrap_err();
    assert_eq!(refused(json!({"blockHash": B256::ZERO}))["code"], -32000);
    assert_eq!(
        refused(json!({"blockHash": hash, "fromBlock": "0x1"}))["code"],
        -32602
    );
    assert_eq!(refused(json!({"topics": "no"}))["code"], -32602);
}

#[test]
fn logs_say_where_they_are() {
    let (chain, [first, _]) = busy();
    let logs = ask(
        &chain,
        "eth_getLogs",
        json!([{"fromBlock": "0x3", "toBlock": "0x3"}]),
    )
    .unwrap();
    let receipts = ask(&chain, "eth_getBlockReceipts", json!(["0x3"])).unwrap();
    assert_eq!(receipts[0]["logs"], logs);
    let log = &logs[0];
    assert_eq!(log["address"], json!(first));
    assert_eq!(log["logIndex"], "0x0");
    assert_eq!(log["transactionIndex"], "0x0");
    assert_eq!(log["removed"], false);
    assert_eq!(log["blockHash"], json!(chain.block_hash(3).unwrap()));
    assert_eq!(log["transactionHash"], receipts[0]["transactionHash"]);
}

#[test]
fn installed_filters_tell_news_once() {
    let (chain, [first, second]) = busy();
    let new = |method: &str, params: Value| ask(&chain, method, params).unwrap();
    let events = new("eth_newFilter", json!([{"address": first}]));
    let all = new("eth_newFilter", json!([{"fromBlock": "0x0"}]));
    let blocks_filter = new("eth_newBlockFilter", json!([]));
    let changes = |id: &Value| new("eth_getFilterChanges", json!([id]));
    assert_eq!(changes(&events), json!([]));
    assert_eq!(changes(&blocks_filter), json!([]));

    bump(&chain, first, 3, 1);
    bump(&chain, second, 3, 1);
    bump(&chain, first, 3, 1);
    assert_eq!(blocks(&changes(&events)), [7, 9]);
    assert_eq!(changes(&events), json!([]));
    assert_eq!(blocks(&changes(&all)), [7, 8, 9]);
    let hashes = [7, 8, 9].map(|number| chain.block_hash(number).unwrap());
    assert_eq!(changes(&blocks_filter), json!(hashes));
    assert_eq!(blocks(&new("eth_getFilterLogs", json!([events]))), [7, 9]);
    assert_eq!(
        blocks(&new("eth_getFilterLogs", json!([all]))),
        [3, 4, 5, 6, 7, 8, 9]
    );

    assert_eq!(new("eth_uninstallFilter", json!([events])), json!(true));
    assert_eq!(new("eth_uninstallFilter", json!([events])), json!(false));
    let gone = ask(&chain, "eth_getFilterChanges", json!([events])).unwrap_err();
    assert_eq!(gone["message"], "filter not found");
}

#[test]
fn filters_follow_the_chain_back() {
    let (chain, [first, _]) = busy();
    let snapshot = chain.snapshot();
    let filter = ask(&chain, "eth_newFilter", json!([{}])).unwrap();
    bump(&chain, first, 1, 1);
    bump(&chain, first, 1, 1);
    let changes = || blocks(&ask(&chain, "eth_getFilterChanges", json!([filter])).unwrap());
    assert_eq!(changes(), [7, 8]);
    assert!(chain.revert(snapshot));
    bump(&chain, first, 1, 2);
    assert_eq!(changes(), [7]);
}

#[test]
fn only_so_many_filters_are_kept() {
    let chain = chain();
    let first = ask(&chain, "eth_newBlockFilter", json!([])).unwrap();
    for _ in 0..1_000 {
        ask(&chain, "eth_newBlockFilter", json!([])).unwrap();
    }
    let changes = |filter| ask(&chain, "eth_getFilterChanges", json!([filter]));
    let forgotten = changes(first).unwrap_err();
    assert_eq!(forgotten["message"], "filter not found");
    assert_eq!(changes(json!("0x2")), Ok(json!([])));
}
