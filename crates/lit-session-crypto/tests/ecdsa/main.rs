//! Threshold ECDSA: keys derived, dealt, signed with, combined.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod combining;
mod dealing;
mod json;
mod support;
