#![doc = include_str!("../README.md")]

pub mod actions;
mod auth;
mod blocks;
mod builder;
pub mod chain;
mod chain_view;
mod clock;
mod conditions;
mod dealer;
mod devnet_node;
mod error;
mod fault;
mod genesis;
#[cfg(feature = "http")]
mod http;
mod ipfs;
mod keys;
#[cfg(feature = "http")]
mod listener;
mod log;
mod memory;
mod network;
mod node;
mod recent;
#[cfg(feature = "http")]
mod services;
mod signer;
mod start;

pub use auth::{JwksError, JwtClaims, JwtIssuer, JwtProvider, StytchFactor};
pub use builder::{DevnetBuilder, MAX_NODES, MIN_NODES};
pub use clock::DevnetClock;
pub use conditions::{ConditionResolver, ForeignCondition, ResolverError};
pub use devnet_node::DevnetNode;
pub use error::DevnetError;
pub use fault::{Fault, SiweChange};
pub use log::LoggedRequest;
pub use memory::MemoryTransport;
pub use network::Devnet;
