//! A chain that a node reads through a provider of alloy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use alloy_primitives::{Address, Bytes, U256, bytes};
use alloy_provider::ProviderBuilder;
use alloy_rpc_types_eth::TransactionRequest;
use lit_devnet_chain::{Chain, GenesisAccount};
use lit_node::{CallError, ChainReader, ProviderReader};

/// Returns the number of its block.
const BLOCK_NUMBER: Bytes = bytes!("4360005260206000f3");
/// Reverts without a reason.
const REVERTS: Bytes = bytes!("60006000fd");

fn call(to: Address) -> TransactionRequest {
    TransactionRequest::default().to(to)
}

#[tokio::test]
async fn the_latest_block_is_read() {
    let [rich, counter, reverts] = [1, 2, 3].map(Address::repeat_byte);
    let chain = Chain::builder()
        .with_account(rich, GenesisAccount::funded(U256::from(7)))
        .with_account(counter, GenesisAccount::contract(BLOCK_NUMBER))
        .with_account(reverts, GenesisAccount::contract(REVERTS))
        .build();
    chain.mine();
    let provider = ProviderBuilder::new().connect_client(chain.client());
    let reader = ProviderReader::new(provider);
    assert_eq!(reader.balance(rich).await.unwrap(), U256::from(7));
    assert_eq!(reader.nonce(rich).await.unwrap(), 0);
    // Not the pending block, which would be 2.
    let number = reader.call(call(counter)).await.unwrap();
    assert_eq!(U256::from_be_slice(&number), U256::ONE);
    let error = reader.call(call(reverts)).await.unwrap_err();
    assert!(matches!(error, CallError::Revert(_)), "{error:?}");
}
