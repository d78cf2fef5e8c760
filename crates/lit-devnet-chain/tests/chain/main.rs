//! The chain: through alloy's provider in process and over HTTP, through JSON-RPC, and directly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "JSON is easiest to read where it is written"
)]

mod bounds;
mod contract;
mod control;
mod derivation;
mod direct;
mod dumps;
mod events;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod listeners;
mod malformed;
mod provider;
mod rpc;
mod saving;
mod transactions;

use std::sync::Arc;

use alloy_network::EthereumWallet;
use alloy_primitives::{Address, U256, utils::parse_ether};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_signer_local::PrivateKeySigner;
use lit_devnet_chain::{Chain, ChainBuilder, GenesisAccount};
use lit_test_fakes::FakeClock;
use serde_json::{Value, json};

/// When the clock of these tests starts, in seconds since 1970.
const START: u64 = 1_700_000_000;

fn clock() -> Arc<FakeClock> {
    FakeClock::at_unix(START as i64)
}

/// The first account of hardhat and anvil.
fn alice() -> PrivateKeySigner {
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
        .parse()
        .unwrap()
}

fn ether(amount: &str) -> U256 {
    parse_ether(amount).unwrap()
}

fn builder() -> ChainBuilder {
    Chain::builder()
        .with_clock(clock())
        .with_account(alice().address(), GenesisAccount::funded(ether("100")))
}

fn chain() -> Chain {
    builder().build()
}

fn provider(chain: &Chain) -> impl Provider + Clone + use<> {
    ProviderBuilder::new()
        .with_cached_nonce_management()
        .wallet(EthereumWallet::from(alice()))
        .connect_client(chain.client())
}

/// The result or the error of one request.
fn ask(chain: &Chain, method: &str, params: Value) -> Result<Value, Value> {
    let mut answer = chain.rpc(json!({
        "jsonrpc": "2.0", "id": 7, "method": method, "params": params,
    }));
    assert_eq!(
        (&answer["jsonrpc"], &answer["id"]),
        (&json!("2.0"), &json!(7))
    );
    match answer.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(answer["result"].take()),
    }
}

fn hex(address: Address) -> String {
    address.to_string()
}
