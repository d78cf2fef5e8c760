//! Requests that would take much memory.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use lit_devnet_chain::{Chain, ChainError};
use serde_json::{Value, json};

use crate::{
    ask, chain,
    transactions::{sign, transfer},
};

/// An account with four megabytes of code.
fn with_large_code(chain: &Chain) -> Address {
    let account = Address::repeat_byte(7);
    chain.set_code(account, Bytes::from(vec![0; 4_000_000]));
    account
}

#[test]
fn the_answers_to_a_batch_are_bounded_together() {
    let chain = chain();
    let account = with_large_code(&chain);
    let requests: Vec<Value> = (0..1_000)
        .map(|id| json!({ "id": id, "method": "eth_getCode", "params": [account] }))
        .collect();
    let answer = chain.rpc_bytes(json!(requests).to_string().as_bytes());
    assert!(answer.len() < 25_200_000, "{}", answer.len());
    let answers: Vec<Value> = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answers.len(), 1_000);
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], json!(id));
        if id < 3 {
            assert_eq!(answer["result"].as_str().unwrap().len(), 8_000_002);
        } else {
            let problem = "response too large: the limit is 25000000 bytes for all of a batch";
            let refusal = json!({ "code": -32003, "message": problem });
            assert_eq!(answer["error"], refusal);
        }
    }
}

#[test]
fn a_single_answer_is_bounded() {
    let chain = chain();
    let account = Address::repeat_byte(7);
    chain.set_code(account, Bytes::from(vec![0; 12_500_000]));
    let refusal = ask(&chain, "eth_getCode", json!([account])).unwrap_err();
    assert_eq!(refusal["code"], -32003);
    chain.set_code(account, Bytes::from(vec![0; 12_400_000]));
    let code = ask(&chain, "eth_getCode", json!([account])).unwrap();
    assert_eq!(code.as_str().unwrap().len(), 24_800_002);
}

/// A transaction of seven megabytes that waits for the one before it.
fn large_transaction(nonce: u64) -> Vec<u8> {
    sign(TxEip1559 {
        to: TxKind::Call(Address::ZERO),
        value: U256::ZERO,
        input: vec![0; 7_000_000].into(),
        ..transfer(nonce)
    })
}

#[test]
fn queued_transactions_are_bounded_by_bytes() {
    let chain = chain();
    for nonce in 1..=4 {
        chain
            .send_raw_transaction(&large_transaction(nonce))
            .unwrap();
    }
    let refusal = chain.send_raw_transaction(&large_transaction(5));
    assert_eq!(refusal, Err(ChainError::QueueTooLarge(32 * 1024 * 1024)));
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "txpool is full: transactions queued behind earlier nonces may have 33554432 bytes together"
    );
    // A small value fits, and values that are dropped make room.
    chain.send_raw_transaction(&sign(transfer(6))).unwrap();
    chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    chain.send_raw_transaction(&large_transaction(5)).unwrap();
}

/// A contract that logs a megabyte when it is called.
fn with_large_logs(chain: &Chain) -> Address {
    let logger = Address::repeat_byte(8);
    // PUSH3 1_000_000, PUSH1 0, LOG0.
    let code = [0x62, 0x0f, 0x42, 0x40, 0x60, 0, 0xa0];
    chain.set_code(logger, Bytes::from(code.to_vec()));
    logger
}

