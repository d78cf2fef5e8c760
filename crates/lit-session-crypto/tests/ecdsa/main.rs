//! Threshold ECDSA: shares are read and combined.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod combining;
mod json;
mod support;
