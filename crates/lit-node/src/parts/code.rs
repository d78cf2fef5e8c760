use std::{error::Error, fmt::Debug};

use async_trait::async_trait;

/// Finds the code of Lit Actions: IPFS.
#[async_trait]
pub trait CodeStore: Debug + Send + Sync + 'static {
    /// The source code with this CID; `None` if there is none.
    ///
    /// The caller trusts that the code has this CID.
    ///
    /// # Errors
    /// [`CodeError`] if the store cannot be asked.
    async fn code(&self, cid: &str) -> Result<Option<String>, CodeError>;
}

/// The store of code cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask IPFS for the code")]
pub struct CodeError(#[source] Box<dyn Error + Send + Sync>);

impl CodeError {
    /// For this cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
