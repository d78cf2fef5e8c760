//! Connecting, and going on while nodes fail.

mod common;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use common::{HELLO, Setup, any_action};
use lit_devnet::Fault;
use lit_sdk::{
    Clock, Error, ExecuteJs, LitNodeClient,
    transport::{Discovery, DiscoveryError, Epoch, NetworkView},
    types::NodeErrorCode,
};
use tokio::sync::watch;

#[tokio::test]
async fn faults_below_the_threshold_do_not_matter() {
    let setup = Setup::new(10).await;
    setup.network.node(0).fail(Fault::Stopped);
    setup
        .network
        .node(4)
        .fail(Fault::Error(NodeErrorCode::NodeSystemFault));
    setup
        .network
        .node(5)
        .fail(Fault::Delay(Duration::from_secs(3600)));
    setup
        .network
        .node(9)
        .fail(Fault::Delay(Duration::from_secs(3600)));

    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes().len(), 6);
    assert_eq!(client.nodes().len(), 10);
    let session = client.session(&any_action(), &setup.auth()).await.unwrap();
    let call = ExecuteJs::code(HELLO).with_param("name", "rest");
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello rest", 6)
    );

    // One more is too many, and the report says what became of every node.
    setup
        .network
        .node(1)
        .fail(Fault::Error(NodeErrorCode::NodeRpcError));
    setup.network.node(5).fail(Fault::Stopped);
    setup.network.node(9).fail(Fault::Stopped);
    let error = client.execute_js(&session, &call).await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    for node in client.nodes().iter() {
        assert!(report.contains(node.as_str()), "{report}");
    }
    assert!(
        report.contains("502 NodeRpcError") && report.contains("connection refused"),
        "{report}"
    );
    assert!(
        report.contains("5 of 10 nodes gave a valid answer, 6 are needed"),
        "{report}"
    );
    assert!(error.is_retryable());

    setup.network.node(9).recover();
    assert!(client.execute_js(&session, &call).await.is_ok());
}

#[tokio::test]
async fn late_nodes_join() {
    let setup = Setup::new(3).await;
    // Virtual time: nothing here waits.
    tokio::time::pause();
    setup
        .network
        .node(2)
        .fail(Fault::Delay(Duration::from_secs(5)));
    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes(), client.nodes()[..2]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(client.connected_nodes(), *client.nodes());
}

/// With the feature they are attested, which `attestation.rs` tests.
#[cfg(not(feature = "attestation"))]
#[tokio::test]
async fn networks_that_need_attestation_are_refused() {
    let setup = Setup::new(3).await;
    let error = setup
        .builder()
        .with_network(lit_sdk::LitNetwork::Datil)
        .connect()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::AttestationRequired(_)), "{error}");
}

/// Nine nodes are gone, and the tenth says that the action threw: that is an outage.
#[tokio::test]
async fn one_node_does_not_decide_what_happened() {
    let setup = Setup::new(10).await;
    let session = setup
        .client
        .session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::code("throw new Error('boom')");
    for node in 1..10 {
        setup.network.node(node).fail(Fault::Stopped);
    }
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert!(matches!(&error, Error::Nodes(_)), "{error}");
    assert!(error.is_retryable());
    for node in 1..5 {
        setup.network.node(node).recover();
    }
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert!(matches!(&error, Error::Action { .. }), "{error}");
}

#[tokio::test]
async fn a_network_that_is_dropped_is_gone() {
    let Setup {
        network,
        client,
        wallet,
    } = Setup::new(3).await;
    let session = client
        .session(&any_action(), &lit_sdk::WalletAuth::new(wallet))
        .await
        .unwrap();
    drop(network);
    let error = client
        .execute_js(&session, &ExecuteJs::code(HELLO))
        .await
        .unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(report.contains("connection refused"), "{report}");
}

/// A view that tests change.
#[derive(Debug)]
struct Announced(watch::Sender<Result<NetworkView, String>>);

impl Announced {
    fn announce(&self, view: Result<NetworkView, String>) {
        drop(self.0.send_replace(view));
    }
}

#[async_trait]
impl Discovery for Announced {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        self.0.borrow().clone().map_err(Into::into)
    }

    async fn changed(&self) {
        // The sender is this one, so it is never gone.
        let _ = self.0.subscribe().changed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_follows_the_network() {
    let setup = Setup::new(4).await;
    setup.network.clock().stop_at(setup.network.clock().now());
    let started_at = Some(setup.network.clock().now());
    let view = |nodes: usize, threshold, number| {
        let nodes = setup.network.node_urls()[..nodes].to_vec();
        Ok(NetworkView {
            nodes,
            threshold,
            epoch: Epoch { number, started_at },
        })
    };
    let announced = Arc::new(Announced(watch::Sender::new(view(3, 2, 6))));
    let client = LitNodeClient::builder(&announced.clone())
        .with_transport(setup.network.transport())
        .with_clock(setup.network.clock())
        .connect()
        .await
        .unwrap();
    // In its first 45 seconds an epoch is not told to the nodes.
    assert_eq!((client.epoch(), client.nodes().len()), (5, 3));
    setup.network.clock().advance(Duration::from_secs(45));
    assert_eq!(client.epoch(), 6);
    let session = client.session(&any_action(), &setup.auth()).await.unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_param("name", "epoch")
        .with_all_answers();
    assert_eq!(
        client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .answers
            .len(),
        3
    );

    // A node joins. The session goes on, and signs for it too.
    tokio::task::yield_now().await;
    announced.announce(view(4, 3, 7));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(
        (client.epoch(), client.nodes().len(), client.threshold()),
        (7, 4, 3)
    );
    assert_eq!(
        client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .answers
            .len(),
        4
    );

    // The chain is gone for a while, and says nonsense when it is back: the client goes on, and tries again.
    announced.announce(Err("no chain".to_owned()));
    tokio::time::sleep(Duration::from_millis(1)).await;
    announced.announce(view(3, 4, 8));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((client.epoch(), client.nodes().len()), (7, 4));
    announced.announce(view(3, 2, 9));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((client.epoch(), client.nodes().len()), (9, 3));

    let nowhere = Arc::new(Announced(watch::Sender::new(Err("no chain".to_owned()))));
    let error = LitNodeClient::builder(&nowhere)
        .with_transport(setup.network.transport())
        .connect()
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Discovery(_)) && error.is_retryable(),
        "{error}"
    );
}
