//! Decryption: when nodes return shares under access control conditions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests"
)]

mod askers;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counter.rs"]
mod counter;
mod evm;
mod expressions;
mod foreign;
mod places;
mod signed;
mod support;
mod wallets;
