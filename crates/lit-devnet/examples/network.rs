//! A network of five nodes, one of them stopped: `cargo run -p lit-devnet --example network`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::sync::Arc;

use lit_devnet::{Devnet, Fault};
use lit_node_transport::{NodeTransport, QuorumPolicy, Wait, handshake};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder()
        .with_nodes(5)
        .with_seed([1; 32])
        .start()
        .await?;
    network.node(2).fail(Fault::Stopped);
    let transport: Arc<dyn NodeTransport> = network.transport();
    let policy = QuorumPolicy::new(network.threshold()).with_wait(Wait::ForAll);
    let found = handshake(&transport, network.node_urls(), 0, &policy).await?;
    for node in &found.outcomes {
        println!("{}  {}", node.node, node.outcome);
    }
    Ok(())
}
