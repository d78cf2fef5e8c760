//! Stores that keep sessions between calls, restarts and processes.

mod file;
mod file_lock;
mod local_storage;
mod memory;
mod private_dir;
mod scope;
#[cfg(feature = "seal")]
mod seal;
mod stored;

use std::sync::Arc;

use async_trait::async_trait;

pub use file::FileStore;
pub use local_storage::{LocalStorage, LocalStorageStore};
pub use memory::MemoryStore;
pub use scope::{NetworkId, ScopeKey, SessionOwner, SessionScope, SessionUser};
#[cfg(feature = "seal")]
pub use seal::{Opened, SealError, SealingKey, SealingKeys};
pub use stored::{CorruptEntry, StoredSession};

/// Stores sessions: the session key and the root AuthSig with its proofs, never signatures for nodes.
///
/// A store is not trusted. Its sessions are verified like any input, so it can lose a session of [`SessionUser::Address`] but not
/// forge one. It can forge one of [`SessionUser::Named`], since any address may sign that: the program then acts with a session of
/// whoever can write to the store. Use a sealed store for such users, such as `lit-store-redis`, or one that only the program can
/// write to.
///
/// A store returns an entry only for an equal scope ([`StoredSession::scope`]). It sets an unreadable entry aside with a warning, and
/// treats it as absent. The caller checks the expiration. A call may still complete after its future is dropped.
#[doc(alias = "storageProvider")]
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Returns the entry of a scope.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read. An unreadable entry is absent.
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError>;

    /// Stores an entry, and replaces that of the same scope. A durable store has made it crash-safe on return.
    ///
    /// # Errors
    /// [`StoreError`]; the old entry stays.
    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError>;

    /// Removes the entry of a scope, with the session key. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError>;

    /// Sets an invalid entry aside, unless it has been replaced meanwhile.
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

/// A failure of a session store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file operation failed.
    #[error("cannot {operation} {}", .path.display())]
    File {
        /// The operation, such as `write`.
        operation: &'static str,
        /// The file or directory.
        path: std::path::PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// Another process held the lock of the store. The lock ends with that process: end it if it hangs, or wait longer
    /// ([`FileStore::with_lock_wait`]).
    #[error(
        "another process held the lock {} for {wait:?}; end that process if it hangs, or wait longer",
        .path.display()
    )]
    Locked {
        /// The lock file.
        path: std::path::PathBuf,
        /// How long the store waited.
        wait: std::time::Duration,
    },
    /// Another program put something in the place of a session: a directory, a link, or a file of more than 8 MiB. Move it away.
    #[error("refusing to replace {}: not a regular file of at most 8 MiB; move it away", .path.display())]
    Foreign {
        /// The path.
        path: std::path::PathBuf,
    },
    /// Other users can read or redirect the directory. Choose another one, or make it the user's own.
    #[error("refusing to store sessions in {}: {reason}", .path.display())]
    NotPrivate {
        /// The directory.
        path: std::path::PathBuf,
        /// The reason.
        reason: &'static str,
    },
    /// A remote store cannot be reached, or refused. It may work again later.
    #[error("the session store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A remote store has no memory left for new entries. It still reads and removes.
    #[error("the session store is full; give it more memory, or sign users out")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The runtime shut down before the store did its work.
    #[error("the runtime stopped before the session store was done")]
    RuntimeShutDown,
    /// A [`LocalStorageStore`] cannot describe the scope of this session.
    #[error(
        "local storage cannot describe the scope of this session; use the domain, signer, rights and chain of the root message, \
         no session key of your own, and `SessionManager::session_of`"
    )]
    UnsupportedScope,
    /// A key of a [`LocalStorage`] cannot be a file name.
    #[error("invalid storage key `{0}`: not a file name")]
    InvalidKey(String),
    /// A value of a [`LocalStorage`] is longer than 8 MiB, or not a regular file.
    #[error("the value of `{0}` is not a regular file of at most 8 MiB")]
    ForeignValue(String),
    /// A value of a [`LocalStorage`] is not UTF-8.
    #[error("the value of `{0}` is not UTF-8")]
    NonUtf8Value(String),
    /// The values would exceed the quota of the [`LocalStorage`].
    #[error("the values would exceed the quota of {quota} bytes")]
    QuotaExceeded {
        /// The quota, in bytes.
        quota: usize,
    },
}
