//! What a client sees when nodes fail: three of ten are gone and nothing happens; five, and the error says which and why.
//!
//! `cargo run -p lit-examples --example faults`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::{Devnet, Fault};
use lit_sdk::{ExecuteJs, LitNodeClient, Right, SessionRequest, WalletAuth, types::NodeErrorCode};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder().with_nodes(10).start().await?;
    let client = LitNodeClient::builder(&network)
        .with_node_timeout(Duration::from_millis(500))
        .connect()
        .await?;
    let request = SessionRequest::new([Right::run_any_action()]);
    let session = client
        .session(&request, &WalletAuth::new(PrivateKeySigner::random()))
        .await?;
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'fine' })");

    network.node(0).fail(Fault::Stopped);
    network
        .node(1)
        .fail(Fault::Error(NodeErrorCode::NodeSystemFault));
    network
        .node(2)
        .fail(Fault::Delay(Duration::from_secs(3600)));
    println!(
        "three nodes fail: {}",
        client.execute_js(&session, &call).await?.response
    );

    network.node(3).fail(Fault::Stopped);
    network
        .node(4)
        .fail(Fault::Error(NodeErrorCode::NodeRpcError));
    match client.execute_js(&session, &call).await {
        Ok(answer) => Err(format!(
            "five of ten nodes are no quorum of six, and yet: {}",
            answer.response
        )
        .into()),
        Err(error) => {
            println!("five nodes fail: {error}");
            if let Some(report) = std::error::Error::source(&error) {
                println!("{report}");
            }
            Ok(())
        }
    }
}
