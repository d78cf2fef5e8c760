use std::io;

use lit_devnet_chain::{ChainError, GenesisError};

use crate::{MAX_NODES, MIN_NODES, StateError};

/// Why a network does not start, or an epoch does not end.
///
/// ```
/// use lit_devnet::{Devnet, DevnetError};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// match Devnet::start(2).await {
///     Err(DevnetError::NodeCount(count)) => assert_eq!(count, 2),
///     other => panic!("{other:?}"),
/// }
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevnetError {
    /// Fewer than [`MIN_NODES`] or more than [`MAX_NODES`] nodes.
    #[error("invalid number of nodes {0}: must be {MIN_NODES} to {MAX_NODES}")]
    NodeCount(usize),
    /// The network cannot listen on a port, mostly because the port is in use.
    #[error("cannot listen on port {port} of 127.0.0.1")]
    Listen {
        /// The port.
        port: u16,
        /// The cause.
        source: io::Error,
    },
    /// There are not enough ports after the first one for all nodes.
    #[error("cannot listen with {nodes} nodes from port {first_port} on: the last port is 65535")]
    PortRange {
        /// The port of the first node.
        first_port: u16,
        /// The number of nodes.
        nodes: usize,
    },
    /// A contract cannot be initialized in the chain's genesis state.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The network's state cannot be read or saved.
    #[error(transparent)]
    State(#[from] StateError),
    /// The certificate of the nodes cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The Staking contract refuses to end the epoch.
    #[error("cannot end the epoch")]
    NextEpoch(#[source] ChainError),
}
