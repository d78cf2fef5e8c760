//! What a chain saves is the whole chain: a restored one answers the same and goes on the same.

use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use lit_devnet_chain::{Chain, ChainError, RestoreError, SnapshotId};
use lit_test_fakes::FakeClock;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    START, alice, ask, builder, chain,
    contract::{Counter, deploy},
    ether, hex,
    transactions::{sign, transfer},
};

const ADMIN: Address = Address::repeat_byte(0xad);
/// An account that only setters change.
const SET: Address = Address::repeat_byte(0x5e);

/// All changes of a chain so far.
#[derive(Default)]
struct Saved(Vec<Vec<u8>>);

impl Saved {
    fn take(&mut self, chain: &Chain) {
        if let Some(changes) = chain.take_changes() {
            if changes.whole {
                self.0.clear();
            }
            self.0.push(changes.bytes);
        }
    }

    fn restore(&self) -> Result<Chain, RestoreError> {
        builder().restore(self.0.iter().map(Vec::as_slice))
    }
}

/// The whole chain in one part.
fn whole(chain: &Chain) -> Vec<u8> {
    chain.forget_changes();
    let changes = chain.take_changes().unwrap();
    assert!(changes.whole);
    changes.bytes
}

/// What clients see of a chain: all blocks with their receipts, and accounts at each.
fn seen(chain: &Chain) -> Vec<Value> {
    let mut seen = Vec::new();
    let accounts = [
        ADMIN,
        SET,
        alice().address(),
        ADMIN.create(0),
        ADMIN.create(2),
    ];
    for number in 0..=chain.block_number() {
        let at = json!(format!("{number:#x}"));
        let mut look = |method, params| seen.push(ask(chain, method, params).unwrap());
        look("eth_getBlockByNumber", json!([at, true]));
        look("eth_getBlockReceipts", json!([at]));
        for account in accounts.map(hex) {
            look("eth_getBalance", json!([account, at]));
            look("eth_getTransactionCount", json!([account, at]));
            look("eth_getCode", json!([account, at]));
            look("eth_getStorageAt", json!([account, "0x0", at]));
        }
    }
    seen.push(ask(chain, "eth_getBlockByNumber", json!(["pending", true])).unwrap());
    seen
}

/// Something that happens to a chain.
#[derive(Debug, Clone)]
enum Step {
    Deploy(u64),
    Bump(u64),
    Send { nonce: u64 },
    SetBalance(u64),
    SetCode(Vec<u8>),
    SetStorage { slot: u64, value: u64 },
    Mine,
    IncreaseTime(u64),
    NextTimestamp(u64),
    Snapshot,
    Revert,
    Save,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..5_u64).prop_map(Step::Deploy),
        4 => (0..120_u64).prop_map(Step::Bump),
        4 => (0..6_u64).prop_map(|nonce| Step::Send { nonce }),
        1 => any::<u64>().prop_map(Step::SetBalance),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::SetCode),
        2 => (0..3_u64, 0..3_u64).prop_map(|(slot, value)| Step::SetStorage { slot, value }),
        1 => Just(Step::Mine),
        1 => (0..1_000_u64).prop_map(Step::IncreaseTime),
        1 => (0..1_000_u64).prop_map(Step::NextTimestamp),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Revert),
        4 => Just(Step::Save),
    ]
}

fn take(chain: &Chain, step: &Step, snapshots: &mut Vec<SnapshotId>) {
    match step {
        Step::Deploy(start) => {
            deploy(chain, *start);
        }
        Step::Bump(amount) => {
            let step = U256::from(*amount);
            let data = Counter::bumpCall { step }.abi_encode().into();
            let _ = chain.transact_as(ADMIN, Some(ADMIN.create(0)), U256::ZERO, data);
        }
        Step::Send { nonce } => {
            let _ = chain.send_raw_transaction(&sign(transfer(*nonce)));
        }
        Step::SetBalance(balance) => chain.set_balance(SET, U256::from(*balance)),
        Step::SetCode(code) => chain.set_code(SET, code.clone().into()),
        Step::SetStorage { slot, value } => {
            // The second one may still become a contract, which starts without storage.
            for account in [SET, ADMIN.create(2)] {
                chain.set_storage(account, U256::from(*slot), U256::from(*value));
            }
        }
        Step::Mine => chain.mine(),
        Step::IncreaseTime(seconds) => chain.increase_time(Duration::from_secs(*seconds)),
        Step::NextTimestamp(later) => {
            let time = format!("{:#x}", chain.timestamp() + later);
            ask(chain, "evm_setNextBlockTimestamp", json!([time])).unwrap();
        }
        Step::Snapshot => snapshots.push(chain.snapshot()),
        Step::Revert => {
            if let Some(snapshot) = snapshots.pop() {
                chain.revert(snapshot);
            }
        }
        Step::Save => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_restored_chain_is_the_same(steps in proptest::collection::vec(step(), 0..40)) {
        let (chain, mut saved, mut snapshots) = (chain(), Saved::default(), Vec::new());
        deploy(&chain, 0);
        for step in &steps {
            take(&chain, step, &mut snapshots);
            if matches!(step, Step::Save) {
                saved.take(&chain);
            }
        }
        saved.take(&chain);
        prop_assert_eq!(chain.take_changes(), None);
        let restored = saved.restore().unwrap();
        prop_assert_eq!(seen(&restored), seen(&chain));
        prop_assert_eq!(whole(&restored), whole(&chain));
        // Both go on alike, and what was queued is mined in turn.
        for nonce in 0..6 {
            let sent = [&restored, &chain].map(|it| it.send_raw_transaction(&sign(transfer(nonce))));
            prop_assert_eq!(&sent[0], &sent[1]);
        }
        prop_assert_eq!(seen(&restored), seen(&chain));
    }

    #[test]
    fn damaged_records_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let chain = chain();
        deploy(&chain, 1);
        let mut bytes = whole(&chain);
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(builder().restore([&bytes[..]]).is_err());
        } else {
            bytes[at] = byte;
            let _ = builder().restore([&bytes[..]]);
        }
    }
}

