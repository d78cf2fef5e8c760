use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lit_devnet_chain::Chain;
use serde_json::{Value, json};

use crate::{
    START, alice, ask, builder, chain, clock,
    contract::{Counter, deploy},
    hex,
    transactions::{sign, transfer},
};

fn time(chain: &Chain, counter: Address) -> u64 {
    let time = chain.call(counter, Counter::timeCall {}.abi_encode().into());
    U256::from_be_slice(&time.unwrap()).to()
}

fn value(chain: &Chain, counter: Address, block: &Value) -> Result<Value, Value> {
    let data = alloy_primitives::hex::encode_prefixed(Counter::valueCall {}.abi_encode());
    ask(
        chain,
        "eth_call",
        json!([{"to": counter, "data": data}, block]),
    )
}

fn bump(chain: &Chain, counter: Address) {
    let data = Counter::bumpCall { step: U256::ONE }.abi_encode();
    chain
        .transact_as(Address::ZERO, Some(counter), U256::ZERO, data.into())
        .unwrap();
}

#[test]
fn time_comes_from_the_clock() {
    let clock = clock();
    let chain = builder().with_clock(clock.clone()).build();
    let counter = deploy(&chain, 0);
    assert_eq!((chain.timestamp(), time(&chain, counter)), (START, START));
    clock.advance(Duration::from_secs(100));
    // Calls see the time of now, though the latest block is older.
    assert_eq!(
        (chain.timestamp(), time(&chain, counter)),
        (START, START + 100)
    );
    chain.mine();
    assert_eq!(chain.timestamp(), START + 100);
    // Blocks never go back in time.
    clock.set_unix(START as i64 + 50);
    chain.mine();
    assert_eq!(chain.timestamp(), START + 100);
}

#[test]
fn time_can_be_moved() {
    let chain = chain();
    assert_eq!(ask(&chain, "evm_increaseTime", json!([60])), Ok(json!(60)));
    assert_eq!(
        ask(&chain, "evm_increaseTime", json!(["0x3c"])),
        Ok(json!(120))
    );
    assert_eq!(ask(&chain, "evm_mine", json!([])), Ok(json!("0x0")));
    assert_eq!(chain.timestamp(), START + 120);
    chain.increase_time(Duration::from_secs(80));
    chain.mine();
    assert_eq!(chain.timestamp(), START + 200);

    ask(&chain, "evm_setNextBlockTimestamp", json!([START + 1_000])).unwrap();
    let pending = ask(&chain, "eth_getBlockByNumber", json!(["pending", false])).unwrap();
    assert_eq!(pending["timestamp"], format!("{:#x}", START + 1_000));
    chain.mine();
    assert_eq!(chain.timestamp(), START + 1_000);
    // Time goes on from there.
    chain.mine();
    assert_eq!(chain.timestamp(), START + 1_000);
    ask(&chain, "evm_mine", json!([START + 2_000])).unwrap();
    assert_eq!(chain.timestamp(), START + 2_000);
    let error = ask(&chain, "evm_setNextBlockTimestamp", json!([START])).unwrap_err();
    assert_eq!(
        error["message"],
        format!(
            "timestamp {START} is before the latest block's {}",
            START + 2_000
        )
    );
    assert!(ask(&chain, "evm_increaseTime", json!([u64::MAX])).is_ok());
    chain.mine();
}

#[test]
fn a_snapshot_brings_everything_back() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    let before = chain.block_hash(1);
    let snapshot = ask(&chain, "evm_snapshot", json!([])).unwrap();
    let later = chain.snapshot();
    let hash = chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    bump(&chain, counter);
    chain.increase_time(Duration::from_secs(500));
    assert_eq!(
        ask(&chain, "evm_revert", json!([snapshot])),
        Ok(json!(true))
    );
    assert_eq!((chain.block_number(), chain.block_hash(1)), (1, before));
    assert_eq!(chain.block_hash(2), None);
    assert_eq!(chain.nonce(alice().address()), 0);
    assert_eq!(chain.receipt(&hash), None);
    assert_eq!(
        value(&chain, counter, &json!("latest")),
        Ok(json!(B256::ZERO))
    );
    assert_eq!(time(&chain, counter), START);
    // It is used up, and so is the later one.
    assert_eq!(
        ask(&chain, "evm_revert", json!([snapshot])),
        Ok(json!(false))
    );
    assert!(!chain.revert(later));
    assert_eq!(chain.send_raw_transaction(&sign(transfer(0))), Ok(hash));
}

#[test]
fn earlier_blocks_can_be_asked() {
    let chain = chain();
    let counter = deploy(&chain, 5);
    bump(&chain, counter);
    chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    bump(&chain, counter);
    let word = |n: u64| Ok(json!(B256::from(U256::from(n))));
    assert_eq!(value(&chain, counter, &json!("0x0")), Ok(json!("0x")));
    assert_eq!(value(&chain, counter, &json!("0x1")), word(5));
    assert_eq!(value(&chain, counter, &json!("0x2")), word(6));
    assert_eq!(
        value(&chain, counter, &json!({"blockHash": chain.block_hash(3)})),
        word(6)
    );
    assert_eq!(value(&chain, counter, &json!("latest")), word(7));
    assert_eq!(value(&chain, counter, &json!("pending")), word(7));
    let error = value(&chain, counter, &json!("0x5")).unwrap_err();
    assert_eq!(error["message"], "block not found: 5");
    let counts = ["0x2", "0x3"].map(|block| {
        ask(
            &chain,
            "eth_getTransactionCount",
            json!([hex(alice().address()), block]),
        )
    });
    assert_eq!(counts, [Ok(json!("0x0")), Ok(json!("0x1"))]);
    let slot = ask(&chain, "eth_getStorageAt", json!([counter, "0x0", "0x2"]));
    assert_eq!(slot, word(6));
    assert_eq!(
        ask(&chain, "eth_getCode", json!([counter, "earliest"])),
        Ok(json!("0x"))
    );
}

#[test]
fn contracts_see_the_hashes_of_blocks() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    let seen = |number: u64| {
        let number = U256::from(number);
        let hash = chain.call(counter, Counter::hashOfCall { number }.abi_encode().into());
        B256::from_slice(&hash.unwrap())
    };
    for _ in 0..300 {
        chain.mine();
    }
    assert_eq!(Some(seen(300)), chain.block_hash(300));
    assert_eq!(Some(seen(46)), chain.block_hash(46));
    assert_eq!(seen(301), B256::ZERO);
    assert_eq!(seen(10), B256::ZERO);
}

#[test]
fn accounts_can_be_set() {
    let chain = chain();
    let somebody = Address::repeat_byte(0x50);
    for prefix in ["anvil", "hardhat"] {
        let set = |what: &str, params: Value| ask(&chain, &format!("{prefix}_{what}"), params);
        set("setBalance", json!([somebody, "0x10"])).unwrap();
        set("setCode", json!([somebody, "0x00"])).unwrap();
        set(
            "setStorageAt",
            json!([somebody, "0x1", B256::repeat_byte(9)]),
        )
        .unwrap();
    }
    assert_eq!(
        ask(&chain, "eth_getBalance", json!([somebody])),
        Ok(json!("0x10"))
    );
    assert_eq!(
        ask(&chain, "eth_getCode", json!([somebody])),
        Ok(json!("0x00"))
    );
    let slot = ask(&chain, "eth_getStorageAt", json!([somebody, "0x1"]));
    assert_eq!(slot, Ok(json!(B256::repeat_byte(9))));
}
