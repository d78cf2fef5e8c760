use std::sync::Arc;

use lit_node_transport::TransportError;
use lit_sdk::{Error, LitNodeClient, NodeList};
use lit_test_fakes::{FakeClock, FakeNodes, Reply, greeting};
use lit_types::{NodeUrl, Timestamp};

/// A client connected to nodes that answer handshakes, and nothing else. `blockhash` may lack its `0x`.
pub(super) async fn connect(
    nodes: Vec<NodeUrl>,
    blockhash: String,
    now: Timestamp,
) -> Result<LitNodeClient, Error> {
    let threshold = nodes.len();
    let blockhash = if blockhash.starts_with("0x") {
        blockhash
    } else {
        format!("0x{blockhash}")
    };
    let refusal = TransportError::Request("these nodes only greet".into());
    let only_greet = FakeNodes::by(move |_| Reply::fail(refusal.clone()));
    let greeting = greeting(&"a".repeat(96), &blockhash);
    LitNodeClient::builder(&NodeList::from_urls(nodes, threshold))
        .with_transport(Arc::new(only_greet.greeting(greeting)))
        .with_clock(FakeClock::at(now.at()))
        .connect()
        .await
}
