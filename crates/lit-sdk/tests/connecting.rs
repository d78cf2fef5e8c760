//! Connecting, and going on while nodes fail.

mod common;

use std::time::Duration;

use common::{HELLO, Setup, any_action};
use lit_devnet::Fault;
use lit_sdk::{Error, ExecuteJs, LitNetwork, types::NodeErrorCode};

#[tokio::test]
async fn faults_below_the_threshold_do_not_matter() {
    let setup = Setup::new(10).await;
    setup.network.set_fault(0, Fault::Stopped).unwrap();
    setup
        .network
        .set_fault(4, Fault::Error(NodeErrorCode::NodeSystemFault))
        .unwrap();
    setup
        .network
        .set_fault(5, Fault::Delay(Duration::from_secs(3600)))
        .unwrap();
    setup
        .network
        .set_fault(9, Fault::Delay(Duration::from_secs(3600)))
        .unwrap();

    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes().len(), 6);
    assert_eq!(client.nodes().len(), 10);
    let session = client
        .get_session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::code(HELLO).with_js_param("name", "rest");
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello rest", 6)
    );

    // One more is too many, and the report says what became of every node.
    setup
        .network
        .set_fault(1, Fault::Error(NodeErrorCode::NodeRpcError))
        .unwrap();
    setup.network.set_fault(5, Fault::Stopped).unwrap();
    setup.network.set_fault(9, Fault::Stopped).unwrap();
    let error = client.execute_js(&session, &call).await.unwrap_err();
    let report = error.to_string();
    for node in client.nodes() {
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

    setup.network.clear_fault(9).unwrap();
    assert!(client.execute_js(&session, &call).await.is_ok());
}

#[tokio::test]
async fn late_nodes_join() {
    let setup = Setup::new(3).await;
    // Virtual time: nothing here waits.
    tokio::time::pause();
    setup
        .network
        .set_fault(2, Fault::Delay(Duration::from_secs(5)))
        .unwrap();
    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes(), client.nodes()[..2]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(client.connected_nodes(), client.nodes());
}

#[tokio::test]
async fn networks_that_need_attestation_are_refused() {
    let setup = Setup::new(3).await;
    let error = setup
        .builder()
        .network(LitNetwork::Datil)
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
        .get_session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::code("throw new Error('boom')");
    for node in 1..10 {
        setup.network.set_fault(node, Fault::Stopped).unwrap();
    }
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert!(matches!(&error, Error::Nodes(_)), "{error}");
    assert!(error.is_retryable());
    for node in 1..5 {
        setup.network.clear_fault(node).unwrap();
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
        .get_session(&any_action(), &lit_sdk::WalletAuth::new(wallet))
        .await
        .unwrap();
    drop(network);
    let error = client
        .execute_js(&session, &ExecuteJs::code(HELLO))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
}
