//! Greets nodes and shows what became of each: `cargo run -p lit-node-transport --example greet -- <threshold> <url>…`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::sync::Arc;

use lit_node_transport::{HttpTransport, NodeTransport, QuorumPolicy, Wait, handshake};
use lit_types::NodeUrl;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let threshold = args
        .next()
        .ok_or("usage: greet <threshold> <url>…")?
        .parse()?;
    let nodes = args
        .map(|url| url.parse())
        .collect::<Result<Vec<NodeUrl>, _>>()?;
    let transport: Arc<dyn NodeTransport> = Arc::new(HttpTransport::new());
    let policy = QuorumPolicy::new(threshold).with_wait(Wait::ForAll);
    let network = handshake(&transport, &nodes, 0, &policy).await?;
    for node in &network.outcomes {
        println!(
            "{}  {} ms  {}",
            node.node,
            node.elapsed.as_millis(),
            node.outcome
        );
    }
    println!("network key {}", network.keys.network_public_key);
    Ok(())
}
