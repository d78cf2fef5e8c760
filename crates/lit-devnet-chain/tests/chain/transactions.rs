use std::time::Duration;

use alloy_consensus::{
    SignableTransaction, Signed, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use lit_devnet_chain::{CHRONICLE_YELLOWSTONE, Chain, ChainError, GenesisAccount};
use serde_json::json;

use crate::{alice, ask, builder, chain, ether, hex};

const GWEI: u128 = 1_000_000_000;

/// A transaction of Alice's, as it is sent.
pub(crate) fn sign<T>(mut tx: T) -> Vec<u8>
where
    T: SignableTransaction<Signature>,
    TxEnvelope: From<Signed<T>>,
{
    let signature = alice().sign_transaction_sync(&mut tx).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

const BOB: Address = Address::repeat_byte(0xb0);

/// One wei for Bob.
pub(crate) fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHRONICLE_YELLOWSTONE,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 3 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(BOB),
        value: U256::ONE,
        ..TxEip1559::default()
    }
}

#[test]
fn every_kind_of_transaction_is_mined() {
    let chain = builder().with_coinbase(Address::repeat_byte(0xcb)).build();
    let legacy = TxLegacy {
        chain_id: Some(CHRONICLE_YELLOWSTONE),
        gas_limit: 21_000,
        gas_price: 2 * GWEI,
        to: TxKind::Call(BOB),
        value: U256::ONE,
        ..TxLegacy::default()
    };
    let listed = TxEip2930 {
        chain_id: CHRONICLE_YELLOWSTONE,
        nonce: 1,
        gas_limit: 50_000,
        gas_price: 2 * GWEI,
        to: TxKind::Call(BOB),
        value: U256::ONE,
        access_list: serde_json::from_value(json!([{"address": BOB, "storageKeys": []}])).unwrap(),
        ..TxEip2930::default()
    };
    let raw = [sign(legacy), sign(listed), sign(transfer(2))];
    let receipts = raw.map(|raw| {
        let hash = chain.send_raw_transaction(&raw).unwrap();
        chain.receipt(&hash).unwrap()
    });
    let facts = receipts.each_ref().map(|receipt| {
        let kind = u8::from(receipt.inner.tx_type());
        (kind, receipt.gas_used, receipt.effective_gas_price / GWEI)
    });
    assert_eq!(facts, [(0, 21_000, 2), (1, 23_400, 2), (2, 21_000, 2)]);
    assert_eq!(chain.balance(BOB), U256::from(3));
    let fees: u64 = receipts.iter().map(|receipt| receipt.gas_used).sum();
    let spent = ether("100") - chain.balance(alice().address());
    assert_eq!(spent, U256::from(u128::from(fees) * 2 * GWEI + 3));
    // The base fee is burnt, the rest is the coinbase's.
    let earned = U256::from(u128::from(fees) * GWEI);
    assert_eq!(chain.balance(Address::repeat_byte(0xcb)), earned);
}

#[test]
fn a_spent_nonce_is_refused_by_its_known_words() {
    let chain = chain();
    chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    let raw = sign(transfer(0));
    assert_eq!(
        chain.send_raw_transaction(&raw).unwrap_err(),
        ChainError::NonceTooLow {
            sender: alice().address(),
            transaction: 0,
            account: 1
        }
    );
    let error = ask(
        &chain,
        "eth_sendRawTransaction",
        json!([format!("0x{}", alloy_primitives::hex::encode(raw))]),
    )
    .unwrap_err();
    assert_eq!(error["code"], -32000);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("nonce too low"),
        "{error}"
    );
    assert_eq!(chain.block_number(), 1);
}

#[test]
fn who_cannot_pay_is_refused_by_the_known_words() {
    let poor = Chain::builder()
        .with_account(alice().address(), GenesisAccount::funded(U256::from(1_000)))
        .build();
    for nonce in [0, 1] {
        let error = poor
            .send_raw_transaction(&sign(transfer(nonce)))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "insufficient funds for gas * price + value: address {} have 1000 want 63000000000001",
                alice().address()
            )
        );
    }
}