#[test]
fn logs_are_bounded() {
    let chain = chain();
    let logger = with_large_logs(&chain);
    let filter = json!({ "address": logger, "fromBlock": "0x1" });
    let installed = ask(&chain, "eth_newFilter", json!([filter])).unwrap();
    for _ in 0..14 {
        let sent = chain.transact_as(Address::ZERO, Some(logger), U256::ZERO, Bytes::new());
        assert_eq!(sent.unwrap().inner.logs().len(), 1);
    }
    let problem = "logs up to block 13 exceed 25000000 bytes; narrow the range of blocks";
    let refusal = json!({ "code": -32000, "message": problem });
    assert_eq!(
        ask(&chain, "eth_getLogs", json!([filter])),
        Err(refusal.clone())
    );
    let all = ask(&chain, "eth_getFilterLogs", json!([installed]));
    assert_eq!(all, Err(refusal));
    let narrow = json!({ "address": logger, "fromBlock": "0xd" });
    let logs = ask(&chain, "eth_getLogs", json!([narrow])).unwrap();
    assert_eq!(logs.as_array().unwrap().len(), 2);
    // A poll returns what fits, and the next one the rest.
    let polled = [(); 3].map(|()| {
        let changes = ask(&chain, "eth_getFilterChanges", json!([installed])).unwrap();
        let numbers = changes.as_array().unwrap().iter();
        numbers
            .map(|log| log["blockNumber"].clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(polled.each_ref().map(Vec::len), [12, 2, 0]);
    assert_eq!(polled[1], ["0xd", "0xe"]);
    assert_eq!(chain.logs_since(1).len(), 14);
}

#[test]
fn filters_are_bounded() {
    let chain = chain();
    let addresses = |count: usize| {
        vec![Address::ZERO; count]
            .iter()
            .enumerate()
            .map(|(n, _)| Address::left_padding_from(&n.to_be_bytes()))
            .collect::<Vec<_>>()
    };
    let topics = |count: u64| {
        (0..count)
            .map(|n| format!("0x{n:064x}"))
            .collect::<Vec<_>>()
    };
    let problem = "invalid params: parameter 1 (filter): more than 1000 addresses or topics";
    for method in ["eth_getLogs", "eth_newFilter"] {
        for filter in [
            json!({ "address": addresses(1_001) }),
            json!({ "topics": [null, topics(1_001)] }),
        ] {
            let refusal = ask(&chain, method, json!([filter])).unwrap_err();
            assert_eq!(refusal, json!({ "code": -32602, "message": problem }));
        }
        let filter = json!({ "address": addresses(1_000), "topics": [topics(1_000)] });
        ask(&chain, method, json!([filter])).unwrap();
    }
}

#[test]
fn the_oldest_filters_make_room_for_large_ones() {
    let chain = chain();
    let topics: Vec<_> = (0..1_000).map(|n| format!("0x{n:064x}")).collect();
    let large = json!({ "topics": [topics, topics, topics, topics] });
    let install = |filter: &Value| ask(&chain, "eth_newFilter", json!([filter])).unwrap();
    let is_kept = |id: &Value| ask(&chain, "eth_uninstallFilter", json!([id])).unwrap();
    let first = install(&json!({}));
    let ids: Vec<_> = (0..70).map(|_| install(&large)).collect();
    assert_eq!(is_kept(&first), false);
    let kept = ids.iter().filter(|id| is_kept(id) == true).count();
    assert_eq!(kept, 65, "16 MiB");
    // Those that are gone count no more.
    let first = install(&json!({}));
    let [.., last] = [(); 65].map(|()| install(&large));
    assert_eq!(
        (is_kept(&first), is_kept(&last)),
        (json!(true), json!(true))
    );
}

#[test]
fn refusals_in_a_batch_repeat_no_long_ids() {
    let chain = chain();
    let account = with_large_code(&chain);
    let large = json!({ "id": 1, "method": "eth_getCode", "params": [account] });
    let with_id = |id: Value| json!({ "id": id, "method": "eth_chainId" });
    // The fourth answer is too large, so that the rest is refused.
    let ids = [
        json!("a"),
        json!("a".repeat(257)),
        json!([1, 2]),
        json!({ "a": 1 }),
        json!(true),
        json!(1.5),
    ];
    let mut batch = vec![large; 4];
    batch.extend(ids.map(with_id));
    let answers = chain.rpc(json!(batch));
    let ids: Vec<_> = (4..10).map(|n| answers[n]["id"].clone()).collect();
    let null = Value::Null;
    assert_eq!(
        ids,
        [
            json!("a"),
            null.clone(),
            null.clone(),
            null.clone(),
            null,
            json!(1.5)
        ]
    );
    assert_eq!(answers[9]["error"]["code"], -32003);
    // Alone, they are refused for what they are.
    let answer = chain.rpc(with_id(json!("a".repeat(257))));
    let problem = "invalid request: the id is longer than 256 bytes";
    assert_eq!(
        answer["error"],
        json!({ "code": -32600, "message": problem })
    );
    let longest = json!("a".repeat(256));
    assert_eq!(chain.rpc(with_id(longest.clone()))["id"], longest);
}

#[test]
fn doubled_members_are_refused() {
    let chain = chain();
    for request in [
        r#"{"id":1,"method":"evm_mine","method":"eth_chainId"}"#,
        r#"[{"id":1,"method":"evm_mine","params":[{"a":1,"a":2}]}]"#,
    ] {
        let answer: Value = serde_json::from_slice(&chain.rpc_bytes(request.as_bytes())).unwrap();
        assert_eq!(answer["error"]["code"], -32700, "{answer}");
        let problem = answer["error"]["message"].as_str().unwrap();
        assert!(
            problem.starts_with("parse error: duplicate field"),
            "{problem}"
        );
    }
    assert_eq!(chain.block_number(), 0);
    let dump = r#"{"accounts":{},"best_block_number":1,"best_block_number":2}"#;
    let dump = Bytes::from(dump.as_bytes().to_vec());
    let refusal = ask(&chain, "anvil_loadState", json!([dump])).unwrap_err();
    let problem = "invalid params: malformed state dump: duplicate field `best_block_number` at line 1 column 56";
    assert_eq!(refusal["message"], problem);
    assert_eq!(chain.block_number(), 0);
}

#[test]
fn a_dump_has_a_bounded_number_of_slots() {
    let chain = chain();
    let load = |slots: usize| {
        let slots: Vec<_> = (0..slots).map(|n| format!(r#""{n:#x}":"0x1""#)).collect();
        let account = format!(
            r#"{{"nonce":0,"balance":"0x0","code":"0x","storage":{{{}}}}}"#,
            slots.join(",")
        );
        let dump = format!(
            r#"{{"accounts":{{"{}":{account}}}}}"#,
            Address::repeat_byte(7)
        );
        ask(
            &chain,
            "anvil_loadState",
            json!([Bytes::from(dump.into_bytes())]),
        )
    };
    assert_eq!(load(1_000), Ok(json!(true)));
    let problem =
        "invalid params: malformed state dump: more than 500000 accounts and storage slots: 500001";
    let refusal = json!({ "code": -32602, "message": problem });
    assert_eq!(load(500_000), Err(refusal));
}

#[test]
fn a_dump_cannot_make_the_chain_endless() {
    let chain = chain();
    let load = |number: u64| {
        let dump = json!({ "accounts": {}, "best_block_number": number });
        let dump = Bytes::from(dump.to_string().into_bytes());
        ask(&chain, "anvil_loadState", json!([dump]))
    };
    assert_eq!(load(1_000), Ok(json!(true)));
    assert_eq!(chain.block_number(), 1_000);
    assert_eq!(load(10), Ok(json!(true)), "it is behind");
    let problem = "invalid params: malformed state dump: block 1000001 is more than 100000 blocks ahead, or after block 1000000";
    let refusal = json!({ "code": -32602, "message": problem });
    assert_eq!(load(1_000_001), Err(refusal));
    assert_eq!(chain.block_number(), 1_000);
}
