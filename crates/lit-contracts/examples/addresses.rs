//! Where the contracts of a network are: `cargo run -p lit-contracts --example addresses -- datil`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use lit_contracts::NetworkContext;
use lit_types::LitNetwork;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network: LitNetwork = std::env::args()
        .nth(1)
        .as_deref()
        .unwrap_or("datil-dev")
        .parse()?;
    let context = NetworkContext::of(network)?;
    println!(
        "{network} on chain {} at {}",
        context.chain_id(),
        context.rpc_url()
    );
    println!("{:#?}", context.contracts());
    Ok(())
}
