//! What each part costs, beside its floor: `cargo bench -p lit-benches [-- GROUP]`.
//!
//! A floor is the cryptography, or the bare engine, that the part cannot do without. It is in the same group, so that both are
//! measured in one run on one machine. `cargo xtask bench micro` runs all, and checks the ratios that have a budget.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros, and a failed bench should say so"
)]

mod action;
mod chain;
mod messages;
mod minting;
mod network;
mod network_session;
mod quorum;
mod setup;
mod stores;
mod threshold;
mod verifying;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group! {
    name = benches;
    config = config();
    targets = messages::benches, minting::benches, verifying::benches, threshold::benches, quorum::benches, stores::benches,
        action::benches, chain::benches, network::benches, network_session::benches
}
criterion_main!(benches);
