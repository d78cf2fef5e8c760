#![doc = include_str!("../README.md")]

mod builder;
mod chain;
mod chain_view;
mod error;
mod evm;
mod genesis;
#[cfg(feature = "http")]
#[doc(hidden)]
pub mod http_server;
mod rpc;
#[cfg(feature = "http")]
mod server;
mod state;
mod transport;

pub use builder::{CHRONICLE_YELLOWSTONE, ChainBuilder, GenesisAccount};
pub use chain::{Chain, ChainChanges, SnapshotId};
pub use chain_view::{ChainView, ChainViewId};
pub use error::{ChainError, RestoreError, Revert};
pub use genesis::{GenesisError, GenesisNode, LitChain, LitContract, LitGenesis};
#[cfg(feature = "http")]
pub use http_server::{AllowedHost, AllowedHostError, AllowedOrigin, AllowedOriginError, Callers};
#[cfg(feature = "http")]
#[doc(hidden)]
pub use server::RpcService;
#[cfg(feature = "http")]
pub use server::{serve, serve_for};
pub use transport::ChainTransport;
