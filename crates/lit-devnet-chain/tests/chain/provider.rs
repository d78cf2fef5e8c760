use alloy_network::TransactionBuilder;
use alloy_primitives::{B256, Bytes, U256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::{
    BlockNumberOrTag, TransactionRequest,
    state::{AccountOverride, StateOverride},
};
use futures_util::StreamExt;
use lit_devnet_chain::CHRONICLE_YELLOWSTONE;

use crate::{
    alice, chain,
    contract::{Counter, creation},
    ether, provider,
};

/// What every provider has to be able to do, in process or over HTTP.
pub(crate) async fn exercise(provider: impl Provider + Clone) {
    assert_eq!(
        provider.get_chain_id().await.unwrap(),
        CHRONICLE_YELLOWSTONE
    );
    let deploy = TransactionRequest::default().with_deploy_code(creation(7));
    let receipt = provider
        .send_transaction(deploy)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.from, alice().address());
    let address = receipt.contract_address.unwrap();
    assert_eq!(address, alice().address().create(0));

    let counter = Counter::new(address, &provider);
    assert_eq!(counter.value().call().await.unwrap(), U256::from(7));
    let receipt = counter
        .bump(U256::from(35))
        .value(U256::from(3))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    let event = receipt.decoded_log::<Counter::Bumped>().unwrap();
    assert_eq!((event.by, event.value), (alice().address(), U256::from(42)));
    assert_eq!(provider.get_balance(address).await.unwrap(), U256::from(3));

    let block = provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.hash, receipt.block_hash.unwrap());
    assert_eq!(block.header.inner.hash_slow(), block.header.hash);
    assert_eq!(block.header.logs_bloom, *receipt.inner.logs_bloom());
    assert_eq!(block.header.gas_used, receipt.gas_used);
    let transaction = block.transactions.into_transactions().next().unwrap();
    assert_eq!(*transaction.inner.tx_hash(), receipt.transaction_hash);
    let fetched = provider
        .get_transaction_by_hash(receipt.transaction_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fetched, transaction);
}

#[tokio::test]
async fn deploys_calls_and_sends() {
    exercise(provider(&chain())).await;
}

#[tokio::test]
async fn errors_of_contracts_are_decoded() {
    let chain = chain();
    let provider = provider(&chain);
    let counter = Counter::new(crate::contract::deploy(&chain, 0), &provider);
    let error = counter.bump(U256::from(101)).call().await.unwrap_err();
    assert_eq!(
        error.as_decoded_error::<Counter::TooBig>().unwrap(),
        Counter::TooBig {
            given: U256::from(101),
            max: U256::from(100)
        }
    );
    let error = counter.fail().call().await.err().unwrap();
    let payload = match &error {
        alloy_contract::Error::TransportError(error) => error.as_error_resp().unwrap(),
        other => panic!("{other}"),
    };
    assert_eq!(payload.code, 3);
    assert_eq!(payload.message, "execution reverted: no more");
    // Estimating fails in the same way, so a transaction that would revert is not sent.
    let error = counter.bump(U256::from(101)).send().await.unwrap_err();
    assert!(
        error.as_decoded_error::<Counter::TooBig>().is_some(),
        "{error}"
    );
    // With a gas limit it is sent, mined, and fails.
    let pending = counter
        .bump(U256::from(101))
        .gas(100_000)
        .send()
        .await
        .unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    assert!(!receipt.status());
    assert!(receipt.inner.logs().is_empty());
    assert!(receipt.gas_used < 100_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_from_one_account() {
    let chain = chain();
    let provider = provider(&chain);
    let counter = crate::contract::deploy(&chain, 0);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move {
                let counter = Counter::new(counter, provider);
                // With a gas limit nothing is awaited between the nonce and the sending but other tasks.
                let pending = counter.bump(U256::ONE).gas(100_000).send().await.unwrap();
                pending.get_receipt().await.unwrap()
            })
        })
        .collect();
    let mut blocks = std::collections::BTreeSet::new();
    for task in tasks {
        let receipt = task.await.unwrap();
        assert!(receipt.status());
        blocks.insert(receipt.block_number.unwrap());
    }
    assert_eq!(blocks.len(), 50);
    assert_eq!(chain.nonce(alice().address()), 50);
    let counter = Counter::new(counter, &provider);
    assert_eq!(counter.value().call().await.unwrap(), U256::from(50));
}

