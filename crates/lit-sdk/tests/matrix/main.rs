//! The fault matrix: what faulty nodes do to each operation, by how many they are.
//!
//! `cargo test` runs a part of it. `cargo xtask matrix` runs all of it, prints the tables, and adds the official JavaScript client.
//! Nodes in memory take 50 ms for each answer, on a clock that goes on by itself: times are waiting, and nothing sleeps.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests, which print tables"
)]

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "http")]
mod fault_server;
mod nodes;
mod official;
mod operation;
#[cfg(feature = "http")]
mod sockets;
mod table;

use std::env;

use lit_devnet::{Fault, SiweChange};
use lit_sdk::types::NodeErrorCode;
use std::time::Duration;

/// What nodes do wrong in memory.
const FAULTS: [(&str, Fault); 10] = [
    ("stopped", Fault::Stopped),
    ("hangs", Fault::Hang),
    ("2 s slow", Fault::Delay(Duration::from_secs(2))),
    ("error 500", Fault::Error(NodeErrorCode::NodeSystemFault)),
    ("garbage", Fault::Garbage),
    ("half an answer", Fault::Truncated),
    ("grants more", Fault::WrongSiwe(SiweChange::Grants)),
    ("corrupt share", Fault::CorruptShare),
    ("replayed share", Fault::ReplayedShare),
    ("stale epoch", Fault::StaleEpoch),
];

/// Whether the whole matrix is to be run.
fn is_full() -> bool {
    env::var_os("LIT_MATRIX").is_some()
}

/// The faults of a run: all, or one of each kind.
fn faults() -> impl Iterator<Item = (&'static str, Fault)> {
    let is_meant = |(name, _): &(&str, Fault)| {
        is_full() || matches!(*name, "stopped" | "hangs" | "corrupt share")
    };
    FAULTS.into_iter().filter(is_meant)
}

#[tokio::test]
async fn nodes_in_memory() {
    for nodes in if is_full() {
        vec![3, 10, 30]
    } else {
        vec![3, 10]
    } {
        let table = nodes::run(nodes).await;
        println!("\n{table}");
        assert_eq!(table.failures(), Vec::<String>::new());
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn nodes_behind_sockets() {
    let table = sockets::nodes().await;
    println!("\n{table}");
    assert_eq!(table.failures(), Vec::<String>::new());
}

#[cfg(feature = "http")]
#[tokio::test]
async fn relayer_and_rpc_behind_sockets() {
    let table = sockets::services().await;
    println!("\n{table}");
    assert_eq!(table.failures(), Vec::<String>::new());
}

/// Only `cargo xtask matrix` says where the script of the official client is.
#[tokio::test]
async fn the_official_client() {
    if let Some(script) = env::var_os("LIT_MATRIX_OFFICIAL") {
        println!("\n{}", official::run(script).await);
    }
}
