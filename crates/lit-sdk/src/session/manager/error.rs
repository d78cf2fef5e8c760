use std::sync::Arc;

use alloy_primitives::Address;
use lit_recap::SiweError;

use crate::{Error, session::store::StoreError};

/// A failure of a [`SessionManager`](crate::SessionManager). Callers that waited for the same attempt get the same error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SessionManagerError {
    /// The client could not make the session.
    #[error(transparent)]
    Client(#[from] Arc<Error>),
    /// The store failed. [`StoreFailure::GoOn`](crate::session::StoreFailure::GoOn) continues without it instead.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// The session was revoked while it was being made.
    #[error("the session was revoked while it was being made")]
    Revoked,
    /// The signer's address differs from the user's.
    #[error("session is for {user}, but the signer is {signer}")]
    WrongSigner {
        /// The user of the session.
        user: Address,
        /// The address of the signer.
        signer: Address,
    },
}

impl From<Error> for SessionManagerError {
    fn from(error: Error) -> Self {
        Self::Client(Arc::new(error))
    }
}

impl From<SiweError> for SessionManagerError {
    fn from(error: SiweError) -> Self {
        Error::from(error).into()
    }
}

impl From<StoreError> for SessionManagerError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
