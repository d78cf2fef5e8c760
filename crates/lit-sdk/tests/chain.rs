//! A client that knows nothing but the chain.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{sync::Arc, time::Duration};

use alloy_provider::{Provider, ProviderBuilder};
use lit_devnet::Devnet;
use lit_sdk::{ChainDiscovery, Error, LitNodeClient, contracts::LitContracts};
use lit_types::Clock;

fn contracts(network: &Devnet) -> LitContracts<impl Provider + Clone + 'static> {
    let provider = ProviderBuilder::new().connect_client(network.chain().client());
    LitContracts::new(network.context(), provider)
}

#[tokio::test]
async fn a_client_finds_and_follows_the_network_on_chain() {
    let network = Devnet::builder()
        .nodes(10)
        .epoch_length(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let clock = network.clock();
    clock.stop_at(clock.now());
    let discovery =
        ChainDiscovery::new(contracts(&network)).poll_interval(Duration::from_millis(5));
    let client = LitNodeClient::discover(Arc::new(discovery))
        .transport(network.transport())
        .clock(network.clock())
        .connect()
        .await
        .unwrap();
    assert_eq!(
        (client.nodes().len(), client.threshold(), client.epoch()),
        (10, 6, 1)
    );

    for _ in 0..3 {
        network.next_epoch().unwrap();
    }
    for _ in 0..200 {
        if client.epoch() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.epoch(), 3, "the epoch before, for 45 seconds");
    clock.advance(Duration::from_secs(44));
    assert_eq!(client.epoch(), 3);
    clock.advance(Duration::from_secs(1));
    assert_eq!(client.epoch(), 4);
}

#[tokio::test]
async fn a_chain_without_the_contracts_is_said_at_connect() {
    let network = Devnet::builder().start().await.unwrap();
    let provider = ProviderBuilder::new().connect_client(network.chain().client());
    let mut nowhere = *network.context().contracts();
    nowhere.staking = nowhere.contract_resolver;
    let contracts = LitContracts::new(network.context().with_contracts(nowhere), provider);
    let error = LitNodeClient::discover(Arc::new(ChainDiscovery::new(contracts)))
        .transport(network.transport())
        .connect()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Discovery(_)), "{error}");
}
