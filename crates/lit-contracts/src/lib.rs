#![doc = include_str!("../README.md")]

mod addresses;
mod context;

pub use addresses::ContractAddresses;
pub use context::{ContextError, NetworkContext, Resolver, ResolverEnvironment};