#[tokio::test]
async fn an_estimate_suffices_and_is_close() {
    let chain = chain();
    let provider = provider(&chain);
    let transfer = TransactionRequest::default()
        .with_from(alice().address())
        .with_to(alice().address())
        .with_value(U256::ONE);
    assert_eq!(provider.estimate_gas(transfer).await.unwrap(), 21_000);

    let counter = Counter::new(crate::contract::deploy(&chain, 0), &provider);
    let bump = counter.bump(U256::ONE).from(alice().address());
    let estimate = bump.estimate_gas().await.unwrap();
    let pending = bump.gas(estimate).send().await.unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    assert!(receipt.status());
    assert!(estimate >= receipt.gas_used && estimate < receipt.gas_used * 11 / 10);
}

#[tokio::test]
async fn a_state_override_lasts_for_one_call() {
    let chain = chain();
    let provider = provider(&chain);
    let address = crate::contract::deploy(&chain, 5);
    let counter = Counter::new(address, &provider);
    let value = |n: u64| (B256::ZERO, B256::from(U256::from(n)));
    let diff = AccountOverride::default().with_state_diff([value(9)]);
    let overrides = StateOverride::from_iter([(address, diff)]);
    let answer = counter.value().state(overrides).call().await.unwrap();
    assert_eq!(answer, U256::from(9));
    let whole = AccountOverride {
        state: Some(Default::default()),
        ..AccountOverride::default()
    };
    let overrides = StateOverride::from_iter([(address, whole)]);
    assert_eq!(
        counter.value().state(overrides).call().await.unwrap(),
        U256::ZERO
    );
    assert_eq!(counter.value().call().await.unwrap(), U256::from(5));

    // PUSH1 42 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN, at an address with nothing.
    let code = AccountOverride::default().with_code(Bytes::from_static(&[
        0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3,
    ]));
    let nobody = alice().address().create(99);
    let overrides = StateOverride::from_iter([(nobody, code)]);
    let call = TransactionRequest::default().with_to(nobody);
    let answer = provider.call(call).overrides(overrides).await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), U256::from(42));

    let poor = alice().address().create(98);
    let transfer = TransactionRequest::default()
        .with_from(poor)
        .with_to(nobody)
        .with_value(ether("1"));
    let error = provider.estimate_gas(transfer.clone()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("insufficient funds for gas * price + value"),
        "{error}"
    );
    let rich = AccountOverride::default().with_balance(ether("2"));
    let overrides = StateOverride::from_iter([(poor, rich)]);
    let gas = provider
        .estimate_gas(transfer)
        .overrides(overrides)
        .await
        .unwrap();
    assert_eq!(gas, 21_000);
}

#[tokio::test]
async fn follows_blocks_and_events() {
    let chain = chain();
    let provider = provider(&chain);
    let counter = Counter::new(crate::contract::deploy(&chain, 0), &provider);
    let mut blocks = chain.subscribe();
    let filter = counter.Bumped_filter().watch().await.unwrap();
    let pending = counter.bump(U256::from(3)).send().await.unwrap();
    pending.get_receipt().await.unwrap();
    blocks.changed().await.unwrap();
    assert_eq!(*blocks.borrow(), 2);
    let mut events = filter.into_stream();
    let (event, log) = events.next().await.unwrap().unwrap();
    assert_eq!((event.value, log.block_number), (U256::from(3), Some(2)));
}
