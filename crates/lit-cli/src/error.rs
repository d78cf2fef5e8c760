use std::path::{Path, PathBuf};

use lit_devnet::DevnetError;

/// What a command can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sdk(#[from] lit_sdk::Error),
    #[error(transparent)]
    Contract(#[from] lit_sdk::contracts::ContractError),
    #[error("the chain does not answer: {0}")]
    Rpc(String),
    #[error(transparent)]
    Devnet(#[from] DevnetError),
    #[error("{0}")]
    Usage(String),
    #[error("cannot write {path}: {source}", path = .path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }
}

/// The text of a file that was named on the command line.
pub(crate) fn read_file(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}
