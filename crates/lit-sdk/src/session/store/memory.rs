use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{ScopeKey, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession};

/// Stores sessions in memory.
#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<ScopeKey, StoredSession>>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<ScopeKey, StoredSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        Ok(self.entries().get(&scope.key()).cloned())
    }

    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.entries().insert(entry.scope().key(), entry.clone());
        Ok(())
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        Ok(self.entries().remove(&scope.key()).is_some())
    }

    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let mut entries = self.entries();
        let key = entry.scope().key();
        if entries
            .get(&key)
            .is_some_and(|kept| kept.bundle().root() == entry.bundle().root())
        {
            entries.remove(&key);
        }
        Ok(())
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let entries = self.entries();
        Ok(entries
            .values()
            .filter(|entry| entry.scope().owner() == owner)
            .cloned()
            .collect())
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        Ok(self.entries().values().cloned().collect())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("sessions", &self.entries().len())
            .finish()
    }
}
