//! Lit Actions that sign, claim, encrypt and decrypt.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests"
)]

#[path = "../common/mod.rs"]
mod common;
mod conditions;
mod limits;
mod signing;
mod support;
