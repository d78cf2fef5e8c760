//! Sessions in the store.

use std::{cmp::Reverse, sync::Arc};

use lit_session_crypto::{BundleError, Session};
use time::OffsetDateTime;

use super::{
    STORE_PAUSE, SessionManager, SessionManagerError, StoreFailure, by_user::ByUser, live::Slot,
};
use crate::{
    Error, SessionRequest,
    calls::offload::offload,
    client::deadline::Deadline,
    session::store::{SessionScope, SessionStore, StoreError, StoredSession},
};

impl SessionManager {
    /// The session in the store, fitted to the request.
    pub(super) async fn in_store(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        auth: &ByUser<'_>,
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
        let is_revoked = self.is_revoked(&entry);
        if is_revoked {
            tracing::warn!("the store brought a revoked session back; removed");
        }
        if is_revoked || entry.is_expired(now) {
            // It is only a key that could leak.
            let removed = store.remove(scope).await;
            return removed
                .map(|_| None)
                .or_else(|error| self.tolerate(error).map(|()| None));
        }
        // The stored proofs are left out: an expired one would hide a valid root.
        match verified(&entry, request, now).await? {
            Ok(session) => self.fit(&session, request, auth, now),
            Err(problem) => {
                tracing::warn!(
                    problem = &problem as &(dyn std::error::Error + 'static),
                    "a stored session is invalid; set aside"
                );
                let aside = store.set_aside(&entry).await;
                aside.or_else(|error| self.tolerate(error)).map(|()| None)
            }
        }
    }

    /// A session that has more rights and is otherwise equal, restricted to the request.
    pub(super) async fn attenuated(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        auth: &ByUser<'_>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        // Rights with data cannot be compared.
        if request
            .requests
            .iter()
            .any(|request| request.data().is_some())
        {
            return Ok(None);
        }
        for session in self.live.wider(scope) {
            if let Some(session) = self.fit(&session, request, auth, now)? {
                return Ok(Some(session));
            }
        }
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let mut kept = match store.of_owner(scope.owner()).await {
            Ok(entries) => entries,
            Err(error) => return self.tolerate(error).map(|()| None),
        };
        kept.retain(|entry| entry.scope().can_be_narrowed_to(scope) && !self.is_revoked(entry));
        kept.sort_by_key(|entry| Reverse(entry.bundle().expiration().at()));
        for entry in kept {
            let Ok(session) = verified(&entry, request, now).await? else {
                continue;
            };
            if let Some(session) = self.fit(&session, request, auth, now)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    fn is_revoked(&self, entry: &StoredSession) -> bool {
        self.live.revoked.contains(entry.bundle().root())
    }

    /// Puts a session into the store, and removes it again if it was revoked since `epoch`.
    pub(super) async fn keep(
        &self,
        slot: &Arc<Slot>,
        session: &Session,
        epoch: u64,
    ) -> Result<(), SessionManagerError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        slot.keep_again_at(self.now().saturating_add(STORE_PAUSE));
        let entry = StoredSession::new(slot.scope.clone(), session);
        // A task of its own completes even if the caller gives up. Otherwise a revoked session could get into the store later.
        let put = tokio::spawn(put(Arc::clone(store), Arc::clone(slot), entry, epoch));
        let kept = match put.await {
            Ok(kept) => kept,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(Error::RuntimeShutDown.into()),
            },
        };
        match kept {
            Ok(true) => Ok(()),
            Ok(false) => Err(SessionManagerError::Revoked),
            Err(error) => self.tolerate(error),
        }
    }

    /// Retries to put a session into the store after a failure.
    pub(super) async fn keep_again(&self, slot: &Arc<Slot>) -> Result<(), SessionManagerError> {
        let pause = self.on_store_failure == StoreFailure::GoOn;
        if self.store.is_none() || !slot.must_be_kept(pause.then(|| self.now())) {
            return Ok(());
        }
        let seen = slot.attempts();
        let _gate = match slot.gate.try_lock() {
            Ok(gate) => gate,
            // Another caller stores the session, or renews it.
            Err(_) if pause => return Ok(()),
            Err(_) => slot.gate.lock().await,
        };
        // Its failure is that of all who waited: a store that hangs does not hang once for each of them.
        if let Some(failure @ SessionManagerError::Store(_)) = slot.failure_since(seen) {
            return Err(failure);
        }
        let epoch = slot.epoch();
        let result = match slot.live() {
            Some(live) if slot.must_be_kept(None) => self.keep(slot, &live.session, epoch).await,
            _ => return Ok(()),
        };
        slot.finish_attempt(result.as_ref().err());
        result
    }
}

/// Verifies the session of an entry for a request. It runs on a blocking thread, since the root of a PKP takes pairings.
async fn verified(
    entry: &StoredSession,
    request: &SessionRequest,
    now: OffsetDateTime,
) -> Result<Result<Arc<Session>, BundleError>, Error> {
    let (entry, requests) = (entry.clone(), request.requests.clone());
    let verify = move || entry.verify_for(&requests, Vec::new(), now).map(Arc::new);
    offload(Deadline::default(), verify).await
}

/// Puts an entry into the store, and removes it again if it was revoked since `epoch`. Returns whether it stays.
async fn put(
    store: Arc<dyn SessionStore>,
    slot: Arc<Slot>,
    entry: StoredSession,
    epoch: u64,
) -> Result<bool, StoreError> {
    store.put(&entry).await?;
    if slot.epoch() == epoch {
        slot.kept();
        return Ok(true);
    }
    // The revocation may have come before the entry was there.
    store.remove(entry.scope()).await?;
    Ok(false)
}
