use serde_json::{Value, json};

use crate::{
    alice, ask, chain,
    contract::deploy,
    transactions::{sign, transfer},
};

#[test]
fn facts_about_the_chain() {
    let chain = chain();
    let fact = |method: &str| ask(&chain, method, json!([])).unwrap();
    assert_eq!(fact("eth_chainId"), "0x2ac54");
    assert_eq!(fact("net_version"), "175188");
    assert_eq!(fact("net_listening"), true);
    assert_eq!(fact("eth_syncing"), false);
    assert_eq!(fact("eth_accounts"), json!([]));
    assert_eq!(fact("eth_blockNumber"), "0x0");
    assert_eq!(fact("eth_gasPrice"), "0x3b9aca00");
    assert_eq!(fact("eth_maxPriorityFeePerGas"), "0x0");
    assert!(
        fact("web3_clientVersion")
            .as_str()
            .unwrap()
            .starts_with("lit-devnet-chain/v")
    );
}

#[test]
fn blocks_have_what_ethers_needs() {
    let chain = chain();
    let hash = chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    let block = ask(&chain, "eth_getBlockByNumber", json!(["latest", false])).unwrap();
    assert_eq!(block["number"], "0x1");
    assert_eq!(block["transactions"], json!([hash]));
    assert_eq!(block["baseFeePerGas"], "0x3b9aca00");
    assert_eq!(block["gasUsed"], "0x5208");
    assert_eq!(block["difficulty"], "0x0");
    assert_eq!(block["parentHash"], json!(chain.block_hash(0)));
    let same = ask(&chain, "eth_getBlockByHash", json!([block["hash"], false])).unwrap();
    assert_eq!(same, block);
    let full = ask(&chain, "eth_getBlockByNumber", json!(["0x1", true])).unwrap();
    let transaction = ask(&chain, "eth_getTransactionByHash", json!([hash])).unwrap();
    assert_eq!(full["transactions"], json!([transaction]));
    assert_eq!(transaction["from"], json!(alice().address()));
    assert_eq!(transaction["blockHash"], block["hash"]);
    assert_eq!(transaction["type"], "0x2");
    assert_eq!(
        ask(&chain, "eth_getBlockByNumber", json!(["0x2", false])),
        Ok(Value::Null)
    );
    assert_eq!(
        ask(&chain, "eth_getTransactionReceipt", json!([block["hash"]])),
        Ok(Value::Null)
    );
}

/// ethers sends fees without a chain id when it asks how much gas a transaction needs.
#[test]
fn calls_may_leave_out_the_chain_id() {
    let chain = chain();
    let mut transaction = json!({
        "type": "0x2", "maxFeePerGas": "0xd09dc300", "maxPriorityFeePerGas": "0x59682f00",
        "from": alice().address(), "to": alice().address(), "value": "0x1",
    });
    let estimate = |transaction: &Value| ask(&chain, "eth_estimateGas", json!([transaction]));
    assert_eq!(estimate(&transaction), Ok(json!("0x5208")));
    transaction["chainId"] = json!("0x1");
    let error = estimate(&transaction).unwrap_err();
    assert_eq!(error["message"], "invalid chain id for signer");
}

#[test]
fn receipts_have_all_members() {
    let chain = chain();
    let counter = deploy(&chain, 1);
    let block = ask(&chain, "eth_getBlockReceipts", json!(["latest"])).unwrap();
    let receipt = &block[0];
    assert_eq!(receipt["contractAddress"], json!(counter));
    assert_eq!(receipt["to"], Value::Null);
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["effectiveGasPrice"], "0x0");
    assert_eq!(receipt["cumulativeGasUsed"], receipt["gasUsed"]);
    assert_eq!(receipt["logsBloom"].as_str().unwrap().len(), 2 + 512);
    assert_eq!(receipt["transactionIndex"], "0x0");
    assert_eq!(receipt["blockNumber"], "0x1");
}

#[test]
fn fee_history_is_flat() {
    let chain = chain();
    for nonce in 0..3 {
        chain.send_raw_transaction(&sign(transfer(nonce))).unwrap();
    }
    let history = ask(
        &chain,
        "eth_feeHistory",
        json!(["0x2", "latest", [20.0, 50.0]]),
    )
    .unwrap();
    assert_eq!(history["oldestBlock"], "0x2");
    assert_eq!(
        history["baseFeePerGas"],
        json!(["0x3b9aca00", "0x3b9aca00", "0x3b9aca00"])
    );
    assert_eq!(history["gasUsedRatio"].as_array().unwrap().len(), 2);
    assert_eq!(history["reward"], json!([["0x0", "0x0"], ["0x0", "0x0"]]));
    let all = ask(&chain, "eth_feeHistory", json!([1_000_000, "latest"])).unwrap();
    assert_eq!(all["oldestBlock"], "0x0");
    let error = ask(&chain, "eth_feeHistory", json!(["0x1", "0x9"])).unwrap_err();
    assert_eq!(error["code"], -32000);
}

#[test]
fn errors_say_what_is_wrong() {
    let chain = chain();
    let error = |method: &str, params: Value| {
        let error = ask(&chain, method, params).unwrap_err();
        let message = error["message"].as_str().unwrap().to_owned();
        (error["code"].as_i64().unwrap(), message)
    };
    assert_eq!(
        error("eth_nothing", json!([])),
        (-32601, "method not found: eth_nothing".to_owned())
    );
    assert_eq!(
        error("eth_getBalance", json!([])),
        (
            -32602,
            "invalid params: parameter 1 (address): missing".to_owned()
        )
    );
    let (code, message) = error("eth_getBalance", json!([alice().address(), "yesterday"]));
    assert_eq!(code, -32602);
    assert!(
        message.starts_with("invalid params: parameter 2 (block): "),
        "{message}"
    );
    let (code, message) = error("eth_call", json!([{"to": "0x1"}, "latest"]));
    assert_eq!(code, -32602);
    assert!(
        message.starts_with("invalid params: parameter 1 (call): "),
        "{message}"
    );
    assert_eq!(error("eth_call", json!({"to": 1})).0, -32602);
    assert_eq!(error("eth_sendRawTransaction", json!(["0x00"])).0, -32602);
    assert_eq!(
        error(
            "eth_call",
            json!([{}, {"blockHash": format!("0x{:064}", 1)}])
        )
        .0,
        -32000
    );
}

#[test]
fn envelopes_are_checked() {
    let chain = chain();
    let code = |request: Value| chain.rpc(request)["error"]["code"].clone();
    assert_eq!(code(json!(1)), -32600);
    assert_eq!(code(json!({"id": 1})), -32600);
    assert_eq!(code(json!({"id": [], "method": "eth_chainId"})), -32600);
    assert_eq!(code(json!([])), -32600);
    let request = json!({"id": 1, "method": "eth_chainId"});
    assert_eq!(code(Value::Array(vec![request.clone(); 1_001])), -32600);
    let answers = chain.rpc(json!([request, 5, {"method": "net_version", "params": null}]));
    assert_eq!(answers[0]["result"], "0x2ac54");
    assert_eq!(answers[1]["error"]["code"], -32600);
    assert_eq!(
        answers[2],
        json!({"jsonrpc": "2.0", "id": null, "result": "175188"})
    );
}
