//! Networks with their nodes registered on chain.

mod chain_discovery;
mod chain_network;

pub use self::{chain_discovery::ChainDiscovery, chain_network::ChainNetwork};
