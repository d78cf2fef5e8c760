//! Against a real redis-server, which the tests start and stop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod entries;
mod outages;
mod pkp;
mod prefix;
mod server;
mod support;
#[cfg(feature = "tls")]
mod tls;
