use crate::{MAX_NODES, MIN_NODES};

/// Why a network does not start, or has no such part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevnetError {
    /// Fewer than [`MIN_NODES`] or more than [`MAX_NODES`].
    #[error("{0} nodes: a network has {MIN_NODES} to {MAX_NODES}")]
    NodeCount(usize),
    /// A port cannot be listened on.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// The chain's first state cannot be made.
    #[error("the chain does not start: {0}")]
    Genesis(String),
}

impl DevnetError {
    pub(crate) fn genesis(error: impl std::fmt::Display) -> Self {
        Self::Genesis(error.to_string())
    }
}
