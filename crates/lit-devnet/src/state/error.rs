use std::{io, path::PathBuf};

use lit_devnet_chain::RestoreError;

/// Why a network's state cannot be read or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another network uses the directory.
    #[error(
        "state directory {} is in use by another network; stop that one, or use another directory",
        .0.display()
    )]
    InUse(PathBuf),
    /// The directory holds files, and they are not the state of a network.
    #[error("{} holds other files, and no state of a network; use a new or empty directory", .0.display())]
    NotOwn(PathBuf),
    /// The state belongs to a network with another seed, so with other keys.
    #[error(
        "{} is the state of a network with another seed; pass that seed, or use another directory",
        .0.display()
    )]
    OtherSeed(PathBuf),
    /// The state belongs to a network with another number of nodes.
    #[error(
        "{} is the state of a network of {saved} nodes, not of {asked}; start {saved} nodes, or use another directory",
        .path.display()
    )]
    OtherNodes {
        /// The file.
        path: PathBuf,
        /// The number of nodes of the saved network.
        saved: u64,
        /// The number of nodes of this network.
        asked: usize,
    },
    /// Another version of this program wrote the state.
    #[error(
        "{} has format {found}, and this version reads format {expected}; use the version that wrote it, or another directory",
        .path.display()
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
        /// The format of this version.
        expected: u32,
    },
    /// The file was not written by a network, or was changed since.
    #[error("state file {} is damaged: {reason}; restore a copy, or use another directory", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The saved chain cannot be restored.
    #[error("cannot restore the chain from {}", .path.display())]
    Chain {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: Box<RestoreError>,
    },
    /// The state is larger than a file may become.
    #[error("the state in {} exceeds the limit of {limit} bytes; start anew in another directory", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// A file operation failed.
    #[error("cannot {operation} {}", .path.display())]
    File {
        /// The operation.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl StateError {
    /// Wraps the error of an operation on a path.
    pub(super) fn file(
        operation: &'static str,
        path: &std::path::Path,
    ) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File {
            operation,
            path: path.clone(),
            source,
        }
    }
}
