use std::sync::Arc;

use alloy_primitives::Address;
use lit_recap::SiweError;

use crate::{Error, session::store::StoreError};

/// Why there is no session. All who waited for the same attempt get the same error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SessionManagerError {
    /// The session could not be made.
    #[error(transparent)]
    Client(#[from] Arc<Error>),
    /// The store does not work, and nothing else was asked for with
    /// [`StoreFailure::GoOn`](crate::session::StoreFailure::GoOn).
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// The session was revoked while it was being made.
    #[error("the session was revoked while it was being made")]
    Revoked,
    /// The session is to be of one user, and another one would sign.
    #[error("the session is to be of {user}, but {signer} would sign")]
    OtherUser {
        /// Whose session it shall be.
        user: Address,
        /// Who would sign.
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
