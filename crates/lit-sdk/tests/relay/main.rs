//! The client of a relayer, against one that answers what a test says. Time is tokio's, and paused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod answers;
mod requests;
mod secrets;
mod support;
mod waiting;
