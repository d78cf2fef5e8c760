//! Dumps in the format of anvil. The topic `anvil` of the interop tests exchanges them with anvil.

use std::io::Write;

use alloy_primitives::{Address, B256, U256, hex};
use alloy_sol_types::SolCall;
use flate2::{Compression, write::GzEncoder};
use lit_devnet_chain::Chain;
use serde_json::{Value, json};

use crate::{
    START, alice, ask, builder, chain,
    contract::{Counter, deploy},
    ether, hex as text,
};

fn value(chain: &Chain, counter: Address) -> U256 {
    let value = chain.call(counter, Counter::valueCall {}.abi_encode().into());
    U256::from_be_slice(&value.unwrap())
}

fn gzip(json: &Value) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(json.to_string().as_bytes()).unwrap();
    hex::encode_prefixed(gzip.finish().unwrap())
}

#[test]
fn a_dump_brings_accounts_code_storage_time_and_number() {
    let old = chain();
    let counter = deploy(&old, 7);
    old.set_balance(counter, ether("3"));
    old.increase_time(std::time::Duration::from_secs(100));
    old.mine();
    let dump = ask(&old, "anvil_dumpState", json!([])).unwrap();

    let new = builder().build();
    new.set_balance(Address::repeat_byte(9), ether("1"));
    assert_eq!(ask(&new, "anvil_loadState", json!([dump])), Ok(json!(true)));
    assert_eq!(value(&new, counter), U256::from(7));
    assert_eq!(new.balance(counter), ether("3"));
    assert_eq!(new.nonce(Address::repeat_byte(0xad)), 1);
    assert_eq!(new.balance(alice().address()), ether("100"));
    // What is not in the dump stays.
    assert_eq!(new.balance(Address::repeat_byte(9)), ether("1"));
    assert_eq!((new.block_number(), new.timestamp()), (2, START + 100));
    let next = deploy(&new, 1);
    assert_eq!(next, Address::repeat_byte(0xad).create(1));
}

#[test]
fn a_dump_of_anvil_is_loaded() {
    let account = "0x2222222222222222222222222222222222222222";
    let dump = json!({
        "block": { "number": "0x3", "timestamp": "0x6553f164", "gas_limit": 30_000_000, "basefee": 1, "slot_num": 0 },
        "accounts": {
            account: { "nonce": 4, "balance": "0x21e19e0c9bab2400000", "code": "0x6001", "storage": { "0x1": "0x5" } },
        },
        "best_block_number": 3,
        "blocks": [],
        "transactions": [],
        "historical_states": null,
    });
    for sent in [gzip(&dump), hex::encode_prefixed(dump.to_string())] {
        let chain = chain();
        assert_eq!(
            ask(&chain, "hardhat_loadState", json!([sent])),
            Ok(json!(true))
        );
        let address: Address = account.parse().unwrap();
        assert_eq!(
            (chain.nonce(address), chain.balance(address)),
            (4, ether("10000"))
        );
        let code = ask(&chain, "eth_getCode", json!([text(address)]));
        assert_eq!(code, Ok(json!("0x6001")));
        let slot = ask(&chain, "eth_getStorageAt", json!([text(address), "0x1"])).unwrap();
        assert_eq!(slot, json!(B256::with_last_byte(5)));
        assert_eq!((chain.block_number(), chain.timestamp()), (3, 0x6553_f164));
    }
}

#[test]
fn other_dumps_are_refused_and_change_nothing() {
    let chain = chain();
    let far = json!({ "block": null, "accounts": {}, "best_block_number": "0x1000000" });
    for (dump, problem) in [
        (
            "0x".to_owned(),
            "malformed state dump: EOF while parsing a value at line 1 column 0",
        ),
        ("0x1f8b00".to_owned(), "malformed state dump: "),
        (
            gzip(&json!({})),
            "malformed state dump: missing field `accounts`",
        ),
        (
            gzip(&far),
            "malformed state dump: block 16777216 is more than 100000 blocks ahead",
        ),
    ] {
        let error = ask(&chain, "anvil_loadState", json!([dump])).unwrap_err();
        assert_eq!(error["code"], -32602);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(problem), "{message}");
    }
    assert_eq!(chain.block_number(), 0);
    let error = ask(&chain, "anvil_dumpState", json!([true])).unwrap_err();
    assert_eq!(
        error["message"],
        "invalid params: parameter 1 (preserve historical states): only the latest state is dumped"
    );
}
