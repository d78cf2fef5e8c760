//! Sessions in the store.

use std::sync::Arc;

use lit_session_crypto::Session;
use time::OffsetDateTime;

use super::{STORE_PAUSE, SessionManager, SessionManagerError, StoreFailure, live::Slot};
use crate::{
    SessionRequest,
    store::{SessionScope, StoredSession},
};

impl SessionManager {
    /// The session in the store, as the request wants it.
    pub(super) async fn in_store(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let entry = match store.get(scope).await {
            Ok(Some(entry)) if entry.scope() == scope => entry,
            Ok(_) => return Ok(None),
            Err(error) => return self.tolerate(error).map(|()| None),
        };
        if entry.is_expired(now) {
            // The next session replaces it; until then it is only a key that lies about.
            let removed = store.remove(scope).await;
            return removed
                .map(|_| None)
                .or_else(|error| self.tolerate(error).map(|()| None));
        }
        // With the proofs it was kept with, which may have ended, this would say too little about the root.
        match entry.verify_for(&request.requests, Vec::new(), now) {
            Ok(session) => self.fit(scope, &Arc::new(session), request, now),
            Err(problem) => {
                tracing::warn!(%problem, "a stored session is no good; set aside");
                let aside = store.set_aside(&entry).await;
                aside.or_else(|error| self.tolerate(error)).map(|()| None)
            }
        }
    }

    /// A session with more rights that is the same in all else, restricted to the request.
    pub(super) async fn attenuated(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        // What a note restricts cannot be compared.
        if request
            .requests
            .iter()
            .any(|request| request.data().is_some())
        {
            return Ok(None);
        }
        let mut wider = self.live.entries(Some(scope.owner()));
        if let Some(store) = &self.store {
            match store.of_owner(scope.owner()).await {
                Ok(entries) => wider.extend(entries),
                Err(error) => self.tolerate(error)?,
            }
        }
        wider.retain(|entry| entry.scope().can_be_narrowed_to(scope));
        wider.sort_by_key(|entry| std::cmp::Reverse(entry.bundle().expiration().at()));
        for entry in wider {
            let verified = entry.verify_for(&request.requests, Vec::new(), now);
            let Ok(session) = verified.map(Arc::new) else {
                continue;
            };
            if let Some(session) = self.fit(entry.scope(), &session, request, now)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// Puts a session into the store, and takes it out again if some were revoked since `epoch`.
    pub(super) async fn keep(
        &self,
        slot: &Slot,
        session: &Session,
        epoch: u64,
    ) -> Result<(), SessionManagerError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        slot.keep_again_at(self.now().saturating_add(STORE_PAUSE));
        let entry = StoredSession::new(slot.scope.clone(), session);
        if let Err(error) = store.put(&entry).await {
            return self.tolerate(error);
        }
        slot.kept();
        if slot.epoch() != epoch {
            // Perhaps before it was there.
            store.remove(&slot.scope).await?;
            return Err(SessionManagerError::Revoked);
        }
        Ok(())
    }

    /// Puts a session into the store that could not be put there before.
    pub(super) async fn keep_again(&self, slot: &Slot) -> Result<(), SessionManagerError> {
        let pause = self.on_store_failure == StoreFailure::GoOn;
        if self.store.is_none() || !slot.is_to_be_kept(pause.then(|| self.now())) {
            return Ok(());
        }
        let _gate = slot.gate.lock().await;
        let epoch = slot.epoch();
        match slot.live() {
            Some(live) if slot.is_to_be_kept(None) => self.keep(slot, &live.session, epoch).await,
            _ => Ok(()),
        }
    }
}
