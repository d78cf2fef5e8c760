//! A client that knows nothing but the chain.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{sync::Arc, time::Duration};

use alloy_provider::{Provider, ProviderBuilder};
use common::followed::Followed;
use lit_devnet::Devnet;
use lit_sdk::{
    Error, LitNodeClient,
    contracts::{ChainDiscovery, LitContracts, RpcTransport},
};
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::Clock;

fn contracts(network: &Devnet) -> LitContracts<impl Provider + Clone + 'static> {
    let provider = ProviderBuilder::new().connect_client(network.chain().client());
    LitContracts::new(network.context(), provider)
}

#[tokio::test]
async fn a_client_finds_and_follows_the_network_on_chain() {
    let network = Devnet::builder()
        .with_nodes(10)
        .with_epoch_length(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let clock = network.clock();
    clock.stop_at(clock.now());
    let discovery =
        ChainDiscovery::new(contracts(&network)).with_poll_interval(Duration::from_millis(5));
    let followed = Followed::new(discovery);
    let client = LitNodeClient::builder(&followed)
        .with_transport(network.transport())
        .with_clock(network.clock())
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
    // The epoch before, for 45 seconds.
    followed.epoch(&client, 3).await;
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
    let error = LitNodeClient::builder(&Arc::new(ChainDiscovery::new(contracts)))
        .with_transport(network.transport())
        .connect()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Discovery(_)), "{error}");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn everything_goes_over_http() {
    use std::{error::Error as _, iter};

    use lit_sdk::{contracts::RpcUnreachable, transport::TransportError};

    use alloy_signer_local::PrivateKeySigner;
    use lit_sdk::{
        ExecuteJs, Right, SessionRequest, WalletAuth,
        contracts::{ContractError, NetworkContext},
        transport::HttpTransport,
    };

    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let http = Arc::new(HttpTransport::new());
    let client = LitNodeClient::connect(&network.context()).await.unwrap();
    assert_eq!(client.nodes()[..], *network.node_urls());
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let rights = [Right::run_any_action()];
    let session = client
        .session(&SessionRequest::new(rights), &wallet)
        .await
        .unwrap();
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'from the chain' })");
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(answer.response, "from the chain");

    // The same chain, written to with one provider made from the context.
    let owner: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let contracts = LitContracts::connect(&network.context(), owner.clone()).await;
    let contracts = contracts.unwrap();
    let pkp = contracts.pkp().mint().await.unwrap();
    let held_by = contracts.pkp().owner(pkp.token_id).await.unwrap();
    assert_eq!(held_by, Some(owner.address()));

    let nonsense = NetworkContext::custom(1, "nonsense");
    let error = LitContracts::connect(&nonsense, owner).await.unwrap_err();
    assert!(matches!(error, ContractError::RpcUrl(_)), "{error}");
    let error = LitNodeClient::connect(&nonsense).await.unwrap_err();
    let Error::Discovery(cause) = error else {
        panic!("{error}");
    };
    assert_eq!(cause.to_string(), "invalid RPC URL");

    let nobody = RpcTransport::new(http, "http://127.0.0.1:1/secret-key".parse().unwrap());
    assert!(!format!("{nobody:?}").contains("secret-key"));
    let provider = ProviderBuilder::new().connect_client(nobody.client());
    let contracts = LitContracts::new(network.context(), provider);
    let error = contracts.staking().connection_info().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let text = format!("{error:?}");
    assert!(!text.contains("secret-key"), "{text}");
    let mut causes = iter::successors(error.source(), |error| (*error).source());
    let unreachable = causes.find_map(|cause| cause.downcast_ref::<RpcUnreachable>());
    let unreachable = unreachable.expect("the chain names the RPC");
    assert_eq!(
        unreachable.to_string(),
        "the RPC at http://127.0.0.1:1 does not answer"
    );
    assert!(
        matches!(unreachable.source, TransportError::Connect(_)),
        "{unreachable:?}"
    );
}

#[tokio::test]
async fn a_page_is_no_answer() {
    for status in [200, 502] {
        let gateway = FakeHttp::in_order([Reply::status(status, "<html>".repeat(1000))]);
        let rpc = RpcTransport::new(gateway, "https://rpc.example".parse().unwrap());
        let error = ProviderBuilder::new()
            .connect_client(rpc.client())
            .get_chain_id()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("<html>") && error.len() < 1000, "{error}");
        assert_eq!(error.contains("502"), status == 502, "{error}");
    }
}
