//! The flows over sockets, with the default transport.

#![cfg(feature = "http")]

mod common;

use common::{HELLO, Setup, any_action};
use lit_devnet::{Devnet, Fault};
use lit_sdk::{Error, ExecuteJs, LitNodeClient, NodeList, NodeUrl, WalletAuth};

#[tokio::test]
async fn the_same_over_http() {
    let network = Devnet::builder()
        .with_nodes(4)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let client = LitNodeClient::connect(&NodeList::from_urls(
        network.node_urls().to_vec(),
        network.threshold(),
    ))
    .await
    .unwrap();
    let session = client
        .session(&any_action(), &WalletAuth::new(lit_test_fakes::wallet()))
        .await
        .unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_param("name", "HTTP")
        .with_all_answers();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello HTTP", 4)
    );

    // One request id for the whole operation, another for the next.
    let ids = |path: &str| -> Vec<_> {
        let requests = network
            .requests()
            .into_iter()
            .filter(|request| request.path.contains(path));
        let mut ids: Vec<_> = requests.filter_map(|request| request.request_id).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!((ids("handshake").len(), ids("execute").len()), (1, 1));
    assert_ne!(ids("handshake"), ids("execute"));

    // Dropping the network closes its ports.
    let url = client.nodes()[0].clone();
    drop(network);
    tokio::task::yield_now().await;
    let again = LitNodeClient::connect(&NodeList::from_urls([url], 1))
        .await
        .unwrap_err();
    assert!(matches!(&again, Error::Connect(_)), "{again}");
    assert!(again.is_retryable());
}

#[tokio::test]
async fn too_few_nodes_or_another_network_do_not_connect() {
    let setup = Setup::new(4).await;
    for node in 0..3 {
        setup.network.node(node).fail(Fault::Stopped);
    }
    let error = setup.connect().await.unwrap_err();
    assert!(
        matches!(&error, Error::Connect(_)) && error.is_retryable(),
        "{error}"
    );

    // Two of one network and two of another: each has other keys.
    let one = Devnet::builder()
        .with_nodes(4)
        .with_seed([1; 32])
        .with_http(0)
        .start()
        .await
        .unwrap();
    let other = Devnet::builder()
        .with_nodes(4)
        .with_seed([2; 32])
        .with_http(0)
        .start()
        .await
        .unwrap();
    let nodes: Vec<NodeUrl> = one.node_urls()[..2]
        .iter()
        .chain(&other.node_urls()[..2])
        .cloned()
        .collect();
    let error = LitNodeClient::connect(&NodeList::from_urls(nodes.clone(), 3))
        .await
        .unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(report.contains("do not agree"), "{report}");
    assert!(!error.is_retryable());
    assert!(
        LitNodeClient::connect(&NodeList::from_urls(nodes.clone(), 2))
            .await
            .is_ok()
    );

    for (nodes, threshold) in [
        (vec![], 0),
        (vec![], 1),
        (nodes.clone(), 0),
        (nodes.clone(), 5),
    ] {
        let error = LitNodeClient::connect(&NodeList::from_urls(nodes, threshold))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
    }
    let twice = [nodes[0].clone(), nodes[0].clone()];
    assert!(matches!(
        LitNodeClient::connect(&NodeList::from_urls(twice, 2)).await,
        Err(Error::Config(_))
    ));
}
