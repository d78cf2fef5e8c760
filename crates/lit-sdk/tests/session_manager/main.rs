//! Sessions for many callers: one question to the signer, renewal, revocation, and never anybody else's session.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod callers;
#[path = "../common/mod.rs"]
mod common;
mod failing_store;
mod pkp;
mod prompts;
mod renewal;
mod reuse;
mod revoking;
mod users;

use std::sync::Arc;

use lit_devnet::{Devnet, DevnetClock};
use lit_sdk::LitNodeClient;

/// Another network of the same name, which has other keys, and a client of it.
async fn elsewhere(clock: Arc<DevnetClock>) -> (Devnet, LitNodeClient) {
    let network = Devnet::builder()
        .with_nodes(3)
        .with_seed([7; 32])
        .start()
        .await
        .unwrap();
    let client = LitNodeClient::builder(&network)
        .with_clock(clock)
        .connect()
        .await
        .unwrap();
    (network, client)
}
