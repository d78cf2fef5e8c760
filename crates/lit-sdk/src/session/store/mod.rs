//! Where sessions are kept between calls, restarts and processes.

mod file;
mod file_lock;
mod local_storage;
mod memory;
mod private_dir;
mod scope;
mod stored;

use std::sync::Arc;

use async_trait::async_trait;

pub use file::FileStore;
pub use local_storage::{LocalStorage, LocalStorageStore};
pub use memory::MemoryStore;
pub use scope::{NetworkId, ScopeKey, SessionOwner, SessionScope, SessionUser};
pub use stored::{CorruptEntry, StoredSession};

/// Keeps sessions: the session key and the root AuthSig with its proofs, never signatures for nodes.
///
/// A store is not trusted. What comes out of it is verified like what comes from outside, so it can lose sessions but not
/// make any up. It gives an entry only for a scope equal to its own ([`StoredSession::scope`]); an entry it cannot read it
/// sets aside with a warning and treats as absent. Expiry is up to the caller. A call that is given up half-way, its future
/// dropped, may still be carried out.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// The entry of a scope.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read; an entry that cannot be is none.
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError>;

    /// Keeps an entry in place of that of the same scope. When this returns, it survives a crash, if the store survives any.
    ///
    /// # Errors
    /// [`StoreError`], and the old entry stays.
    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError>;

    /// Forgets the entry of a scope, with the session key. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError>;

    /// Puts an entry that was found to be no good where it is not found again, unless it has been replaced meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError>;

    /// All entries of a user on a network.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError>;

    /// All entries.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self) -> Result<Vec<StoredSession>, StoreError>;
}

#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        (**self).get(scope).await
    }

    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        (**self).put(entry).await
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        (**self).remove(scope).await
    }

    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError> {
        (**self).set_aside(entry).await
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        (**self).of_owner(owner).await
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        (**self).list().await
    }
}

/// Why a store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory.
    #[error("cannot {what} {}: {error}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: std::path::PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// Another process has held the lock of the store all the time. The lock ends with that process: end it if it hangs, or
    /// wait longer ([`FileStore::with_lock_wait`]).
    #[error(
        "another process has held the lock {} for more than {wait:?}; end that process if it hangs, or wait longer",
        .path.display()
    )]
    Locked {
        /// The lock.
        path: std::path::PathBuf,
        /// For how long it was waited for.
        wait: std::time::Duration,
    },
    /// Others could read, or redirect, what is kept in this directory. Name another one, or make it the user's own.
    #[error("{} is no place for sessions: {reason}", .path.display())]
    NotPrivate {
        /// The directory.
        path: std::path::PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// The store is somewhere else, and cannot be reached or refuses. It may work again later.
    #[error("the session store is not available: {0}")]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// The form in which this store keeps sessions cannot hold this one.
    #[error("the session cannot be kept in this form: {0}")]
    Form(&'static str),
    /// The values would take more than the storage may hold.
    #[error("more than the {quota} bytes this storage may hold")]
    Quota {
        /// The limit, in bytes.
        quota: usize,
    },
}
