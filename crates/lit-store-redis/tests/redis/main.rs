//! Against a real redis-server, which the tests start and stop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[cfg(feature = "cluster")]
mod cluster;
mod entries;
mod failover;
mod memory;
mod outages;
mod pkp;
mod prefix;
mod proxy;
mod rotation;
#[cfg(feature = "sentinel")]
mod sentinel;
mod server;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod traffic;
