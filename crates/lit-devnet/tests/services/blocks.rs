//! The block indexer.

use std::{sync::Arc, time::Duration};

use lit_node_transport::{NodeTransport, QuorumPolicy, handshake};
use lit_types::Clock;

use crate::support::Services;

#[tokio::test]
async fn block_hashes_are_those_of_the_nodes() {
    let services = Services::start().await;
    let network = &services.network;
    network.clock().stop_at(network.clock().now());
    let of_nodes = async || {
        let transport: Arc<dyn NodeTransport> = network.transport();
        let policy = QuorumPolicy::new(network.threshold());
        let found = handshake(&transport, network.node_urls(), 0, &policy)
            .await
            .unwrap();
        found.latest_blockhash
    };
    let mut earlier = Vec::new();
    for _ in 0..3 {
        let latest = services
            .exchange("GET", "/get_most_recent_valid_block", "", b"")
            .await
            .json();
        assert_eq!(latest["blockhash"], of_nodes().await);
        let timestamp: i64 = latest["timestamp"].as_str().unwrap().parse().unwrap();
        let age = network.clock().now().unix_timestamp() - timestamp;
        assert!((0..12).contains(&age), "{age}");
        assert_eq!(latest["blockNumber"], timestamp / 12);
        earlier.push(latest["blockhash"].clone());
        network.clock().advance(Duration::from_secs(12));
    }
    let all = services
        .exchange("GET", "/get_all_valid_blocks", "", b"")
        .await
        .json();
    let all = all.as_array().unwrap();
    let hashes: Vec<_> = all.iter().map(|block| block["blockhash"].clone()).collect();
    assert_eq!(hashes[hashes.len() - 4..hashes.len() - 1], earlier);
    assert_eq!(hashes[hashes.len() - 1], of_nodes().await);
    assert!(all[0]["timestamp"].is_string() && all[0]["block_number"].is_i64());
}