#[test]
fn changes_are_parts_until_blocks_are_removed() {
    let chain = chain();
    let first = chain.take_changes().unwrap();
    assert!(first.whole);
    let snapshot = chain.snapshot();
    assert_eq!(chain.take_changes(), None);
    deploy(&chain, 7);
    let second = chain.take_changes().unwrap();
    assert!(!second.whole && second.bytes.len() < 10_000);
    // The code is saved once.
    deploy(&chain, 7);
    let third = chain.take_changes().unwrap();
    assert!(third.bytes.len() + 800 < second.bytes.len());
    chain.revert(snapshot);
    assert!(chain.take_changes().unwrap().whole);
}

#[test]
fn a_changed_code_is_restored_where_blocks_saw_it() {
    let (chain, mut saved) = (chain(), Saved::default());
    saved.take(&chain);
    chain.set_code(SET, Bytes::from_static(&[1, 2, 3]));
    let _ = chain.transact_as(ADMIN, Some(SET), U256::ZERO, Bytes::new());
    chain.set_balance(ADMIN, ether("1"));
    chain.set_code(SET, Bytes::new());
    chain
        .transact_as(ADMIN, Some(SET), U256::ONE, Bytes::new())
        .unwrap();
    chain.set_code(SET, Bytes::from_static(&[4]));
    saved.take(&chain);
    assert_eq!(seen(&saved.restore().unwrap()), seen(&chain));
}

#[test]
fn a_contract_starts_without_the_storage_that_its_address_had() {
    let (chain, mut saved) = (chain(), Saved::default());
    chain.set_storage(ADMIN.create(0), U256::from(9), U256::from(1));
    saved.take(&chain);
    deploy(&chain, 7);
    saved.take(&chain);
    let slot = json!([hex(ADMIN.create(0)), "0x9"]);
    let zero = json!(alloy_primitives::B256::ZERO);
    for chain in [&chain, &saved.restore().unwrap()] {
        assert_eq!(
            ask(chain, "eth_getStorageAt", slot.clone()),
            Ok(zero.clone())
        );
    }
}

#[test]
fn the_clock_may_run_backwards_between_processes() {
    let mut saved = Saved::default();
    let later = FakeClock::at_unix(START as i64 + 500);
    let chain = builder().with_clock(later).build();
    chain.mine();
    saved.take(&chain);
    let restored = saved.restore().unwrap();
    restored.mine();
    assert_eq!(restored.timestamp(), START + 500);
}

#[test]
fn other_records_are_refused() {
    let refused = |parts: &[&[u8]]| {
        let error = builder().restore(parts.iter().copied()).unwrap_err();
        error.to_string()
    };
    let chain = chain();
    let first = chain.take_changes().unwrap().bytes;
    chain.mine();
    let second = chain.take_changes().unwrap().bytes;
    chain.mine();
    let third = chain.take_changes().unwrap().bytes;
    let no_genesis = "the saved chain has no genesis block";
    assert_eq!(refused(&[]), no_genesis);
    assert_eq!(refused(&[&second]), no_genesis);
    let unlinked = "block 2 does not follow the block before it";
    assert_eq!(refused(&[&first, &third]), unlinked);
    assert_eq!(
        refused(&[b"hello"]),
        "malformed chain record: unexpected string"
    );
    let other = builder()
        .with_chain_id(1)
        .restore([&first[..]])
        .unwrap_err();
    assert!(matches!(
        other,
        RestoreError::OtherChain {
            saved: lit_devnet_chain::CHRONICLE_YELLOWSTONE,
            expected: 1
        }
    ));
    // Block hashes depend on the settings.
    let timeless = builder().with_timeless_hashes(true);
    let error = timeless.restore([&first[..], &second]).unwrap_err();
    assert!(matches!(error, RestoreError::Unlinked(1)), "{error}");
}

#[test]
fn codes_that_look_like_delegations_are_just_code() {
    let chain = chain();
    let code = Bytes::from_static(&[0xef, 0x01, 0x00, 0x01]);
    chain.set_code(SET, code.clone());
    let code_of = |chain: &Chain| ask(chain, "eth_getCode", json!([hex(SET)])).unwrap();
    assert_eq!(code_of(&chain), json!(code));
    let run = chain.call(SET, Bytes::new());
    assert!(matches!(run, Err(ChainError::Halted(_))), "{run:?}");
    let mut saved = Saved::default();
    saved.take(&chain);
    assert_eq!(code_of(&saved.restore().unwrap()), json!(code));
}
