#![doc = include_str!("../README.md")]

#[cfg(feature = "cluster")]
mod cluster;
mod connection;
mod names;
mod rotation;
mod scripts;
mod store;

pub use redis;
pub use store::RedisStore;
