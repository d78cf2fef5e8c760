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
mod users;
