//! A chain in this process, with a contract that is called through alloy: `cargo run -p lit-devnet-chain --example counter`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Duration;

use alloy_primitives::{Address, bytes};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_rpc_types_eth::TransactionRequest;
use lit_devnet_chain::{Chain, GenesisAccount};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Returns the time of its block.
    let clock = Address::repeat_byte(1);
    let code = bytes!("4260005260206000f3");
    let chain = Chain::builder()
        .with_account(clock, GenesisAccount::contract(code))
        .build();
    let provider = ProviderBuilder::new().connect_client(chain.client());
    for _ in 0..2 {
        let now = provider
            .call(TransactionRequest::default().to(clock))
            .await?;
        println!("the time on chain is {now}");
        chain.increase_time(Duration::from_secs(3600));
    }
    Ok(())
}
