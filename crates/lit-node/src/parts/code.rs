use std::{error::Error, fmt::Debug};

use async_trait::async_trait;

/// Finds the code of Lit Actions by CID.
#[async_trait]
pub trait CodeStore: Debug + Send + Sync + 'static {
    /// Returns the source code with this CID, or `None` if the CID is unknown.
    ///
    /// The store must check the code against the CID; the node does not.
    ///
    /// # Errors
    /// [`CodeError`] if the store cannot be asked.
    async fn code(&self, cid: &str) -> Result<Option<String>, CodeError>;
}

/// Why the code store failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask IPFS for the code")]
pub struct CodeError(#[source] Box<dyn Error + Send + Sync>);

impl CodeError {
    /// Creates an error with this cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
