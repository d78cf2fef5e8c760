//! Roots of PKPs: the message that nodes sign, its comparison with the one that was sent, and the AuthSig.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../deterministic_rng/mod.rs"]
mod deterministic_rng;
mod known_answer;
mod rewriting;
mod support;
mod verifying;
