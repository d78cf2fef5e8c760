use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use lit_devnet_chain::{ChainError, GenesisAccount};

use crate::{
    builder, chain,
    contract::{Counter, deploy},
    ether,
};

const ADMIN: Address = Address::repeat_byte(0xad);

fn bump(step: u64) -> Bytes {
    let step = U256::from(step);
    Counter::bumpCall { step }.abi_encode().into()
}

#[test]
fn anybody_can_be_impersonated_for_free() {
    let chain = chain();
    let counter = deploy(&chain, 1);
    let receipt = chain
        .transact_as(ADMIN, Some(counter), U256::ZERO, bump(2))
        .unwrap();
    assert_eq!((receipt.from, receipt.to), (ADMIN, Some(counter)));
    assert_eq!(receipt.block_number, Some(2));
    assert_eq!(chain.receipt(&receipt.transaction_hash), Some(receipt));
    assert_eq!((chain.nonce(ADMIN), chain.balance(ADMIN)), (2, U256::ZERO));
    // A contract too, and what it sends it has to have.
    let refused = chain.transact_as(counter, Some(ADMIN), U256::ONE, Bytes::new());
    assert!(matches!(refused, Err(ChainError::InsufficientFunds { .. })));
    chain.set_balance(counter, ether("1"));
    let sent = chain.transact_as(counter, Some(ADMIN), U256::ONE, Bytes::new());
    assert!(sent.unwrap().status());
    assert_eq!(chain.balance(ADMIN), U256::ONE);
}

#[test]
fn equal_transactions_of_two_senders_have_two_hashes() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    let hashes = [1, 2].map(|sender| {
        let sender = Address::repeat_byte(sender);
        let receipt = chain.transact_as(sender, Some(counter), U256::ZERO, bump(1));
        receipt.unwrap().transaction_hash
    });
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn what_fails_says_why_and_is_not_mined() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    let call = |data: Vec<u8>| chain.call(counter, data.into()).unwrap_err();
    let error = call(Counter::failCall {}.abi_encode());
    assert_eq!(error.to_string(), "execution reverted: no more");
    let error = call(Counter::overflowCall { a: U256::MAX }.abi_encode());
    assert_eq!(
        error.to_string(),
        "execution reverted: panic: arithmetic underflow or overflow (0x11)"
    );
    let error = call(Counter::foreverCall {}.abi_encode());
    assert!(
        matches!(&error, ChainError::Halted(why) if why.contains("gas")),
        "{error}"
    );
    let error = chain
        .transact_as(ADMIN, Some(counter), U256::ZERO, bump(101))
        .unwrap_err();
    let ChainError::Revert(revert) = error else {
        panic!("{error}")
    };
    assert_eq!(revert.reason(), None);
    assert!(
        revert
            .data
            .starts_with(&<Counter::TooBig as alloy_sol_types::SolError>::SELECTOR)
    );
    assert_eq!((chain.block_number(), chain.nonce(ADMIN)), (1, 1));
}

#[test]
fn genesis_holds_contracts_with_storage() {
    let code = chain_code();
    let contract = Address::repeat_byte(0xc0);
    let account = GenesisAccount::contract(code).with_storage(U256::ZERO, U256::from(41));
    let chain = builder().with_account(contract, account).build();
    chain
        .transact_as(ADMIN, Some(contract), U256::ZERO, bump(1))
        .unwrap();
    let value = chain.call(contract, Counter::valueCall {}.abi_encode().into());
    assert_eq!(U256::from_be_slice(&value.unwrap()), U256::from(42));
    chain.set_storage(contract, U256::ZERO, U256::from(7));
    let value = chain.call(contract, Counter::valueCall {}.abi_encode().into());
    assert_eq!(U256::from_be_slice(&value.unwrap()), U256::from(7));
    chain.set_code(contract, Bytes::new());
    assert_eq!(chain.call(contract, Bytes::new()), Ok(Bytes::new()));
    assert_eq!(chain.logs_since(0).len(), 1);
    assert!(chain.logs_since(2).is_empty());
}

/// The runtime code of the counter.
fn chain_code() -> Bytes {
    let chain = chain();
    let counter = deploy(&chain, 0);
    let answer = crate::ask(
        &chain,
        "eth_getCode",
        serde_json::json!([counter, "latest"]),
    );
    serde_json::from_value(answer.unwrap()).unwrap()
}
