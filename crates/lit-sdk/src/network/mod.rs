//! What a network is: its nodes, its threshold, its epoch.

mod chain_discovery;
mod discovery;

pub(crate) use self::discovery::FixedNodes;
pub use self::{
    chain_discovery::ChainDiscovery,
    discovery::{Discovery, DiscoveryError, Epoch, NetworkView},
};