#[test]
fn other_faults_are_named() {
    let chain = chain();
    let refused = |tx: TxEip1559| {
        let error = chain.send_raw_transaction(&sign(tx)).unwrap_err();
        error.to_string()
    };
    let base = || transfer(0);
    assert_eq!(
        refused(TxEip1559 {
            chain_id: 1,
            ..base()
        }),
        "invalid chain id for signer"
    );
    assert_eq!(
        refused(TxEip1559 {
            chain_id: 1,
            nonce: 1,
            ..base()
        }),
        "invalid chain id for signer"
    );
    assert_eq!(
        refused(TxEip1559 {
            gas_limit: 20_000,
            ..base()
        }),
        "intrinsic gas too low: have 20000, want 21000"
    );
    assert_eq!(
        refused(TxEip1559 {
            gas_limit: 60_000_001,
            ..base()
        }),
        "exceeds block gas limit"
    );
    assert_eq!(
        refused(TxEip1559 {
            max_fee_per_gas: 5,
            max_priority_fee_per_gas: 0,
            ..base()
        }),
        "max fee per gas less than block base fee"
    );
    assert_eq!(
        refused(TxEip1559 {
            max_priority_fee_per_gas: 4 * GWEI,
            ..base()
        }),
        "max priority fee per gas higher than max fee per gas"
    );
    let delegating = TxEip7702 {
        chain_id: CHRONICLE_YELLOWSTONE,
        ..TxEip7702::default()
    };
    let error = chain.send_raw_transaction(&sign(delegating)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "transaction type not supported: EIP-7702"
    );
    let error = chain.send_raw_transaction(b"\x02nonsense").unwrap_err();
    assert!(matches!(error, ChainError::Undecodable(_)), "{error}");
    assert_eq!(
        (chain.block_number(), chain.nonce(alice().address())),
        (0, 0)
    );
}

#[test]
fn transactions_wait_for_earlier_nonces() {
    let chain = chain();
    let pending = || {
        ask(
            &chain,
            "eth_getTransactionCount",
            json!([hex(alice().address()), "pending"]),
        )
    };
    let last = chain.send_raw_transaction(&sign(transfer(2))).unwrap();
    let middle = chain.send_raw_transaction(&sign(transfer(1))).unwrap();
    assert_eq!((chain.block_number(), pending()), (0, Ok(json!("0x0"))));
    assert!(chain.receipt(&last).is_none());
    let waiting = ask(&chain, "eth_getTransactionByHash", json!([last])).unwrap();
    assert_eq!(waiting["blockHash"], json!(null));
    assert_eq!(waiting["nonce"], "0x2");
    let again = chain.send_raw_transaction(&sign(transfer(2)));
    assert_eq!(again, Err(ChainError::AlreadyKnown));
    let cheaper = TxEip1559 {
        max_fee_per_gas: 2 * GWEI,
        ..transfer(2)
    };
    let again = chain.send_raw_transaction(&sign(cheaper));
    assert_eq!(again, Err(ChainError::Underpriced));
    let dearer = TxEip1559 {
        max_fee_per_gas: 4 * GWEI,
        ..transfer(2)
    };
    let dearer = chain.send_raw_transaction(&sign(dearer)).unwrap();

    let first = chain.send_raw_transaction(&sign(transfer(0))).unwrap();
    let blocks = [first, middle, dearer].map(|hash| chain.receipt(&hash).unwrap().block_number);
    assert_eq!(blocks, [Some(1), Some(2), Some(3)]);
    assert!(chain.receipt(&last).is_none());
    assert_eq!(pending(), Ok(json!("0x3")));
}

#[test]
fn an_impersonated_transaction_is_waited_for_too() {
    let chain = chain();
    let waiting = chain.send_raw_transaction(&sign(transfer(1))).unwrap();
    let alice = alice().address();
    let first = chain
        .transact_as(alice, Some(BOB), U256::ONE, Bytes::new())
        .unwrap();
    assert_eq!(first.block_number, Some(1));
    assert_eq!(chain.receipt(&waiting).unwrap().block_number, Some(2));
}

#[test]
fn fifty_threads_in_any_order_lose_nothing() {
    let chain = chain();
    std::thread::scope(|scope| {
        for nonce in 0..50 {
            let chain = chain.clone();
            // 31 and 50 have no common divisor, so every nonce has its turn.
            scope.spawn(move || {
                chain
                    .send_raw_transaction(&sign(transfer(nonce * 31 % 50)))
                    .unwrap()
            });
        }
    });
    assert_eq!(
        (chain.block_number(), chain.nonce(alice().address())),
        (50, 50)
    );
    assert_eq!(chain.balance(BOB), U256::from(50));
}

#[test]
fn the_same_transactions_give_the_same_hashes() {
    let run = |chain: Chain| {
        chain.send_raw_transaction(&sign(transfer(0))).unwrap();
        crate::contract::deploy(&chain, 1);
        chain.mine();
        (0..=3)
            .map(|number| chain.block_hash(number).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(run(chain()), run(chain()));
    let clock = crate::clock();
    clock.advance(Duration::from_secs(60));
    assert_ne!(run(chain()), run(builder().with_clock(clock).build()));
    let other = builder()
        .with_account(BOB, GenesisAccount::funded(U256::ONE))
        .build();
    assert_ne!(run(chain())[0], run(other)[0]);

    let timeless = || builder().with_timeless_hashes(true);
    let clock = crate::clock();
    clock.advance(Duration::from_secs(60));
    assert_eq!(
        run(timeless().build()),
        run(timeless().with_clock(clock).build())
    );
}
