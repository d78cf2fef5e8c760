//! Decryption: shares under access control conditions, and when they are given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests"
)]

mod askers;
#[path = "../common/mod.rs"]
mod common;
mod evm;
mod expressions;
mod foreign;
mod support;
