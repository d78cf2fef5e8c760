#![doc = include_str!("../README.md")]

mod connection;
mod names;
mod store;

pub use redis;
pub use store::RedisStore;
