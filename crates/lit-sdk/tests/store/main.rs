//! Where sessions are kept: scopes, memory, files, crashes, other processes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod crash;
mod files;
mod foreign;
mod hostile;
mod layout;
mod scopes;
mod support;
mod tampering;
mod values;
